import Bytes
import RESP

/// Which arguments of a request are names and passwords, which neither the slow log nor monitors are to show.
///
/// To be asked about each argument from the second on, in their order.
struct Secrets {
    private let isHello: Bool
    /// The arguments before this one are secret.
    private var end: Int

    init(of command: CommandRow, argumentCount: Int) {
        isHello = command.action == .hello
        end = command.action == .auth ? argumentCount : 0
    }

    mutating func cover(_ index: Int, _ argument: Span<UInt8>) -> Bool {
        guard index >= end else { return true }
        // A name and a password follow.
        if isHello, argument.equalsIgnoringCase("auth") { end = index + 3 }
        return false
    }

    /// What is shown instead, as in Redis.
    static let replacement: StaticString = "(redacted)"
}
