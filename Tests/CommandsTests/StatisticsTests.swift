import Bytes
import RESP
import ServerMetrics
import SessionSupport
import Storage
import TestSupport
import Testing

@testable import Commands

/// What a driver's loop has counted of a command, by its full name.
private func counters(of name: String, _ driver: SessionDriver) -> CommandCounters? {
    let table = driver.context.server.table
    return driver.context.metrics.commands.all.first { table.commands[$0.command].fullName == name }?.counters
}

private func errors(_ driver: SessionDriver) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: driver.context.metrics.errors.all.map { ($0.code, $0.count) })
}

private func run(_ driver: SessionDriver, _ requests: [UInt8]...) -> String {
    for request in requests { driver.clients[0].send(request) }
    #expect(driver.run())
    return text(driver.clients[0].received)
}

@Suite struct StatisticsTests {
    private let world = SessionWorld(text: ["k": "v", "long": String(repeating: "x", count: 200)])

    @Test("Calls are counted by command, and what is refused or fails is told apart")
    func calls() throws {
        let driver = SessionDriver(world.versions)
        _ = run(
            driver, request("GET", "k"), request("GET", "k"), request("GET"), request("SET", "a", "b"),
            request("GETRANGE", "k", "x", "1"), request("NOSUCH"), request("CLIENT", "NOSUCH"),
            request("CLIENT", "ID"), request("GET", "k"))
        let get = try #require(counters(of: "get", driver))
        #expect(get.calls.total == 3)
        #expect(get.rejectedCalls.total == 1)
        #expect(get.failedCalls.total == 0)
        #expect(get.times.total == 3)
        let set = try #require(counters(of: "set", driver))
        #expect((set.calls.total, set.rejectedCalls.total) == (0, 1))
        let range = try #require(counters(of: "getrange", driver))
        #expect((range.calls.total, range.failedCalls.total) == (1, 1))
        #expect(counters(of: "client|id", driver)?.calls.total == 1)
        #expect(errors(driver) == ["ERR": 4, "READONLY": 1])
        #expect(driver.context.metrics.errorReplies.total == 5)
    }

    @Test("The time of a batch is shared out evenly over its commands")
    func time() throws {
        let driver = SessionDriver(world.versions)
        driver.context.server.slowLog.configure(slowerThan: -1, countMax: 128)
        // One turn of a microsecond, four commands.
        _ = run(driver, request("GET", "k") + request("PING") + request("GET", "k") + request("PING"))
        let total = try ["get", "ping"].map { try #require(counters(of: $0, driver)).times.nanoseconds }
        #expect(total[0] == total[1])
        #expect((1...1_000).contains(total[0] + total[1]))
    }

    @Test("Commands in a transaction count when they are executed")
    func transaction() throws {
        let driver = SessionDriver(world.versions)
        let replies = run(
            driver, request("MULTI"), request("GET", "k"), request("GET", "k"), request("EXEC"), request("MULTI"),
            request("GET", "k"), request("DISCARD"))
        #expect(replies.contains("*2\r\n$1\r\nv\r\n$1\r\nv\r\n"))
        #expect(counters(of: "get", driver)?.calls.total == 2)
        #expect(counters(of: "exec", driver)?.calls.total == 1)
    }

    @Test("An MGET over many turns is one call")
    func sliced() throws {
        let driver = SessionDriver(world.versions)
        _ = run(driver, requestBytes(["MGET"] + (0..<5_000).map { "key:\($0)" }))
        let mget = try #require(counters(of: "mget", driver))
        #expect(mget.calls.total == 1)
    }

    @Test("A command that waits for a job gets the time of the job, and is counted once")
    func jobs() throws {
        var pace = SessionDriver.Pace.prompt
        pace.jobTurnsMax = 3
        var behaviour = MemoryEngine.Behaviour()
        behaviour.coldKeys = [Array("k".utf8)]
        let cold = SessionWorld(text: ["k": "v"], behaviour: behaviour)
        for seed in 1...20 as ClosedRange<UInt64> {
            pace.seed = seed
            let driver = SessionDriver(cold.versions, pace: pace)
            cold.engines[0].change { $0.warmsOnRead = false }
            _ = run(driver, request("GET", "k") + request("KEYS", "*") + request("GET", "k"))
            let get = try #require(counters(of: "get", driver))
            let keys = try #require(counters(of: "keys", driver))
            #expect((get.calls.total, get.times.total) == (2, 2))
            #expect((keys.calls.total, keys.times.total) == (1, 1))
        }
    }

    @Test("What a job or a computation replies as an error is a failed call")
    func jobErrors() throws {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.failsWalks = true
        behaviour.damagedKeys = [Array("k".utf8)]
        let broken = SessionWorld(text: ["k": "v"], behaviour: behaviour)
        let driver = SessionDriver(broken.versions)
        _ = run(driver, request("KEYS", "*"), request("GET", "k"), request("EXISTS", "k"), request("MGET", "k"))
        for name in ["keys", "get", "exists", "mget"] {
            #expect(counters(of: name, driver)?.failedCalls.total == 1, "\(name)")
        }
        #expect(errors(driver) == ["ERR": 4])
    }

    @Test("An error that a value's type makes is a failed call, whoever makes the reply")
    func typeErrors() throws {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.coldKeys = [Array("cold".utf8)]
        let mixed = SessionWorld(text: ["k": "v", "cold": "v"], behaviour: behaviour)
        let driver = SessionDriver(mixed.versions)
        let replies = run(
            driver, request("HGET", "k", "f"), request("HGET", "cold", "f"), request("HGET", "none", "f"),
            request("PFCOUNT", "k"))
        #expect(replies.split(separator: "-WRONGTYPE ", omittingEmptySubsequences: false).count == 4)
        let hget = try #require(counters(of: "hget", driver))
        #expect((hget.calls.total, hget.failedCalls.total) == (3, 2))
        #expect(counters(of: "pfcount", driver)?.failedCalls.total == 1)
        #expect(errors(driver) == ["WRONGTYPE": 3])
        #expect(driver.context.metrics.errorReplies.total == 3)
    }

    @Test("A thousand codes of errors are not a thousand counters")
    func codes() {
        let metrics = ErrorMetrics()
        for number in 0..<1_000 { metrics.add("CODE\(number) text".utf8.span) }
        metrics.add("CODE7 other".utf8.span)
        #expect(metrics.all.count == 128)
        #expect(metrics.all.contains { $0 == ("CODE7", 2) })
    }

    @Test("CONFIG RESETSTAT has counters begin again, and forgets no gauge")
    func reset() {
        var before = ServerFacts()
        before.commandsProcessed = 10
        before.connectedClients = 4
        before.errorStatistics = [("ERR", 3), ("READONLY", 1)]
        var times = LatencyHistogram()
        times.add(5, each: 4_000)
        before.commandStatistics = [
            ServerFacts.CommandStatistics(
                name: "get", calls: 5, microseconds: 9, rejectedCalls: 1, failedCalls: 0, times: times),
            ServerFacts.CommandStatistics(name: "ping", calls: 1, microseconds: 1, rejectedCalls: 0, failedCalls: 0),
        ]
        var now = before
        now.commandsProcessed = 12
        now.errorStatistics = [("ERR", 5), ("NOPROTO", 1), ("READONLY", 1)]
        now.commandStatistics[0].calls = 7
        let since = now.counting(from: before)
        #expect(since.commandsProcessed == 2)
        #expect(since.connectedClients == 4)
        #expect(since.errorStatistics.map(\.code) == ["ERR", "NOPROTO"])
        #expect(since.errorStatistics.map(\.count) == [2, 1])
        #expect(since.commandStatistics.map(\.name) == ["get"])
        #expect(since.commandStatistics[0].calls == 2)
        #expect(since.commandStatistics[0].times.total == 0)
    }

    @Test("LATENCY HISTOGRAM and latencystats have Redis's shape, and only the commands asked for")
    func histograms() {
        var facts = ServerFacts()
        var times = LatencyHistogram()
        times.add(1, each: 20)
        times.add(2, each: 500)
        times.add(1, each: 16_000)
        facts.commandStatistics = ["get", "config|get", "config|set"].map {
            ServerFacts.CommandStatistics(
                name: $0, calls: 4, microseconds: 20, rejectedCalls: 0, failedCalls: 0, times: times)
        }
        #expect(
            written(.resp3) { facts.writeHistograms(["GET", "nosuch"], to: &$0) }
                == "%1\r\n$3\r\nget\r\n%2\r\n$5\r\ncalls\r\n:4\r\n$14\r\nhistogram_usec\r\n%2\r\n:1\r\n:3\r\n:16\r\n:4\r\n"
        )
        #expect(written { facts.writeHistograms(["config"], to: &$0) }.hasPrefix("*4\r\n$10\r\nconfig|get\r\n*4\r\n"))
        #expect(written { facts.writeHistograms([], to: &$0) }.hasPrefix("*6\r\n"))
        #expect(written { facts.writeHistograms(["nosuch"], to: &$0) } == "*0\r\n")
        #expect(
            facts.info([.latencystats]).hasPrefix(
                "# Latencystats\r\nlatency_percentiles_usec_get:p50=0.504,p99=16.128,p99.9=16.128\r\n"))
    }
}
