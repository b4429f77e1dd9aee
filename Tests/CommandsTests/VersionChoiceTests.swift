import Commands
import Datasets
import SessionSupport
import Storage
import TestSupport
import Testing

@Suite("A connection and its version") struct VersionChoiceTests {
    private static func version(_ id: String) -> DatasetVersion {
        DatasetVersion(id: id, engine: MemoryEngine(text: ["k": id, "only:\(id)": id]))
    }

    /// One dataset, named after its first version: A, which has been replaced by B, both open.
    private final class World {
        let control = RecordingControl()
        let open = ["A", "B"].map { OpenVersion(VersionChoiceTests.version($0)) }
        let driver: SessionDriver

        init(clientCount: Int = 1) {
            driver = SessionDriver([open[0].version], clientCount: clientCount, control: control)
            control.setOpenVersions([[open[1], open[0]]])
            driver.context.versions = [open[1].version]
        }

        func ask(_ requests: [UInt8]..., client: Int = 0) -> String {
            let client = driver.clients[client]
            let before = client.received.count
            for request in requests { client.send(request) }
            guard driver.run() else { return "stuck" }
            return text(Array(client.received[before...]))
        }
    }

    @Test("stay together until the client says otherwise")
    func using() {
        let world = World(clientCount: 2)
        #expect(world.ask(request("GET", "k")) == "$1\r\nB\r\n")
        #expect(world.ask(request("DATASET", "USE", "A", "A"), request("GET", "k")) == "+OK\r\n$1\r\nA\r\n")
        #expect(world.open.map(\.userCount) == [1, 0] && world.driver.context.versionUseCount == 1)
        // Whatever reads, reads this version; others are not concerned.
        #expect(
            world.ask(
                request("MGET", "k", "only:A", "only:B"), request("KEYS", "only*"),
                request("SCAN", "0", "MATCH", "only*"), request("DATASET", "PREFIX", "A", "only", "KEYS"))
                == "*3\r\n$1\r\nA\r\n$1\r\nA\r\n$-1\r\n*1\r\n$6\r\nonly:A\r\n"
                + "*2\r\n$1\r\n0\r\n*1\r\n$6\r\nonly:A\r\n*2\r\n$-1\r\n*1\r\n$6\r\nonly:A\r\n")
        #expect(world.ask(request("MULTI"), request("GET", "k"), request("EXEC")).hasSuffix("*1\r\n$1\r\nA\r\n"))
        #expect(world.ask(request("GET", "k"), client: 1) == "$1\r\nB\r\n")
        world.driver.context.versions = [Self.version("C")]
        #expect(world.ask(request("GET", "k")) == "$1\r\nA\r\n")
        #expect(world.ask(request("DATASET", "USE", "Latest"), request("GET", "k")) == "+OK\r\n$1\r\nC\r\n")
        #expect(world.open.map(\.userCount) == [0, 0] && world.driver.context.versionUseCount == 0)
    }

    @Test("part with RESET, and with the connection")
    func parting() {
        var world: World? = World()
        let open = world?.open ?? []
        #expect(world?.ask(request("DATASET", "USE", "A"), request("DATASET", "USE", "A")) == "+OK\r\n+OK\r\n")
        #expect(open[0].userCount == 1)
        #expect(world?.ask(request("RESET"), request("GET", "k")) == "+RESET\r\n$1\r\nB\r\n")
        #expect(open[0].userCount == 0)
        #expect(world?.ask(request("DATASET", "USE", "A")) == "+OK\r\n")
        #expect(open[0].userCount == 1)
        world = nil
        #expect(open[0].userCount == 0)
    }

    @Test(
        "are not chosen by what cannot be meant",
        arguments: [
            (["USE", "C"], "ERR version C of A is not open; open are: B, A"),
            (["USE", "A", "C"], "ERR version C of A is not open; open are: B, A"),
            (["USE", "A A"], "ERR 'A A' cannot be a version's id"),
            (["USE", "none", "A"], "ERR no dataset 'none'; there are: A"),
            (["USE", "../x"], "ERR '../x' cannot be a version's id"),
            (["USE", "A", "A", "A"], "ERR syntax error"),
            (["USE"], "ERR wrong number of arguments for 'dataset|use' command"),
        ])
    func refusals(words: [String], error: String) {
        let world = World()
        #expect(world.ask(requestBytes(["DATASET"] + words)).hasPrefix("-\(error)"))
        #expect(world.ask(request("MULTI"), request("DATASET", "USE", "A")).hasSuffix("inside a transaction\r\n"))
        #expect(world.open.map(\.userCount) == [0, 0])
    }

    @Test("part when the version is closed: reads are refused until the client chooses, also where it was idle")
    func gone() {
        let world = World(clientCount: 2)
        let gone =
            "-VERSIONGONE version A of A has been replaced and is closed; "
            + "follow the latest with DATASET USE A latest\r\n"
        for client in 0...1 { #expect(world.ask(request("DATASET", "USE", "A"), client: client) == "+OK\r\n") }
        let end = world.driver.time + 1_000_000_000
        world.open[0].close(by: end)
        #expect(world.ask(request("GET", "k")) == "$1\r\nA\r\n")
        world.driver.time = end
        #expect(world.ask(request("GET", "k"), request("PING"), request("DBSIZE")) == gone + "+PONG\r\n" + gone)
        #expect(world.ask(request("DATASET", "RANGE", "A", "", "")) == gone)
        #expect(world.ask(request("MULTI"), request("GET", "k"), request("EXEC")).hasSuffix("*1\r\n" + gone))
        // The other client sends nothing, and lets go at the loop's next look at it.
        #expect(world.open[0].userCount == 1)
        world.driver.clients[1].session.dropClosedVersions()
        #expect(world.open[0].userCount == 0 && world.driver.context.versionUseCount == 0)
        #expect(world.ask(request("GET", "k"), client: 1) == gone)
        #expect(world.ask(request("DATASET", "USE", "latest"), request("GET", "k")) == "+OK\r\n$1\r\nB\r\n")
    }

    @Test("stay together through a transaction that has begun, whatever is closed meanwhile")
    func goneInTransaction() throws {
        let world = World()
        #expect(world.ask(request("DATASET", "USE", "A")) == "+OK\r\n")
        let gets = (0..<600).flatMap { _ in request("GET", "k") }
        world.driver.clients[0].send(request("MULTI") + gets + request("EXEC") + request("GET", "k"))
        let end = world.driver.time + 1_000_000_000
        world.open[0].close(by: end)
        // The first turns queue; each turn of the execution takes some hundred commands.
        world.driver.beforeTurn = { [unowned world] turn in
            let client = world.driver.clients[0]
            if text(client.received).contains("*600\r\n") { world.driver.time = max(world.driver.time, end) }
            client.session.dropClosedVersions()
        }
        #expect(world.driver.run())
        let reply = text(world.driver.clients[0].received)
        #expect(reply.components(of: "$1\r\nA\r\n") == 600)
        #expect(reply.components(of: "-VERSIONGONE") == 1)
    }

    @Test("are each database's own")
    func databases() {
        let control = RecordingControl()
        let old = OpenVersion(Self.version("old"))
        let driver = SessionDriver([Self.version("one"), Self.version("two")], control: control)
        control.setOpenVersions([[], [old]])
        driver.clients[0].send(
            request("DATASET", "USE", "two", "old") + request("GET", "k") + request("SELECT", "1")
                + request("GET", "k") + request("SELECT", "0") + request("DATASET", "USE", "one", "old"))
        #expect(driver.run())
        #expect(
            text(driver.clients[0].received)
                == "+OK\r\n$3\r\none\r\n+OK\r\n$3\r\nold\r\n+OK\r\n-ERR version old of one is not open; open are: \r\n")
    }

    @Test("are told of beside each reply that is read from it, if the client wants to know")
    func attributes() throws {
        let world = World()
        let tag = "|1\r\n$7\r\nversion\r\n$1\r\nB\r\n"
        let value = tag + "$1\r\nB\r\n"
        #expect(
            world.ask(request("CLIENT", "ATTRIBUTES", "ON"))
                == "-ERR replies have no attributes in RESP2, send HELLO 3 first\r\n")
        #expect(world.ask(request("HELLO", "3")).hasPrefix("%9\r\n"))
        #expect(world.ask(request("GET", "k")) == "$1\r\nB\r\n")
        #expect(world.ask(request("CLIENT", "ATTRIBUTES", "maybe")) == "-ERR syntax error\r\n")
        #expect(world.ask(request("CLIENT", "ATTRIBUTES", "ON"), request("GET", "k")) == "+OK\r\n" + value)
        let many = requestBytes(["MGET"] + (0..<600).map { _ in "k" })
        let replies = world.ask(
            many, request("PING"), request("DBSIZE"), request("EXISTS", "k"), request("CLIENT", "GETNAME"),
            request("DATASET", "PREFIX", "A", "only", "KEYS"), request("KEYS", "only*"))
        #expect(replies.components(of: tag) == 5)
        #expect(replies.hasPrefix(tag + "*600\r\n"))
        #expect(replies.contains("+PONG\r\n\(tag):2\r\n\(tag):1\r\n_\r\n\(tag)*2"))
        // Once before all of a transaction, never inside.
        #expect(
            world.ask(request("MULTI"), request("GET", "k"), request("GET", "k"), request("EXEC"))
                == "+OK\r\n+QUEUED\r\n+QUEUED\r\n" + tag + "*2\r\n$1\r\nB\r\n$1\r\nB\r\n")
        let chosen = world.ask(request("DATASET", "USE", "A"), request("GET", "k"))
        #expect(chosen == "+OK\r\n|1\r\n$7\r\nversion\r\n$1\r\nA\r\n$1\r\nA\r\n")
        _ = try ReplyChecker.replies(in: world.driver.clients[0].received)
        // There is no such thing in RESP2.
        #expect(world.ask(request("HELLO", "2"), request("GET", "k")).hasSuffix("*0\r\n$1\r\nA\r\n"))
        #expect(world.ask(request("HELLO", "3"), request("RESET"), request("HELLO", "3")).hasSuffix("$1\r\nB\r\n"))
        #expect(world.ask(request("GET", "k")) == "$1\r\nB\r\n")
    }
}

extension String {
    /// How often `part` occurs.
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
