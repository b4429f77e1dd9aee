import Bytes
import RESP
import Synchronization

/// `DATASET`: handed to the control, which answers from a thread of its own.
public final class DatasetJob: ReplyJob {
    private let request: DatasetRequest
    private let control: any DatasetControl
    private let reply: Mutex<ReplyWriter>
    private let isAnswered = Atomic<Bool>(false)

    init(_ request: DatasetRequest, control: any DatasetControl, version: ProtocolVersion) {
        self.request = request
        self.control = control
        reply = Mutex(ReplyWriter(version: version))
    }

    public func runSlice() -> Bool { preconditionFailure("the control runs this job, readers do not") }

    /// Hands the request over, and calls `finished` from any thread once there is a reply.
    public func start(_ finished: @escaping @Sendable (DatasetJob) -> Void) {
        control.submit(request) { [self] answer in
            let wasAnswered = isAnswered.exchange(true, ordering: .relaxed)
            precondition(!wasAnswered, "a request was answered twice")
            reply.withLock { answer.write(to: &$0) }
            finished(self)
        }
    }

    func appendReply(to output: inout ReplyWriter) {
        reply.withLock { output.output.append($0.output.span) }
    }
}
