import Bytes
import RESP

extension Session {
    /// Reads of types that no key here has, and scripts.
    ///
    /// - Returns: False for the commands of others, with nothing done.
    /// - Throws: What to reply instead.
    func performForeignRead(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) -> Bool {
        switch command.action {
        default: return false
        }
    }
}
