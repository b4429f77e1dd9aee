import Bytes
import RESP
import Synchronization

/// `CONFIG SET`: handed to whoever changes settings, who answers from a thread of its own.
public final class SettingsJob: ReplyJob {
    private let changes: [ConfigCommands.Setting]
    /// The names of ``changes`` as the client wrote them, which need not be text.
    private let names: [[UInt8]]
    private let control: any SettingsControl
    private let answer = Mutex<SettingsAnswer?>(nil)

    init(_ request: borrowing Request, control: any SettingsControl) throws(CommandError) {
        changes = try ConfigCommands.changes(request)
        var names: [[UInt8]] = []
        for index in stride(from: 2, to: request.count, by: 2) { names.append([UInt8](copying: request[index])) }
        self.names = names
        self.control = control
    }

    public func runSlice() -> Bool { preconditionFailure("the control runs this job, readers do not") }

    /// Hands the changes over, and calls `finished` from any thread once there is an answer.
    public func start(_ finished: @escaping @Sendable (SettingsJob) -> Void) {
        control.submit(changes) { [self] answer in
            self.answer.withLock { given in
                precondition(given == nil, "a request was answered twice")
                given = answer
            }
            finished(self)
        }
    }

    func appendReply(to output: inout ReplyWriter) {
        ConfigCommands.write(answer.withLock { $0 } ?? .stopping, toChangeOf: names, to: &output)
    }
}
