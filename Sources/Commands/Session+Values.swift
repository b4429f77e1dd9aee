import Bytes
import RESP

extension Session {
    /// Commands that make something of string values: bits, patterns, sizes.
    ///
    /// - Returns: False for the commands of others, with nothing done.
    /// - Throws: What to reply instead.
    func performValueCommand(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) -> Bool {
        switch command.action {
        default: return false
        }
    }
}
