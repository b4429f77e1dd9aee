import Bytes
import RESP

/// Which arguments of a request are names and passwords, which neither the slow log nor monitors are to show.
///
/// To be asked about each argument from the second on, in their order.
struct Secrets {
    private let action: Action
    /// The arguments from ``start`` on and before this one are secret.
    private var end: Int
    private let start: Int

    init(of command: CommandRow, argumentCount: Int) {
        action = command.action
        // As Redis does, all that is said of a user is left out.
        start = action == .aclSetUser ? 2 : 1
        end = action == .auth || action == .aclSetUser ? argumentCount : 0
    }

    mutating func cover(_ index: Int, _ argument: Span<UInt8>) -> Bool {
        guard index >= start else { return false }
        guard index >= end else { return true }
        // A name and a password follow.
        if action == .hello, argument.equalsIgnoringCase("auth") { end = index + 3 }
        if action == .configSet, index.isMultiple(of: 2), Self.isSecretSetting(argument) { end = index + 2 }
        return false
    }

    private static func isSecretSetting(_ name: Span<UInt8>) -> Bool {
        name.equalsIgnoringCase("requirepass") || name.equalsIgnoringCase("password")
            || name.equalsIgnoringCase("tls-key-file-pass") || name.equalsIgnoringCase("users")
    }

    /// What is shown instead, as in Redis.
    static let replacement: StaticString = "(redacted)"
}
