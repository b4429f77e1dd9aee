import Bytes
import ServerMetrics
import SessionSupport
import TestSupport
import Testing

@testable import Commands

/// Pipelines of GETs, which are one step of a turn's plan.
@Suite struct GetRunTests {
    private static let keys = (0..<600).map { "key:\($0):of usual length" }
    private static let values = Dictionary(uniqueKeysWithValues: keys.map { ($0, "value of \($0)") })

    private func expected(_ keys: [String]) -> String {
        keys.map { key in Self.values[key].map(bulkText) ?? "$-1\r\n" }.joined()
    }

    private func counters(of name: String, _ driver: SessionDriver) -> CommandCounters? {
        let table = driver.context.server.table
        return driver.context.metrics.commands.all.first { table.commands[$0.command].fullName == name }?.counters
    }

    private func send(_ keys: [String], to driver: SessionDriver) {
        for key in keys { driver.clients[0].send(request("GET", key)) }
    }

    @Test("Keys that a user may not read are refused wherever they stand in a pipeline", arguments: 0...10)
    func restricted(seed: UInt64) throws {
        let world = SessionWorld(text: Self.values.merging(["k": "1", "other": "2", "": "3"]) { $1 })
        let driver = SessionDriver(world.versions, pace: seed == 0 ? .prompt : .random(seed: seed, readBytesMin: 100))
        let rules = [["~key:*", "~?"], ["~k*"], ["~nosuch*", "(%R~key:* +get)"], ["%R~*"], ["~?*"]][Int(seed % 5)]
        driver.clients[0].send(requestBytes(["ACL", "SETUSER", "u", "on", "nopass", "+@read"] + rules))
        driver.clients[0].send(request("AUTH", "u", "x"))
        #expect(driver.run())
        let greeting = text(driver.clients[0].received)
        let user = try #require(driver.context.server.access.current.users[Array("u".utf8)])
        var random = SeededRandom(seed: seed)
        var (answers, denied) = ("", 0)
        for _ in 0..<700 {
            let odd = ["k", "other", "", "keys"][random.pick(0...3)]
            let key = random.oneIn(4) ? odd : Self.keys[random.pick(0...599)]
            driver.clients[0].send(request("GET", key))
            if user.rules.selectors.contains(where: { $0.allows(key: key.utf8.span, .read) }) {
                answers += ["k": bulkText("1"), "other": bulkText("2"), "": bulkText("3")][key] ?? expected([key])
            } else {
                answers += "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n"
                denied += 1
            }
        }
        #expect(driver.run())
        #expect(text(driver.clients[0].received) == greeting + answers)
        #expect(denied > 20 && driver.context.server.access.denialCount(.key) == denied)
        #expect(counters(of: "get", driver)?.calls.total == 700 - denied)
    }

    @Test("A transaction of more than a turn takes goes on in turns that bring no bytes", arguments: 0...5)
    func transaction(seed: UInt64) {
        let world = SessionWorld(text: Self.values)
        let driver = SessionDriver(world.versions, pace: seed == 0 ? .prompt : .random(seed: seed, readBytesMin: 100))
        driver.clients[0].send(request("MULTI"))
        send(Self.keys, to: driver)
        driver.clients[0].send(request("EXEC"))
        #expect(driver.run())
        let queued = String(repeating: "+QUEUED\r\n", count: 600)
        #expect(text(driver.clients[0].received) == "+OK\r\n" + queued + "*600\r\n" + expected(Self.keys))
        #expect(driver.turns >= 3, "a turn takes 256 commands of a session")
    }

    @Test("A long pipeline is answered in order over as many turns as its keys need", arguments: 0...20)
    func pipeline(seed: UInt64) {
        let world = SessionWorld(text: Self.values)
        let driver = SessionDriver(world.versions, pace: seed == 0 ? .prompt : .random(seed: seed, readBytesMin: 100))
        var random = SeededRandom(seed: seed)
        var asked: [String] = []
        for _ in 0..<1_000 {
            asked.append(random.oneIn(4) ? "missing:\(random.pick(0...99))" : Self.keys[random.pick(0...599)])
        }
        send(asked, to: driver)
        #expect(driver.run())
        #expect(text(driver.clients[0].received) == expected(asked))
        #expect(driver.turns >= 4, "a turn takes 256 commands of a session")
        let hits = asked.filter { Self.values[$0] != nil }.count
        let metrics = driver.context.metrics
        #expect((metrics.keyspaceHits.total, metrics.keyspaceMisses.total) == (hits, 1_000 - hits))
        #expect(metrics.commandsProcessed.total == 1_000)
        #expect(counters(of: "get", driver)?.calls.total == 1_000)
        #expect(counters(of: "get", driver)?.times.total == 1_000)
    }

    @Test("Keys that wait for the disk, or cannot be read, have their replies in their places", arguments: 1...20)
    func mixed(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var behaviour = MemoryEngine.Behaviour()
        behaviour.warmsOnRead = false
        behaviour.coldKeys = Set(Self.keys.filter { _ in random.oneIn(5) }.map { Array($0.utf8) })
        behaviour.damagedKeys = Set(Self.keys.filter { _ in random.oneIn(9) }.map { Array($0.utf8) })
        let world = SessionWorld(text: Self.values, behaviour: behaviour)
        let driver = SessionDriver(world.versions, pace: .random(seed: seed, readBytesMin: 100))
        send(Self.keys, to: driver)
        driver.clients[0].send(request("PING"))
        #expect(driver.run())
        let damaged = Self.keys.filter { behaviour.damagedKeys.contains(Array($0.utf8)) }.count
        let replies = Self.keys.map {
            behaviour.damagedKeys.contains(Array($0.utf8)) ? damagedText : bulkText("value of \($0)")
        }
        #expect(text(driver.clients[0].received) == replies.joined() + "+PONG\r\n")
        let metrics = driver.context.metrics
        #expect((metrics.keyspaceHits.total, metrics.keyspaceMisses.total) == (600 - damaged, 0))
        let get = try #require(counters(of: "get", driver))
        #expect((get.calls.total, get.times.total, get.failedCalls.total) == (600, 600, damaged))
        #expect(metrics.coldLookups.total >= behaviour.coldKeys.count)
    }

    @Test("A GET with a longer key, in another form or behind another command, is answered among the others")
    func forms() {
        let long = String(repeating: "k", count: 100)
        let world = SessionWorld(text: [long: "long", "key:1": "one"])
        let replies = world.replies(
            to: request("GET", "key:1") + request("get", "key:1") + request("GET", long) + Array("GET key:1\r\n".utf8)
                + request("PING") + request("GET", "key:1") + request("GET") + request("STRLEN", "key:1")
                + request("GET", "key:1") + request("GET", "missing:1"))
        let one = bulkText("one")
        #expect(
            replies == one + one + bulkText("long") + one + "+PONG\r\n" + one
                + "-ERR wrong number of arguments for 'get' command\r\n:3\r\n" + one + "$-1\r\n")
    }

    @Test("A request that arrives in two pieces does not mislead the parser about the next one", arguments: 1..<40)
    func pieces(cut: Int) {
        let world = SessionWorld(text: ["key:0123456789": "v"])
        let get = request("GET", "key:0123456789")
        let pipeline = get + get + request("PING")
        var pace = SessionDriver.Pace.prompt
        pace.readBytesMax = cut
        #expect(world.replies(to: pipeline, pace: pace) == bulkText("v") + bulkText("v") + "+PONG\r\n")
    }

    @Test("The slow log shows one request of a run, and how many more there were")
    func slowLog() throws {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.coldKeys = Set(Self.keys[..<5].map { Array($0.utf8) })
        let world = SessionWorld(text: Self.values, behaviour: behaviour)
        let driver = SessionDriver(world.versions)
        driver.context.server.slowLog.configure(slowerThan: 0, countMax: 128)
        send(Array(Self.keys[..<5]), to: driver)
        #expect(driver.run())
        let entries = driver.context.server.slowLog.entries(10)
        let first = [Array("get".utf8), Array(Self.keys[0].utf8)]
        #expect(entries.contains { Array($0.arguments.prefix(2)) == first && $0.arguments.count <= 3 })
    }
}
