import Bytes
import RESP

extension Session {
    /// Commands about other connections, and about how this one is served.
    ///
    /// - Returns: False for the commands of others, with nothing done.
    /// - Throws: What to reply instead.
    func performClientCommand(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) -> Bool {
        switch command.action {
        default: return false
        }
    }
}
