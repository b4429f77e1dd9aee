internal import Commands
internal import Platform
internal import Synchronization

/// Looks at a server's counters each second, and keeps what the last ten minutes were like.
///
/// So that a page that was opened just now shows them too. Any thread may read.
final class StatusTicker: Sendable {
    private struct State {
        /// A ring once it is full: the oldest is at `next`.
        var samples: [StatusSample] = []
        var next = 0
        var last: (facts: ServerFacts, at: UInt64)?
    }

    private let state = Mutex(State())
    private let facts: @Sendable () -> ServerFacts
    private let isStopping = Atomic<Bool>(false)
    /// Nothing is ever in it; closing it ends a pause.
    private let pauses = BlockingQueue<Void>(countMax: 1)
    private let thread = Mutex<Thread?>(nil)

    static let intervalSeconds = 1
    /// Ten minutes; some 60 KiB.
    static let countMax = 600

    init(facts: @escaping @Sendable () -> ServerFacts) { self.facts = facts }

    /// Begins to look each second, on a thread of its own; to be called once.
    func start() throws(SystemError) {
        let started = try Thread(name: "status") { [self] in
            while !isStopping.load(ordering: .acquiring) {
                let now = Clock.monotonicNanoseconds()
                look(at: now)
                _ = pauses.pop(until: now + UInt64(Self.intervalSeconds) * 1_000_000_000)
            }
        }
        thread.withLock { $0 = started }
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        pauses.close()
        thread.withLock { $0.take() }?.join()
    }

    /// One look; the ticker's thread's, and tests'.
    ///
    /// - Parameter now: In nanoseconds of the monotonic clock.
    func look(at now: UInt64) {
        let facts = facts()
        state.withLock { state in
            defer { state.last = (facts, now) }
            guard let last = state.last, now > last.at else { return }
            let seconds = Double(now - last.at) / 1e9
            let sample = StatusSample(last.facts, facts, seconds: seconds)
            guard state.samples.count == Self.countMax else { return state.samples.append(sample) }
            state.samples[state.next] = sample
            state.next = (state.next + 1) % Self.countMax
        }
    }

    /// What there is from after `unixMilliseconds`, the oldest first.
    func samples(after unixMilliseconds: Int = 0) -> [StatusSample] {
        let all = state.withLock { Array($0.samples[$0.next...] + $0.samples[..<$0.next]) }
        return all.filter { $0.unixMilliseconds > unixMilliseconds }
    }

    /// The facts of the last look; looks now where there was none.
    var lastFacts: ServerFacts { state.withLock { $0.last?.facts } ?? facts() }
}
