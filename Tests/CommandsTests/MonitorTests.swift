import RESP
import SessionSupport
import Synchronization
import TestSupport
import Testing

@testable import Commands

@Suite struct MonitorTests {
    private static let world = SessionWorld(text: ["k": "v"])

    /// Two sessions, of which the second is a monitor; the lines of `requests` go to it as a loop hands them over.
    private func lines(of requests: [UInt8]..., prepare: [UInt8] = []) -> String {
        let driver = SessionDriver(Self.world.versions, clientCount: 2)
        let monitor = driver.clients[1]
        driver.context.unixMicroseconds = { 1_795_000_000_000_042 }
        driver.context.addressOfClient = { "127.0.0.1:\($0)" }
        driver.context.onMonitored = { [unowned session = monitor.session] lines in
            _ = session.takeMonitored(lines)
        }
        monitor.send(prepare + request("MONITOR"))
        #expect(driver.run())
        for request in requests {
            driver.clients[0].send(request)
            #expect(driver.run())
            driver.context.passOnMonitored()
            #expect(driver.run())
        }
        return text(monitor.received)
    }

    private func line(_ arguments: String, database: Int = 0) -> String {
        "+1795000000.000042 [\(database) 127.0.0.1:1] \(arguments)\r\n"
    }

    @Test("A line has time, database, address and arguments, and what may not be printed as Redis writes it")
    func form() {
        let odd: [UInt8] = [0, 7, 8, 9, 10, 13, 31, 32, 34, 92, 126, 127, 255]
        let sent = requestBytes(["get", odd.map { "\(Unicode.Scalar($0))" }.joined()])
        #expect(
            lines(of: sent) == "+OK\r\n" + line(#""get" "\x00\a\b\t\n\r\x1f \"\\~\x7f\xff""#))
    }

    @Test("What is run by EXEC comes before it, and what is refused or administrative not at all")
    func order() {
        let sent =
            request("MULTI") + request("GET", "k") + request("SELECT", "0") + request("Exec") + request("NOSUCH")
            + request("GET") + request("SET", "a", "b") + request("CONFIG", "GET", "x") + request("PING")
        #expect(
            lines(of: sent) == "+OK\r\n" + line(#""MULTI""#) + line(#""GET" "k""#) + line(#""SELECT" "0""#)
                + line(#""Exec""#) + line(#""PING""#))
    }

    @Test("Passwords are not shown")
    func secrets() {
        let sent =
            request("AUTH", "pass") + request("auth", "me", "pass")
            + request("HELLO", "2", "SETNAME", "n", "AUTH", "me", "pass")
        #expect(
            lines(of: sent) == "+OK\r\n" + line(#""AUTH" "(redacted)""#) + line(#""auth" "(redacted)" "(redacted)""#)
                + line(#""HELLO" "2" "SETNAME" "n" "AUTH" "(redacted)" "(redacted)""#))
    }

    @Test("Very long requests are cut")
    func cuts() {
        let long = String(repeating: "x", count: 20_000)
        let shown = String(repeating: "x", count: 16 << 10)
        #expect(lines(of: request("ECHO", long)) == "+OK\r\n" + line("\"ECHO\" \"\(shown)... (3616 more bytes)\""))
        let many = lines(of: requestBytes(["EXISTS"] + (0..<2_000).map { "\($0)" }))
        #expect(many.hasSuffix("\"1022\" \"... (977 more arguments)\"\r\n"))
    }

    @Test("A client that wants no replies is shown nothing")
    func muted() {
        #expect(lines(of: request("PING"), prepare: request("CLIENT", "REPLY", "OFF")) == "")
    }

    @Test("A monitor may not read, is one until RESET, and counts while it is one")
    func life() {
        let driver = SessionDriver(Self.world.versions)
        let server = driver.context.server
        let client = driver.clients[0]
        client.send(request("MONITOR") + request("MONITOR") + request("GET", "k") + request("DBSIZE"))
        #expect(driver.run())
        #expect(server.monitors.isActive && client.session.isMonitor && client.session.isListening)
        #expect(client.session.facts.line.contains("flags=O "))
        let refused = "-ERR Replica can't interact with the keyspace\r\n"
        #expect(text(client.received) == "+OK\r\n" + refused + refused)
        client.send(request("RESET") + request("GET", "k"))
        #expect(driver.run())
        #expect(!server.monitors.isActive && !client.session.takeMonitored([1]))
        #expect(text(client.received).hasSuffix("+RESET\r\n$1\r\nv\r\n"))
    }

    @Test("Whoever may not watch any more is shown nothing more, and is sent away")
    func revoked() {
        let driver = SessionDriver(Self.world.versions, clientCount: 2)
        let watcher = driver.clients[1]
        driver.clients[0].send(request("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*"))
        #expect(driver.run())
        watcher.send(request("AUTH", "u", "x") + request("MONITOR"))
        #expect(driver.run())
        driver.clients[0].send(request("ACL", "SETUSER", "u", "resetkeys", "-get", "+monitor"))
        #expect(driver.run())
        #expect(watcher.session.takeMonitored(Array("+seen\r\n".utf8)))
        driver.clients[0].send(request("ACL", "SETUSER", "u", "-monitor"))
        #expect(driver.run())
        #expect(!watcher.session.takeMonitored(Array("+unseen\r\n".utf8)))
        #expect(watcher.session.isRevoked && watcher.session.isEnding)
        #expect(driver.run())
        #expect(!text(watcher.received).contains("unseen"))
    }

    @Test("A transaction cannot make a monitor")
    func transaction() {
        let reply = Self.world.replies(to: request("MULTI") + request("MONITOR") + request("EXEC"))
        #expect(reply.hasSuffix("*1\r\n-ERR MONITOR isn't allowed for DENY BLOCKING client\r\n"))
    }

    @Test("Lines are handed over before they fill the memory")
    func handOver() {
        let driver = SessionDriver(Self.world.versions)
        var handed: [Int] = []
        driver.context.onMonitored = { handed.append($0.count) }
        driver.context.isMonitored = true
        let big = String(repeating: "y", count: 16_000)
        for _ in 0..<40 { driver.clients[0].send(request("ECHO", big)) }
        #expect(driver.run())
        #expect(handed.count == 2 && handed.allSatisfy { $0 < 300_000 })
    }

    @Test("One request in so many is taken as an example, also of GETs in a row")
    func samples() {
        let driver = SessionDriver(Self.world.versions)
        driver.context.sample(oneIn: 10)
        for _ in 0..<95 { driver.clients[0].send(request("GET", "k")) }
        #expect(driver.run())
        #expect(!driver.context.takeSampled().isEmpty)
        for _ in 0..<20 {
            driver.clients[0].send(request("EXISTS", "a", "b", "c"))
            #expect(driver.run())
        }
        let taken = driver.context.takeSampled()
        #expect(taken.count == 2 && taken.allSatisfy { $0.keyCount == 3 && $0.sessionID == 1 })
        driver.context.sample(oneIn: 0)
        driver.clients[0].send(request("GET", "k"))
        #expect(driver.run())
        #expect(driver.context.takeSampled().isEmpty)
    }

    @Test(
        "DATASET HOTKEYS is of the selected dataset or the one named, and of as many keys as wanted",
        arguments: [
            ([], "0 10"), (["COUNT", "3"], "0 3"), (["v1"], "1 10"), (["v1", "count", "2"], "1 2"),
            (["nosuch"], nil), (["COUNT", "0"], nil), (["COUNT", "1001"], nil), (["COUNT", "x"], nil),
            (["v1", "LIMIT", "2"], nil), (["v0", "COUNT", "2", "x"], nil),
        ])
    func hotKeys(words: [String], asked: String?) {
        let world = SessionWorld([[:], [:]])
        let requests = Mutex<[String]>([])
        let reply = world.replies(to: requestBytes(["DATASET", "HOTKEYS"] + words)) { driver in
            driver.context.server.hotKeySource = { database, count in
                requests.withLock { $0.append("\(database) \(count)") }
                return [HotKey(key: Array("k".utf8), share: 0.123456, perSecond: 1_234.56)]
            }
        }
        if let asked {
            #expect(requests.withLock { $0 } == [asked])
            #expect(
                reply == "*1\r\n*6\r\n$3\r\nkey\r\n$1\r\nk\r\n$5\r\nshare\r\n$6\r\n0.1235\r\n$10\r\nper-second\r\n"
                    + "$6\r\n1234.6\r\n")
        } else {
            #expect(reply.hasPrefix("-ERR "))
            #expect(requests.withLock { $0.isEmpty })
        }
    }
}
