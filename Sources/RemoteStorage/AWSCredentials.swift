/// Keys to sign requests with.
struct AWSCredentials: Sendable, Equatable {
    var accessKeyID: String
    var secretAccessKey: String
    var sessionToken: String?
    /// In seconds since 1970; `nil` where they do not expire.
    var expiration: Int?

    /// Whether a service cannot tell them apart, whenever they are said to expire.
    func hasSameKeys(as other: AWSCredentials) -> Bool {
        accessKeyID == other.accessKeyID && secretAccessKey == other.secretAccessKey
            && sessionToken == other.sessionToken
    }
}
