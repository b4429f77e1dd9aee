import Commands
import Datasets
import SessionSupport
import Storage
import TestSupport
import Testing

@Suite struct TrackingTests {
    private static let invalidation = ">2\r\n$10\r\ninvalidate\r\n_\r\n"
    private static let world = SessionWorld(text: ["k": "v"])

    private static func version(_ number: Int, coldKeys: Set<[UInt8]> = []) -> DatasetVersion {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.coldKeys = coldKeys
        let entries = Dictionary(uniqueKeysWithValues: (0..<600).map { ("key:\($0)", "\(number)") })
        return DatasetVersion(id: "\(number)", engine: MemoryEngine(text: entries, behaviour: behaviour))
    }

    /// Inline requests, and what redis-server 7.0.15 replies to them; a line each.
    private static let recorded: [(request: String, reply: String)] = [
        ("CLIENT TRACKINGINFO", "*6|$5|flags|*1|$3|off|$8|redirect|:-1|$8|prefixes|*0|"),
        ("CLIENT GETREDIR", ":-1|"),
        ("CLIENT TRACKING", "-ERR wrong number of arguments for 'client/tracking' command|"),
        ("CLIENT TRACKING maybe", "-ERR syntax error|"),
        ("CLIENT TRACKING on redirect", "-ERR syntax error|"),
        ("CLIENT TRACKING on redirect x", "-ERR value is not an integer or out of range|"),
        ("CLIENT TRACKING on redirect 999", "-ERR The client ID you want redirect to does not exist|"),
        ("CLIENT TRACKING on redirect 1 redirect 1", "-ERR A client can only redirect to a single other client|"),
        ("CLIENT TRACKING on optin optout", "-ERR You can't specify both OPTIN mode and OPTOUT mode|"),
        ("CLIENT TRACKING on bcast optin", "-ERR OPTIN and OPTOUT are not compatible with BCAST|"),
        ("CLIENT TRACKING on prefix a", "-ERR PREFIX option requires BCAST mode to be enabled|"),
        (
            "CLIENT TRACKING on bcast prefix a prefix ab",
            "-ERR Prefix 'a' overlaps with another provided prefix 'ab'. "
                + "Prefixes for a single client must not overlap.|"
        ),
        (
            "CLIENT TRACKING on bcast prefix xyz prefix ab prefix x prefix a prefix xy",
            "-ERR Prefix 'xyz' overlaps with another provided prefix 'x'. "
                + "Prefixes for a single client must not overlap.|"
        ),
        ("CLIENT CACHING yes", "\(notTracking)|"),
        ("CLIENT TRACKING on bcast prefix b prefix a noloop", "+OK|"),
        (
            "CLIENT TRACKINGINFO",
            "*6|$5|flags|*3|$2|on|$5|bcast|$6|noloop|$8|redirect|:0|$8|prefixes|*2|$1|a|$1|b|"
        ),
        (
            "CLIENT TRACKING on bcast prefix abc",
            "-ERR Prefix 'abc' overlaps with an existing prefix 'a'. Prefixes for a single client must not overlap.|"
        ),
        (
            "CLIENT TRACKING on bcast prefix c prefix a",
            "-ERR Prefix 'a' overlaps with an existing prefix 'a'. Prefixes for a single client must not overlap.|"
        ),
        (
            "CLIENT TRACKING on bcast prefix c prefix cc prefix a",
            "-ERR Prefix 'c' overlaps with another provided prefix 'cc'. "
                + "Prefixes for a single client must not overlap.|"
        ),
        ("CLIENT TRACKING on bcast noloop", "+OK|"),
        ("CLIENT TRACKING on bcast noloop", "+OK|"),
        (
            "CLIENT TRACKINGINFO",
            "*6|$5|flags|*3|$2|on|$5|bcast|$6|noloop|$8|redirect|:0|$8|prefixes|*3|$0||$1|a|$1|b|"
        ),
        (
            "CLIENT TRACKING on bcast prefix bb",
            "-ERR Prefix 'bb' overlaps with an existing prefix ''. Prefixes for a single client must not overlap.|"
        ),
        (
            "CLIENT TRACKING on",
            "-ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling "
                + "it with a different mode.|"
        ),
        ("CLIENT CACHING yes", "-ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.|"),
        ("CLIENT CACHING maybe", "-ERR syntax error|"),
        ("CLIENT TRACKING off", "+OK|"),
        ("CLIENT TRACKING on optin", "+OK|"),
        (
            "CLIENT TRACKING on optout",
            "-ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling "
                + "it with a different mode.|"
        ),
        ("CLIENT CACHING no", "-ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.|"),
        ("CLIENT CACHING yes", "+OK|"),
        (
            "CLIENT TRACKINGINFO",
            "*6|$5|flags|*3|$2|on|$5|optin|$11|caching-yes|$8|redirect|:0|$8|prefixes|*0|"
        ),
        ("PING", "+PONG|"),
        ("CLIENT TRACKINGINFO", "*6|$5|flags|*2|$2|on|$5|optin|$8|redirect|:0|$8|prefixes|*0|"),
        ("CLIENT GETREDIR", ":0|"),
        ("RESET", "+RESET|"),
        ("CLIENT GETREDIR", ":-1|"),
    ]

    private static let notTracking =
        "-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"

    @Test("Options, their conflicts and what is told of them are Redis's to the byte", arguments: 0...4)
    func recordedReplies(seed: UInt64) {
        let requests = Self.recorded.map { $0.request + "\r\n" }.joined()
        let replies = Self.recorded.map(\.reply).joined().replacing("|", with: "\r\n").replacing("/", with: "|")
            .replacing("on|off", with: "on/off").replacing("OPTIN|OPTOUT mode before", with: "OPTIN/OPTOUT mode before")
        let pace = seed == 0 ? SessionDriver.Pace.prompt : .random(seed: seed)
        #expect(Self.world.replies(to: Array(requests.utf8), pace: pace) == replies)
    }

    @Test(
        "Another version is told of once, in every mode",
        arguments: ["", "OPTIN", "OPTOUT", "NOLOOP", "BCAST", "BCAST PREFIX a PREFIX b"])
    func everyMode(options: String) {
        let driver = SessionDriver([Self.version(1)])
        let client = driver.clients[0]
        client.send(Array("HELLO 3\r\nCLIENT TRACKING ON \(options)\r\n".utf8))
        #expect(driver.run())
        let before = client.received.count
        driver.swap(to: [Self.version(2)])
        driver.swap(to: [Self.version(3)])
        client.send(request("GET", "key:1"))
        #expect(driver.run())
        #expect(text(Array(client.received[before...])) == Self.invalidation + bulkText("3"))
    }

    @Test("Nobody is told who does not track, or who stopped, or who speaks RESP2 and names nobody else")
    func untold() {
        for requests in ["HELLO 3", "HELLO 3\r\nCLIENT TRACKING ON\r\nCLIENT TRACKING OFF", "CLIENT TRACKING ON"] {
            let driver = SessionDriver([Self.version(1)])
            let client = driver.clients[0]
            client.send(Array((requests + "\r\n").utf8))
            #expect(driver.run())
            let before = client.received.count
            driver.swap(to: [Self.version(2)])
            client.send(request("GET", "key:1"))
            #expect(driver.run())
            #expect(text(Array(client.received[before...])) == bulkText("2"))
        }
    }

    @Test("No reply of a version before follows the message, at any pace", arguments: 1...24)
    func order(seed: UInt64) throws {
        let cold = Set((0..<600).filter { $0 % 5 == 0 }.map { Array("key:\($0)".utf8) })
        let pace = SessionDriver.Pace.random(seed: seed, readBytesMin: 4_000)
        let driver = SessionDriver([Self.version(0, coldKeys: cold)], pace: pace)
        let client = driver.clients[0]
        var swaps = 0
        driver.beforeTurn = { [unowned driver] turn in
            guard turn % 3 == 2, swaps < 40 else { return }
            swaps += 1
            driver.swap(to: [Self.version(swaps, coldKeys: cold)])
        }
        client.send(request("HELLO", "3") + request("CLIENT", "TRACKING", "ON"))
        let mget = requestBytes(["MGET"] + (0..<600).map { "key:\($0)" })
        for number in 0..<300 {
            client.send(request("GET", "key:\(number)"))
            if number % 50 == 9 { client.send(mget) }
            if number % 40 == 7 {
                client.send(request("MULTI") + request("GET", "key:1") + mget + request("EXEC"))
            }
        }
        #expect(driver.run())
        #expect(swaps > 5)
        var told = 0
        var latest = -1
        var latestToldAfter = -1
        for reply in try ReplyChecker.replies(in: client.received) {
            if text(reply) == Self.invalidation {
                told += 1
                latestToldAfter = latest
                continue
            }
            let values = Set(text(reply).split(separator: "\r\n").compactMap { Int($0) })
            guard !values.isEmpty, text(reply).hasPrefix("$") || text(reply).hasPrefix("*") else { continue }
            #expect(values.count == 1, "values of several versions: \(values)")
            let value = values.first ?? -1
            #expect(value >= latest)
            // A newer value only behind a message, and behind a message only newer values.
            if value > latest, latest >= 0 { #expect(told > 0) }
            if told > 0, latestToldAfter == latest { #expect(value > latestToldAfter) }
            if value > latest { #expect(latest < 0 || latestToldAfter == latest) }
            latest = value
        }
        #expect(told > 3)
    }

    @Test("What a transaction reads from a version replaced meanwhile is told of, also where tracking began in it")
    func trackingBegunInTransaction() throws {
        let driver = SessionDriver([Self.version(0)])
        let client = driver.clients[0]
        driver.beforeTurn = { [unowned driver] turn in
            // None after tracking has begun: what it is told of has come before.
            if turn < 40, !driver.clients[0].session.isTracking { driver.swap(to: [Self.version(turn + 1)]) }
        }
        client.send(request("HELLO", "3") + request("MULTI"))
        for number in 0..<300 { client.send(request("GET", "key:\(number)")) }
        client.send(request("CLIENT", "TRACKING", "ON") + request("GET", "key:1") + request("EXEC"))
        client.send(request("GET", "key:1"))
        #expect(driver.run())
        let replies = try ReplyChecker.replies(in: client.received).map { text($0) }
        let exec = try #require(replies.firstIndex { $0.hasPrefix("*302\r\n") })
        let cached = try #require(replies[exec].split(separator: "\r\n").last)
        let latest = try #require(replies.last?.split(separator: "\r\n").last)
        #expect(cached != latest)
        #expect(replies[(exec + 1)...].dropLast().contains(Self.invalidation))
    }

    @Test("A transaction whose last reply a job makes has no message inside its array")
    func transactionThatEndsInJob() throws {
        let driver = SessionDriver([Self.version(0)])
        let client = driver.clients[0]
        driver.beforeTurn = { [unowned driver] turn in
            if turn < 40 { driver.swap(to: [Self.version(turn + 1)]) }
        }
        client.send(request("HELLO", "3") + request("CLIENT", "TRACKING", "ON") + request("MULTI"))
        for number in 0..<300 { client.send(request("GET", "key:\(number)")) }
        client.send(request("RANDOMKEY") + request("EXEC") + request("PING"))
        #expect(driver.run())
        let replies = try ReplyChecker.replies(in: client.received).map { text($0) }
        let exec = try #require(replies.first { $0.hasPrefix("*301\r\n") })
        #expect(!exec.contains("invalidate"))
        #expect(replies.contains(Self.invalidation))
    }

    @Test("A client in RESP2 can have another one told, as a message if that one subscribes to anything")
    func redirection() {
        let driver = SessionDriver([Self.version(1)], clientCount: 3)
        driver.clients[1].send(request("SUBSCRIBE", "any"))
        driver.clients[2].send(request("HELLO", "3"))
        #expect(driver.run())
        driver.clients[0].send(request("CLIENT", "TRACKING", "ON", "REDIRECT", "2"))
        #expect(driver.run())
        var before = driver.clients.map(\.received.count)
        driver.swap(to: [Self.version(2)])
        #expect(driver.run())
        #expect(
            text(Array(driver.clients[1].received[before[1]...]))
                == "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n$-1\r\n")
        driver.clients[0].send(request("CLIENT", "TRACKING", "ON", "REDIRECT", "3"))
        #expect(driver.run())
        before = driver.clients.map(\.received.count)
        driver.swap(to: [Self.version(3)])
        #expect(driver.run())
        #expect(text(Array(driver.clients[2].received[before[2]...])) == Self.invalidation)
        #expect(driver.clients[0].received.count == before[0])
    }

    @Test("A client whose messages nobody can take any more is told so, in RESP3")
    func brokenRedirection() {
        let driver = SessionDriver([Self.version(1)], clientCount: 2)
        driver.clients[0].send(request("HELLO", "3") + request("CLIENT", "TRACKING", "ON", "REDIRECT", "2"))
        #expect(driver.run())
        driver.context.server.directory.remove(2)
        let before = driver.clients[0].received.count
        driver.swap(to: [Self.version(2)])
        driver.clients[0].send(request("CLIENT", "TRACKINGINFO"))
        #expect(driver.run())
        let received = text(Array(driver.clients[0].received[before...]))
        #expect(received.hasPrefix(">2\r\n$21\r\ntracking-redir-broken\r\n:2\r\n"))
        #expect(received.contains("$15\r\nbroken_redirect\r\n"))
    }

    /// `CLIENT TRACKING ON BCAST` with these prefixes.
    private static func broadcast(_ prefixes: [String]) -> [UInt8] {
        requestBytes(["CLIENT", "TRACKING", "ON", "BCAST"] + prefixes.flatMap { ["PREFIX", $0] })
    }

    @Test("A connection may have so many prefixes and so many bytes of them, which are counted, and no more")
    func prefixLimits() {
        let driver = SessionDriver(Self.world.versions)
        let client = driver.clients[0]
        let prefixes = (1_000..<5_096).map { "\($0)" }
        client.send(Self.broadcast(prefixes.dropLast()) + Self.broadcast(["a", "b"]) + Self.broadcast(["a"]))
        client.send(Self.broadcast(["b"]))
        #expect(driver.run())
        #expect(
            text(client.received) == "+OK\r\n-ERR too many prefixes\r\n+OK\r\n-ERR too many prefixes\r\n")
        #expect(client.session.bufferedBytes == 4_095 * 4 + 1)
        #expect(client.session.facts.trackingBytes == 4_095 * 4 + 1)
        #expect(client.session.facts.inputBytes == 0)
        client.send(request("CLIENT", "TRACKING", "OFF") + Self.broadcast(prefixes + ["a"]))
        client.send(Self.broadcast((0..<3).map { String(repeating: "\($0)", count: 500_000) }))
        #expect(driver.run())
        #expect(
            text(client.received).hasSuffix("+OK\r\n-ERR too many prefixes\r\n-ERR too many prefixes\r\n"))
        #expect(client.session.bufferedBytes == 0)
    }

    @Test("The overlap that is told of is the first in the order of the request", arguments: 1...40)
    func overlaps(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        func prefix() -> String { String((0..<random.pick(1...4)).map { _ in random.oneIn(2) ? "a" : "b" }) }
        func overlap(_ one: String, _ other: String) -> Bool { one.hasPrefix(other) || other.hasPrefix(one) }
        let driver = SessionDriver(Self.world.versions)
        let client = driver.clients[0]
        var existing: [String] = []
        for _ in 0..<20 {
            let added = (0..<random.pick(1...3)).map { _ in prefix() }
            var expected = "+OK\r\n"
            for (index, prefix) in added.enumerated() {
                let relation: (text: String, other: String)
                if let other = existing.sorted().first(where: { overlap($0, prefix) }) {
                    relation = ("an existing", other)
                } else if let other = added[(index + 1)...].first(where: { overlap($0, prefix) }) {
                    relation = ("another provided", other)
                } else {
                    continue
                }
                expected =
                    "-ERR Prefix '\(prefix)' overlaps with \(relation.text) prefix '\(relation.other)'. "
                    + "Prefixes for a single client must not overlap.\r\n"
                break
            }
            if expected == "+OK\r\n" { existing += added }
            let before = client.received.count
            client.send(Self.broadcast(added))
            #expect(driver.run())
            #expect(text(Array(client.received[before...])) == expected)
        }
    }
}
