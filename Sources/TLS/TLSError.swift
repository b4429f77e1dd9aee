import CSSL

/// Why an encrypted connection or what it needs could not be had, in one line for an operator.
public struct TLSError: Error, Equatable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }

    /// What OpenSSL has last complained of on this thread, behind `about`; forgets it.
    static func queued(_ about: String) -> Self {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        guard code != 0 else { return Self(about) }
        guard let text = unsafe ERR_reason_error_string(code) else { return Self("\(about): error \(code)") }
        return Self("\(about): \(unsafe String(cString: text))")
    }
}
