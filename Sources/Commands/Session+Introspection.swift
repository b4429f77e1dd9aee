import Bytes
import RESP

extension Session {
    /// Commands that tell what the server has done and how it is.
    ///
    /// - Returns: False for the commands of others, with nothing done.
    /// - Throws: What to reply instead.
    func performIntrospection(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) -> Bool {
        switch command.action {
        default: return false
        }
    }
}
