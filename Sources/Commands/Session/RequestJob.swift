import Bytes
import RESP
import Synchronization

/// A request that outlives the bytes that its client sent.
struct RequestCopy: Sendable {
    /// In the multibulk form.
    private let bytes: [UInt8]

    init(_ request: borrowing Request) {
        var writer = ReplyWriter()
        writer.array(count: request.count)
        for index in 0..<request.count { writer.bulk(request[index]) }
        bytes = [UInt8](copying: writer.output.span)
    }

    /// A request that no client sent, to be held against rules.
    init(_ arguments: [[UInt8]]) {
        var writer = ReplyWriter()
        writer.array(count: arguments.count)
        for argument in arguments { writer.bulk(argument.span) }
        bytes = [UInt8](copying: writer.output.span)
    }

    func withRequest(_ body: (borrowing Request) -> Void) {
        // The request was held to its client's limits when it came; these are the widest there are.
        var parser = RequestParser(limits: RequestParser.Limits())
        do throws(ProtocolError) {
            let outcome = try parser.parse(bytes.span)
            precondition(outcome == .request(byteCount: bytes.count))
        } catch {
            preconditionFailure("a copy of a request is none: \(error)")
        }
        body(parser.request(in: bytes.span))
    }
}

/// A reply made by a reader because a request has so many arguments, or such long ones, that it takes long.
final class RequestJob: ReplyJob {
    typealias Write = @Sendable (borrowing Request, inout ReplyWriter) throws(CommandError) -> Void

    private let request: RequestCopy
    private let write: Write
    private let reply: Mutex<ReplyWriter>

    init(_ request: borrowing Request, version: ProtocolVersion, _ write: @escaping Write) {
        self.request = RequestCopy(request)
        self.write = write
        reply = Mutex(ReplyWriter(version: version))
    }

    func runSlice() -> Bool {
        reply.withLock { reply in
            request.withRequest { request in
                do throws(CommandError) {
                    try write(request, &reply)
                } catch {
                    reply.error(error.text.span)
                }
            }
        }
        return true
    }

    func appendReply(to output: inout ReplyWriter) {
        reply.withLock { output.output.append($0.output.span) }
    }
}

extension Session {
    /// Replies what `write` writes, which is nothing where it throws: now, or from a reader where the request is long.
    ///
    /// - Throws: What to reply instead.
    func answer(
        _ request: borrowing Request, _ plan: ReplyPlan, _ write: @escaping RequestJob.Write
    ) throws(CommandError) {
        guard request.isShort(argumentCountMax: 64, byteCountMax: 4_096) else {
            return schedule(RequestJob(request, version: protocolVersion, write))
        }
        var failure: CommandError?
        reply(plan) { output in
            do throws(CommandError) {
                try write(request, &output)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Bounds the work, and the reply, of commands that do something for each of any number of names.
    ///
    /// - Throws: What to reply instead where there are more names than anybody needs.
    static func checkNames(_ request: borrowing Request) throws(CommandError) {
        guard request.isShort(argumentCountMax: 4_096, byteCountMax: 64 << 10) else {
            throw CommandError(ErrorReply.tooManyNames)
        }
    }
}

extension Request {
    /// Whether there are no more arguments than this, nor bytes of them all together.
    fileprivate func isShort(argumentCountMax: Int, byteCountMax: Int) -> Bool {
        guard count <= argumentCountMax else { return false }
        var byteCount = 0
        for index in 0..<count { byteCount += self[index].count }
        return byteCount <= byteCountMax
    }
}

extension ErrorReply {
    static let tooManyNames: StaticString = "ERR too many or too long arguments"
}
