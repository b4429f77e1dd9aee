import Glibc

/// A system call that failed, and the `errno` it left.
public struct SystemError: Error, Equatable, CustomStringConvertible {
    public let call: StaticString
    public let code: Int32

    public init(call: StaticString, code: Int32) {
        self.call = call
        self.code = code
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.code == right.code && left.call.description == right.call.description
    }

    /// Whether the machine has no such address, or no such family of addresses.
    public var isAddressUnavailable: Bool { code == EADDRNOTAVAIL || code == EAFNOSUPPORT }

    /// A file that ended before the bytes that it had.
    public static let unexpectedEnd = Self(call: "pread", code: EIO)

    public static func addressUnavailable(_ call: StaticString) -> Self { Self(call: call, code: EADDRNOTAVAIL) }

    /// A socket of another kind than is wanted.
    public static func wrongSocketType(_ call: StaticString) -> Self { Self(call: call, code: EPROTOTYPE) }

    /// The operating system's words for ``code`` alone, as an operator expects them.
    public var reason: String { unsafe String(cString: strerror(code)) }

    public var description: String { "\(call): \(reason)" }
}

/// Makes one system call that returns -1 on failure, again for as long as signals interrupt it.
///
/// A bad descriptor or address is a bug in this program, not a condition to handle, and traps.
@discardableResult
func check<Value: FixedWidthInteger>(_ call: StaticString, _ body: () -> Value) throws(SystemError) -> Value {
    while true {
        let value = body()
        guard value == -1 else { return value }
        let code = errno  // Read before anything else can run and overwrite it.
        precondition(code != EBADF && code != EFAULT, "\(call): errno \(code)")
        guard code == EINTR else { throw SystemError(call: call, code: code) }
    }
}
