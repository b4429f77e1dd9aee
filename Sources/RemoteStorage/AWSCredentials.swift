/// Keys to sign requests with.
struct AWSCredentials: Sendable, Equatable {
    var accessKeyID: String
    var secretAccessKey: String
    var sessionToken: String?
    /// In seconds since 1970; `nil` where they do not expire.
    var expiration: Int?
}
