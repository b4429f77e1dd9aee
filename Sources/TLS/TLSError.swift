/// Why an encrypted connection or what it needs could not be had, in OpenSSL's own words.
public struct TLSError: Error, Equatable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}
