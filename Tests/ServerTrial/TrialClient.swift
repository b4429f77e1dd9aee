import Bytes
import Platform
import SessionSupport
import TestSupport

/// A client of its own thread that connects, talks, and mostly hears the server out.
struct TrialClient {
    private let port: UInt16
    private var random: SeededRandom
    private let served: ServedVersions

    init(port: UInt16, seed: UInt64, served: ServedVersions) {
        self.port = port
        random = SeededRandom(seed: seed)
        self.served = served
    }

    /// One connection from its beginning to its end, whose replies are then checked.
    mutating func converse() {
        guard let socket = try? Socket.connecting(host: "127.0.0.1", port: port, timeout: .seconds(30)) else {
            preconditionFailure("no connection")
        }
        var source = ChoiceSource(random.bytes(random.pick(10...800)))
        var transcript = ConversationTranscript()
        var exchange = Exchange(served: served)
        let isCut = random.oneIn(8)
        var isBroken = false
        while !source.isExhausted, !isBroken {
            var bytes: [UInt8] = []
            for _ in 0..<random.pick(1...12) {
                bytes += transcript.request(from: &source, epoch: served.completed)
            }
            isBroken = !exchange.send(bytes, on: socket, in: &random)
        }
        if isCut {
            socket.resetOnClose()
        } else {
            isBroken = !exchange.send(transcript.ending(epoch: served.completed), on: socket, in: &random)
            socket.shutDownWriting()
            exchange.receiveToEnd(socket)
        }
        precondition(!isBroken, "the connection broke")
        transcript.check(received: exchange.received, history: served.history, isCut: isCut) { offset in
            exchange.arrivals.first { $0.end >= offset }?.epoch ?? 0
        }
    }
}

/// The bytes of one connection, and when they came.
private struct Exchange {
    let served: ServedVersions
    var received: [UInt8] = []
    /// Where each receive left off, and how many changes of version had begun by then.
    var arrivals: [(end: Int, epoch: Int)] = []

    private enum Outcome { case more, nothing, end }

    /// Sends all of `bytes` in pieces, receiving whatever comes meanwhile.
    ///
    /// - Returns: False where the connection is gone.
    mutating func send(_ bytes: [UInt8], on socket: borrowing Socket, in random: inout SeededRandom) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let end = min(bytes.count, sent + random.pick(1...2_000))
            switch socket.send(bytes.span.extracting(sent..<end)) {
            case .bytes(let count): sent += count
            case .wouldBlock: precondition(socket.wait(forOutput: true, timeout: .seconds(60)), "nothing for a minute")
            case .end, .failed: return false
            }
            if random.oneIn(3), receive(socket) == .end { return false }
        }
        return true
    }

    mutating func receiveToEnd(_ socket: borrowing Socket) {
        while true {
            switch receive(socket) {
            case .more: continue
            case .nothing: precondition(socket.wait(forOutput: false, timeout: .seconds(60)), "no reply for a minute")
            case .end: return
            }
        }
    }

    private mutating func receive(_ socket: borrowing Socket) -> Outcome {
        var buffer = ByteBuffer()
        switch socket.receive(into: &buffer, byteCountMax: 1 << 16) {
        case .bytes:
            let bytes = buffer.span
            for index in bytes.indices { received.append(bytes[index]) }
            arrivals.append((received.count, served.begun))
            return .more
        case .wouldBlock: return .nothing
        case .end, .failed: return .end
        }
    }
}
