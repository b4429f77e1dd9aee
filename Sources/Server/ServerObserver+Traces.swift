import Commands
import Platform
import ServerMetrics
import Synchronization
public import Tracing

extension ServerObserver {
    /// Whoever takes traces of this server's threads.
    public var tracer: Tracer { group.tracer }

    /// Takes a trace, which is what the calling thread waits for; shorter where the server ends meanwhile.
    ///
    /// - Parameters:
    ///   - nanoseconds: How long.
    ///   - sampleInterval: One request in so many is shown by itself; 0 for none.
    /// - Returns: `nil` where another trace is being taken.
    public func trace(nanoseconds: UInt64, sampleInterval: Int) -> Trace? {
        guard tracer.begin(sampleInterval: sampleInterval) else { return nil }
        // Loops that wait for events would not look.
        for mailbox in group.mailboxes { mailbox.waker.wake() }
        let end = Clock.monotonicNanoseconds() &+ nanoseconds
        var lookups = lookupCount
        while true {
            let now = Clock.monotonicNanoseconds()
            guard now < end, !tracer.isCancelled else { break }
            tracer.note("connections", group.connectionCount)
            tracer.note("bytes held for clients", group.heldBytes)
            tracer.note("jobs that wait for a reader", readers.waitingCount)
            let newLookups = lookupCount
            tracer.note("look-ups", newLookups - lookups)
            lookups = newLookups
            Thread.sleep(nanoseconds: min(end - now, Self.countsNanoseconds))
        }
        return tracer.end()
    }

    private var lookupCount: Int {
        group.metrics.total { $0.keyspaceHits.total } &+ group.metrics.total { $0.keyspaceMisses.total }
    }

    /// The name of the command that an event of a trace has the number of.
    public func commandName(_ index: Int) -> String {
        state.table.commands.indices ~= index ? state.table.commands[index].fullName : "request"
    }

    /// Between two looks at the counters.
    private static let countsNanoseconds: UInt64 = 50_000_000
}

extension Server {
    /// For whoever notes what others than the loops and readers do.
    public var tracer: Tracer { group.tracer }
}
