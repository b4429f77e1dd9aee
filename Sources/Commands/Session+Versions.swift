import Bytes
import RESP

extension Session {
    /// Commands that choose a version, and that read ranges of keys.
    ///
    /// - Returns: False for the commands of others, with nothing done.
    /// - Throws: What to reply instead.
    func performVersionCommand(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) -> Bool {
        switch command.action {
        default: return false
        }
    }
}
