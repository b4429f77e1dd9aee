import RESP
import ServerMetrics
import SessionSupport
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Commands

private let world = SessionWorld(text: ["k": "v", "number": "12", "long": String(repeating: "x", count: 45)])

/// Replies of a session whose server notes whatever takes time at all.
private func replies(
    to requests: [UInt8]..., debugging access: ServerState.DebugAccess = .nobody,
    prepare: (SessionDriver) -> Void = { _ in }
) -> String {
    let driver = SessionDriver(world.versions)
    driver.context.server.debugAccess = access
    driver.context.unixSeconds = { 1_795_000_000 }
    driver.context.addressOfClient = { _ in "127.0.0.1:50000" }
    prepare(driver)
    for request in requests {
        driver.clients[0].send(request)
        guard driver.run() else { return "the session got stuck" }
    }
    return text(driver.clients[0].received)
}

@Suite struct MonitoringTests {
    @Test("SLOWLOG has slow jobs with their arguments, cut as Redis cuts them, and their client")
    func slowLog() throws {
        let long = String(repeating: "y", count: 130)
        let many = (0..<40).map { "a\($0)" }
        let driver = SessionDriver(world.versions)
        driver.context.unixSeconds = { 1_795_000_000 }
        driver.context.addressOfClient = { _ in "127.0.0.1:50000" }
        let log = driver.context.server.slowLog
        log.configure(slowerThan: 0, countMax: 2)
        driver.clients[0].send(request("CLIENT", "SETNAME", "me") + request("KEYS", long))
        #expect(driver.run())
        let entry = log.entries(-1).first { $0.name == "me" }
        #expect(entry?.address == "127.0.0.1:50000")
        #expect(
            entry?.arguments == [
                Array("KEYS".utf8), Array((String(repeating: "y", count: 128) + "... (2 more bytes)").utf8),
            ])
        #expect(entry?.unixSeconds == 1_795_000_000)
        let mget = driver.context.server.table.find("mget".utf8.span)
        let command = try #require(mget)
        let cut = withRequest(["X"] + many) { SlowLog.cut($0, of: command) }
        #expect(cut.count == 32)
        #expect(cut.last == Array("... (10 more arguments)".utf8))
        #expect(log.count == 2)
        driver.clients[0].send(request("SLOWLOG", "RESET"))
        log.configure(slowerThan: -1, countMax: 2)
        #expect(driver.run())
        #expect(log.count == 0)
        let id = log.entries(-1).first?.id
        #expect(id == nil)
    }

    @Test("A slow turn is noted as a turn: its commonest command, a key of it, and how many more there were")
    func slowTurn() {
        let driver = SessionDriver(world.versions)
        let log = driver.context.server.slowLog
        log.configure(slowerThan: 0, countMax: 10)
        driver.context.server.latency.setThreshold(milliseconds: 1)
        driver.clients[0].send(request("PING") + request("GET", "k") + request("GET", "long"))
        #expect(driver.run())
        #expect(
            log.entries(-1).first?.arguments
                == ["get", "k", "... (2 more commands of the same turn)"].map { Array($0.utf8) })
        #expect(log.entries(-1).first?.name.isEmpty == true)
        #expect(driver.context.server.latency.all.isEmpty, "a microsecond is no event")
    }

    /// The slow log's arguments, the oldest first, of a client that sends these one after another.
    private func slowRequests(_ requests: [UInt8]..., in world: SessionWorld = world) -> [String] {
        let driver = SessionDriver(world.versions)
        driver.context.server.slowLog.configure(slowerThan: 0, countMax: 100)
        driver.context.addressOfClient = { "address of \($0)" }
        for request in requests {
            driver.clients[0].send(request)
            guard driver.run() else { return ["the session got stuck"] }
        }
        return driver.context.server.slowLog.entries(-1).reversed().map { entry in
            "\(entry.arguments.map { text($0) }.joined(separator: " ")), \(entry.address), \(entry.name)"
        }
    }

    @Test("A slow turn of one command is noted with its whole request and its client, but no password")
    func slowRequest() {
        let keys = (1...33).map(String.init)
        #expect(
            slowRequests(
                request("CLIENT", "SETNAME", "me"), request("GeTrAnGe", "k", "0", "-1"), request("SET", "a", "b"),
                Array("get k\r\n".utf8), request("AUTH", "hidden"), request("HELLO", "2", "AUTH", "a", "b"),
                requestBytes(["TOUCH"] + keys), request("EXEC"))
                == [
                    "CLIENT SETNAME me, address of 1, me", "GeTrAnGe k 0 -1, address of 1, me",
                    "get k, address of 1, me", "AUTH (redacted), address of 1, me",
                    "HELLO 2 AUTH (redacted) (redacted), address of 1, me",
                    "TOUCH \(keys[..<30].joined(separator: " ")) ... (3 more arguments), address of 1, me",
                ])
    }

    @Test("A command that waits is noted once, with all its keys and its client")
    func slowWait() {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.coldKeys = [Array("a".utf8), Array("b".utf8)]
        let cold = SessionWorld(text: ["a": "1", "b": "2"], behaviour: behaviour)
        cold.engines[0].change { $0.warmsOnRead = false }
        #expect(
            slowRequests(
                request("GET", "a"), request("MGET", "a", "b"), request("GETRANGE", "b", "1", "2"),
                request("KEYS", "*"), in: cold)
                == [
                    "get a, address of 1, ", "mget a b, address of 1, ", "getrange b 1 2, address of 1, ",
                    "KEYS *, address of 1, ",
                ])
    }

    @Test("The slow log keeps the newest entries, also where it is made longer or shorter")
    func slowLogLength() {
        let log = SlowLog()
        func add(_ count: Int) {
            for _ in 0..<count {
                log.add(SlowLog.Entry(unixSeconds: 0, microseconds: 0, arguments: [], address: "", name: ""))
            }
        }
        func ids(_ count: Int = -1) -> [Int] { log.entries(count).map(\.id) }
        log.configure(slowerThan: 0, countMax: 3)
        add(2)
        #expect(ids() == [1, 0])
        add(5)
        #expect(ids() == [6, 5, 4])
        #expect(ids(2) == [6, 5])
        log.configure(slowerThan: 0, countMax: 5)
        add(1)
        #expect(ids() == [7, 6, 5, 4])
        add(2)
        #expect(ids() == [9, 8, 7, 6, 5])
        log.configure(slowerThan: 0, countMax: 2)
        #expect(ids() == [9, 8])
        add(1)
        #expect(ids() == [10, 9])
        log.reset()
        #expect(ids().isEmpty)
        add(1)
        #expect(ids() == [11])
        log.configure(slowerThan: 0, countMax: 0)
        add(1)
        #expect(ids().isEmpty)
    }

    @Test("Clients that wait for messages are counted until they end it or leave")
    func subscribers() {
        let driver = SessionDriver(world.versions)
        func count(after requests: [UInt8]) -> Int {
            driver.clients[0].send(requests)
            #expect(driver.run())
            return driver.context.metrics.subscribedClients.load(ordering: .relaxed)
        }
        #expect(count(after: request("SUBSCRIBE", "a") + request("PSUBSCRIBE", "b*")) == 1)
        #expect(count(after: request("UNSUBSCRIBE")) == 1)
        #expect(count(after: request("PUNSUBSCRIBE")) == 0)
        #expect(count(after: request("UNSUBSCRIBE")) == 0)
        #expect(count(after: request("SSUBSCRIBE", "a")) == 1)
        #expect(count(after: request("RESET")) == 0)
    }

    @Test("Slow log replies and refusals are Redis's")
    func slowLogReplies() {
        #expect(
            replies(
                to: request("SLOWLOG", "GET"), request("SLOWLOG", "LEN"), request("SLOWLOG", "RESET"),
                request("SLOWLOG", "GET", "-2"), request("SLOWLOG", "GET", "x"), request("SLOWLOG", "GET", "1", "2"))
                    == """
                    *0\r\n:0\r\n+OK\r\n-ERR count should be greater than or equal to -1\r\n\
                    -ERR count should be greater than or equal to -1\r\n\
                    -ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.\r\n
                    """)
        let entry = SlowLog.Entry(
            id: 3, unixSeconds: 17, microseconds: 12_000, arguments: [[107]], address: "1.2.3.4:5", name: "n")
        #expect(
            written { entry.write(to: &$0) }
                == "*6\r\n:3\r\n:17\r\n:12000\r\n*1\r\n$1\r\nk\r\n$9\r\n1.2.3.4:5\r\n$1\r\nn\r\n")
    }

    @Test("Latency events are told in Redis's shapes, the worst of each second, and forgotten by name")
    func latency() {
        let prepare: (SessionDriver) -> Void = { driver in
            let monitor = driver.context.server.latency
            monitor.note(.swap, nanoseconds: 5_000_000, unixSeconds: 1)
            monitor.setThreshold(milliseconds: 2)
            monitor.note(.swap, nanoseconds: 1_999_999, unixSeconds: 1)
            monitor.note(.swap, nanoseconds: 7_000_000, unixSeconds: 10)
            monitor.note(.swap, nanoseconds: 9_000_000, unixSeconds: 10)
            monitor.note(.swap, nanoseconds: 3_000_000, unixSeconds: 12)
            monitor.note(.coldRead, nanoseconds: 4_000_000, unixSeconds: 13)
        }
        #expect(
            replies(to: request("LATENCY", "LATEST"), prepare: prepare)
                == "*2\r\n*4\r\n$4\r\nswap\r\n:12\r\n:3\r\n:9\r\n*4\r\n$9\r\ncold-read\r\n:13\r\n:4\r\n:4\r\n")
        #expect(
            replies(to: request("LATENCY", "HISTORY", "SWAP"), request("LATENCY", "HISTORY", "x"), prepare: prepare)
                == "*2\r\n*2\r\n:10\r\n:9\r\n*2\r\n:12\r\n:3\r\n*0\r\n")
        #expect(
            replies(
                to: request("LATENCY", "RESET", "nosuch"), request("LATENCY", "RESET", "swap"),
                request("LATENCY", "RESET"), request("LATENCY", "LATEST"), prepare: prepare)
                == ":0\r\n:1\r\n:1\r\n*0\r\n")
        let graph = replies(to: request("LATENCY", "GRAPH", "swap"), prepare: prepare)
        #expect(graph.contains("swap - high 9 ms, low 3 ms (all time high 9 ms)\n"))
        #expect(graph.contains("\n# \n# \n# \n#_\n"))
        #expect(
            replies(to: request("LATENCY", "GRAPH", "x")) == "-ERR No samples available for event 'x'\r\n")
        #expect(replies(to: request("LATENCY", "DOCTOR")).contains("the latency monitor is off"))
        #expect(replies(to: request("LATENCY", "DOCTOR"), prepare: prepare).contains("1. swap: 2 samples, 6 ms"))
    }

    @Test("No more samples of an event are kept than Redis keeps")
    func samples() {
        let monitor = LatencyMonitor()
        monitor.setThreshold(milliseconds: 1)
        for second in 0..<1_000 { monitor.note(.slowTurn, nanoseconds: 2_000_000, unixSeconds: second) }
        #expect(monitor.all[0].samples.count == 160)
        #expect(monitor.all[0].samples.last?.unixSeconds == 999)
    }

    @Test("DEBUG is refused until it is allowed, and then does what test suites need")
    func debug() {
        let refusal = replies(to: request("DEBUG", "SLEEP", "0"))
        #expect(refusal.hasPrefix("-ERR DEBUG command not allowed. If the enable-debug-command option is set to"))
        for access in [ServerState.DebugAccess.local, .everybody] {
            #expect(
                replies(
                    to: request("DEBUG", "SLEEP", "0"), request("DEBUG", "SLEEP", "x"),
                    request("DEBUG", "SET-ACTIVE-EXPIRE", "0"), debugging: access) == "+OK\r\n+OK\r\n+OK\r\n")
        }
        let remote = replies(to: request("DEBUG", "SLEEP", "0"), debugging: .local) {
            $0.context.addressOfClient = { _ in "10.0.0.1:5" }
        }
        #expect(remote == refusal)
        for seconds in ["nan", "inf", "-inf", "infinity", "-1"] {
            #expect(replies(to: request("DEBUG", "SLEEP", seconds), debugging: .everybody) == "+OK\r\n")
        }
        #expect(replies(to: request("DEBUG", "HELP")) == refusal)
        let help = replies(to: request("DEBUG", "help"), debugging: .everybody)
        #expect(help.hasPrefix("*12\r\n+DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"))
        #expect(help.hasSuffix("+HELP\r\n+    Prints this help.\r\n"))
        #expect(help.split(separator: "\r\n").count == 13)
        #expect(
            replies(to: request("DEBUG", "NOSUCH"), debugging: .everybody)
                == "-ERR unknown subcommand or wrong number of arguments for 'NOSUCH'. Try DEBUG HELP.\r\n")
        #expect(
            replies(
                to: request("DEBUG", "OBJECT", "k"), request("DEBUG", "OBJECT", "number"),
                request("DEBUG", "OBJECT", "long"), request("DEBUG", "OBJECT", "nosuch"), debugging: .everybody)
                    == """
                    +Value at:0x0 refcount:1 encoding:embstr serializedlength:2 lru:0 lru_seconds_idle:0\r\n\
                    +Value at:0x0 refcount:1 encoding:int serializedlength:3 lru:0 lru_seconds_idle:0\r\n\
                    +Value at:0x0 refcount:1 encoding:raw serializedlength:46 lru:0 lru_seconds_idle:0\r\n\
                    -ERR no such key\r\n
                    """)
    }

    @Test(
        "DEBUG PROTOCOL gives each kind of reply as redis-server 7.0.15 does",
        arguments: [
            ("string", "$11\r\nHello World\r\n", "$11\r\nHello World\r\n"), ("integer", ":12345\r\n", ":12345\r\n"),
            ("double", "$5\r\n3.141\r\n", ",3.141\r\n"), ("null", "$-1\r\n", "_\r\n"),
            ("array", "*3\r\n:0\r\n:1\r\n:2\r\n", "*3\r\n:0\r\n:1\r\n:2\r\n"),
            ("set", "*3\r\n:0\r\n:1\r\n:2\r\n", "~3\r\n:0\r\n:1\r\n:2\r\n"),
            ("map", "*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n", "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n"),
            (
                "attrib", "$39\r\nSome real reply following the attribute\r\n",
                "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n$39\r\nSome real reply following the attribute\r\n"
            ),
            (
                "push", "-ERR RESP2 is not supported by this command\r\n",
                ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n"
            ),
            (
                "verbatim", "$25\r\nThis is a verbatim\nstring\r\n",
                "=29\r\ntxt:This is a verbatim\nstring\r\n"
            ),
            ("true", ":1\r\n", "#t\r\n"), ("false", ":0\r\n", "#f\r\n"),
            (
                "bignum", "$37\r\n1234567999999999999999999999999999999\r\n",
                "(1234567999999999999999999999999999999\r\n"
            ),
        ])
    func debugProtocol(kind: String, resp2: String, resp3: String) {
        #expect(replies(to: request("DEBUG", "PROTOCOL", kind), debugging: .everybody) == resp2)
        let both = replies(to: request("HELLO", "3"), request("DEBUG", "PROTOCOL", kind), debugging: .everybody)
        let greeting = replies(to: request("HELLO", "3"))
        #expect(both == greeting + resp3)
    }

    @Test(
        "ACL answers as a Redis without other users does",
        arguments: [
            (["ACL", "WHOAMI"], "$7\r\ndefault\r\n"), (["ACL", "USERS"], "*1\r\n$7\r\ndefault\r\n"),
            (["ACL", "LIST"], "*1\r\n$34\r\nuser default on nopass ~* &* +@all\r\n"),
            (["ACL", "CAT", "nosuch"], "-ERR Unknown category 'nosuch'\r\n"),
            (
                ["ACL", "CAT", "a", "b"],
                "-ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP.\r\n"
            ),
            (["ACL", "GETUSER", "nosuch"], "$-1\r\n"), (["ACL", "LOG"], "*0\r\n"), (["ACL", "LOG", "-1"], "*0\r\n"),
            (["ACL", "LOG", "reset"], "+OK\r\n"),
            (["ACL", "LOG", "x"], "-ERR value is not an integer or out of range\r\n"),
            (["ACL", "DRYRUN", "default", "get", "k"], "+OK\r\n"),
            (["ACL", "DRYRUN", "nosuch", "get", "k"], "-ERR User 'nosuch' not found\r\n"),
            (["ACL", "DRYRUN", "default", "nosuch", "k"], "-ERR Command 'nosuch' not found\r\n"),
            (["ACL", "DRYRUN", "default", "get"], "-ERR wrong number of arguments for 'get' command\r\n"),
            (["ACL", "DELUSER", "default"], "-ERR The 'default' user cannot be removed\r\n"),
            (["ACL", "DELUSER", "nosuch"], ":0\r\n"),
            (["ACL", "GENPASS", "x"], "-ERR value is not an integer or out of range\r\n"),
        ])
    func accessControl(words: [String], reply: String) {
        #expect(replies(to: requestBytes(words)) == reply)
    }

    @Test("ACL GENPASS gives as many bits as asked for, in whole hexadecimal digits, and others each time")
    func passwords() {
        #expect(replies(to: request("ACL", "GENPASS")).hasPrefix("$64\r\n"))
        #expect(replies(to: request("ACL", "GENPASS", "5")).hasPrefix("$2\r\n"))
        #expect(replies(to: request("ACL", "GENPASS")) != replies(to: request("ACL", "GENPASS")))
        #expect(replies(to: request("ACL", "GENPASS", "4097")).hasPrefix("-ERR ACL GENPASS argument must be"))
    }

    @Test("LOLWUT ends with the version, in whatever form")
    func lolwut() {
        #expect(replies(to: request("LOLWUT")).hasSuffix("\nRedis ver. 7.4.0\n\r\n"))
        #expect(replies(to: request("LOLWUT", "VERSION", "5", "1", "1", "1")).hasPrefix("$"))
        #expect(replies(to: request("LOLWUT", "VERSION", "x")) == "-ERR value is not an integer or out of range\r\n")
    }

    @Test("MEMORY tells what is on the heap, in Redis's words for it")
    func memory() {
        var facts = ServerFacts()
        facts.usedMemoryBytes = 4_000
        facts.startupMemoryBytes = 1_000
        facts.residentMemoryBytes = 9_000
        let stats = written(.resp3) { facts.writeMemory(to: &$0) }
        #expect(stats.hasPrefix("%27\r\n$14\r\npeak.allocated\r\n:4000\r\n$15\r\ntotal.allocated\r\n:4000\r\n"))
        #expect(stats.contains("$13\r\ndataset.bytes\r\n:3000\r\n"))
        #expect(facts.memoryDiagnosis.contains("nothing to worry about"))
        facts.heapMappedBytes = 1 << 30
        #expect(facts.memoryDiagnosis.contains("MEMORY PURGE"))
        #expect(replies(to: request("MEMORY", "PURGE")) == "+OK\r\n")
        #expect(replies(to: request("MEMORY", "DOCTOR")).hasPrefix("$"))
    }
}
