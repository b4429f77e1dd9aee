import Commands
import Datasets
import Platform
import ServerMetrics
import Testing

@testable import Administration

@Suite("The last ten minutes") struct StatusTickerTests {
    /// A server whose counters a test sets.
    private static func ticker(_ facts: @escaping @Sendable () -> ServerFacts) -> StatusTicker {
        StatusTicker(facts: facts)
    }

    @Test("are what the counters grew by, a second")
    func rates() throws {
        var (earlier, later) = (ServerFacts(), ServerFacts())
        (earlier.commandsProcessed, later.commandsProcessed) = (100, 400)
        (earlier.keyspaceHits, later.keyspaceHits) = (50, 150)
        later.connectedClients = 7
        later.unixMicroseconds = 5_000_000
        var statistics = ServerFacts.CommandStatistics(
            name: "get", calls: 1, microseconds: 0, rejectedCalls: 0, failedCalls: 0)
        statistics.times.add(90, each: 1 << 10)
        earlier.commandStatistics = [statistics]
        statistics.times.add(98, each: 1 << 12)
        statistics.times.add(2, each: 1 << 20)
        later.commandStatistics = [statistics]
        let sample = StatusSample(earlier, later, seconds: 2)
        #expect(sample.commands == 150 && sample.hits == 50 && sample.misses == 0 && sample.connections == 7)
        #expect(sample.unixMilliseconds == 5_000)
        #expect(sample.median == 1 << 12 && sample.percentile99 == 1 << 20)
    }

    @Test("begin again where the counters were reset")
    func reset() {
        var (earlier, later) = (ServerFacts(), ServerFacts())
        (earlier.commandsProcessed, later.commandsProcessed) = (1_000, 30)
        #expect(StatusSample(earlier, later, seconds: 1).commands == 30)
    }

    @Test("are kept, and no more than that, the oldest first")
    func ring() {
        let ticks = Counter()
        let ticker = Self.ticker {
            var facts = ServerFacts()
            facts.unixMicroseconds = ticks.next() * 1_000_000
            return facts
        }
        for second in 1...StatusTicker.countMax + 6 { ticker.look(at: UInt64(second) * 1_000_000_000) }
        let samples = ticker.samples()
        #expect(samples.count == StatusTicker.countMax)
        // The first look has nothing to be held against.
        #expect(samples.first?.unixMilliseconds == 7_000)
        #expect(samples.map(\.unixMilliseconds) == samples.map(\.unixMilliseconds).sorted())
        #expect(ticker.samples(after: 605_000).map(\.unixMilliseconds) == [606_000])
    }

    @Test("are taken by a thread that ends when it is told to")
    func thread() throws {
        let ticks = Counter()
        let ticker = Self.ticker {
            _ = ticks.next()
            return ServerFacts()
        }
        try ticker.start()
        #expect(eventually { ticks.value >= 2 })
        ticker.stop()
        let last = ticks.value
        #expect(ticks.value == last)
    }
}

@Suite("Versions that are known") struct KnownVersionsTests {
    @Test("are the newest of the data directory, some of many")
    func listing() throws {
        let directory = TemporaryDirectory()
        for number in 100..<100 + KnownVersions.countMax + 3 {
            try FileSystem.makeSharedDirectory("\(directory.path)/versions/v\(number)")
        }
        let listing = KnownVersions(path: directory.path).listing()
        #expect(listing.entries.count == KnownVersions.countMax && listing.leftOutCount == 3)
        #expect(listing.entries.first?.versionID == "v122" && listing.entries.first?.problem != nil)
    }

    @Test("are none where the path is no data directory")
    func none() throws {
        #expect(KnownVersions(path: "/nonexistent").listing() == KnownVersions.Listing())
    }
}
