public import TLS

/// How a client encrypts its connection, and whom it trusts.
public struct RedisEncryption: Sendable, Equatable {
    /// Whose word on the server's certificate is taken; none: those of the system.
    public var authorities: TLSAuthorities
    /// The client's own certificate, for servers that ask for one.
    public var identity: TLSIdentity?
    /// Whether any certificate is taken.
    public var isInsecure: Bool

    public init(authorities: TLSAuthorities = TLSAuthorities(), identity: TLSIdentity? = nil, isInsecure: Bool = false)
    {
        self.authorities = authorities
        self.identity = identity
        self.isInsecure = isInsecure
    }

    /// Reads what stands behind the `?` of an address; `nil` where that is something else.
    init?(query: Substring) {
        self.init()
        var certificate: String?
        var key: String?
        for part in query.split(separator: "&") {
            let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = words.count == 2 ? RedisAddress.decoded(words[1]) : nil
            switch (words[0], value) {
            case ("insecure", nil) where words.count == 1: isInsecure = true
            case ("cacert", let path?) where !path.isEmpty: authorities.filePath = path
            case ("cacertdir", let path?) where !path.isEmpty: authorities.directoryPath = path
            case ("cert", let path?) where !path.isEmpty: certificate = path
            case ("key", let path?) where !path.isEmpty: key = path
            default: return nil
            }
        }
        guard (certificate == nil) == (key == nil) else { return nil }
        if let certificate, let key { identity = TLSIdentity(certificatePath: certificate, keyPath: key) }
    }
}
