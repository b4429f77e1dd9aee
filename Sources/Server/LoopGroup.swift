import Commands
import Platform
import ServerMetrics
import Synchronization
import TLS
import Tracing

/// What the loops of a server know of each other.
final class LoopGroup: Sendable {
    let mailboxes: [LoopMailbox]
    let metrics: [LoopMetrics]
    /// What new encrypted connections are made with.
    let tls = TLSContextSlot()
    /// One a loop.
    let exchanges: [ViewExchange]
    /// By loop, then by database number.
    let samples: [[KeySample]]
    /// The same, of which keys are asked for most.
    let sketches: [[HotKeySketch]]
    let tracer = Tracer()
    /// One pair a loop.
    let tracks: [(turns: TraceTrack, requests: TraceTrack)]
    /// What `protected-mode` is, for other threads than the loops.
    let isProtected = Atomic<Bool>(true)
    /// Connections that are open or about to be, over all loops.
    private let open = Atomic<Int>(0)
    /// For the keys of all samples together.
    private static let sampleBytes = 8 << 20

    /// - Parameters:
    ///   - loopCount: At least 1.
    ///   - datasetCount: At least 1.
    ///   - warmKeys: As in ``Loop/Limits``.
    /// - Throws: Where a loop cannot have its mailbox.
    init(loopCount: Int, datasetCount: Int, warmKeys: Int) throws(SystemError) {
        let sampleCount = loopCount * datasetCount
        exchanges = (0..<loopCount).map { _ in ViewExchange() }
        samples = (0..<loopCount).map { _ in
            (0..<datasetCount).map { _ in
                KeySample(keysMax: warmKeys / sampleCount, bytesMax: Self.sampleBytes / sampleCount)
            }
        }
        let now = Clock.monotonicNanoseconds()
        sketches = (0..<loopCount).map { _ in (0..<datasetCount).map { _ in HotKeySketch(now: now) } }
        tracks = (0..<loopCount).map { [tracer] index in
            (tracer.makeTrack("loop-\(index)"), tracer.makeTrack("requests of loop-\(index)"))
        }
        var mailboxes: [LoopMailbox] = []
        for _ in 0..<loopCount { mailboxes.append(try LoopMailbox()) }
        self.mailboxes = mailboxes
        metrics = (0..<loopCount).map { _ in LoopMetrics() }
    }

    /// Counts a new connection in, for the loop that has the fewest.
    ///
    /// The kernel spreads connections over the listeners of one port by a hash of their addresses, which
    /// with few connections is uneven: of two loops and 50 connections, one often gets 30. So whoever
    /// accepts one gives it to the loop that has the fewest, itself where it is one of those.
    ///
    /// - Parameters:
    ///   - accepting: The index of the loop that accepted.
    ///   - clientsMax: Connections that the server may have at once.
    /// - Returns: The index of the loop that is to serve it; `nil` where the server has `clientsMax` already.
    func assign(accepting: Int, clientsMax: Int) -> Int? {
        guard reserve(clientsMax: clientsMax) else { return nil }
        var best = accepting
        var fewest = metrics[accepting].connections.load(ordering: .relaxed)
        for index in metrics.indices {
            let count = metrics[index].connections.load(ordering: .relaxed)
            if count < fewest { (best, fewest) = (index, count) }
        }
        metrics[best].connections.add(1, ordering: .relaxed)
        return best
    }

    /// Counts a connection out of the loop that had it.
    func release(from index: Int) {
        metrics[index].connections.subtract(1, ordering: .relaxed)
        open.subtract(1, ordering: .relaxed)
    }

    /// Takes a place among `clientsMax`, which loops that accept at the same time cannot exceed together.
    private func reserve(clientsMax: Int) -> Bool {
        var count = open.load(ordering: .relaxed)
        while count < clientsMax {
            let attempt = open.weakCompareExchange(expected: count, desired: count + 1, ordering: .relaxed)
            if attempt.exchanged { return true }
            count = attempt.original
        }
        return false
    }

    /// How many connections are open.
    var connectionCount: Int { open.load(ordering: .relaxed) }

    /// Bytes of requests and replies that all connections hold.
    var heldBytes: Int { metrics.reduce(0) { $0 + $1.heldBytes.load(ordering: .relaxed) } }

    /// About the most that all connections have held since this was last asked, themselves included; for one thread.
    func takeHeldBytesPeak() -> Int {
        metrics.reduce(connectionCount * Connection.plainBytes) { sum, loop in
            sum + loop.heldBytesPeak.exchange(loop.heldBytes.load(ordering: .relaxed), ordering: .relaxed)
        }
    }
}
