import Commands
import SessionSupport
import Storage
import TestSupport
import Testing

private let context = "only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"

@Suite struct PubSubTests {
    private static let world = SessionWorld(text: ["k": "v"])

    /// Inline requests, and what redis-server 7.0.15 replies to them.
    private static let recorded: [(requests: String, replies: String)] = [
        (
            "SUBSCRIBE a b a|PING|PING x|GET k|GET|SUBSCRIBE|PSUBSCRIBE p*|SSUBSCRIBE s|PUNSUBSCRIBE|SUNSUBSCRIBE",
            "*3|$9|subscribe|$1|a|:1|*3|$9|subscribe|$1|b|:2|*3|$9|subscribe|$1|a|:2|*2|$4|pong|$0||*2|$4|pong|$1|x|"
                + "-ERR Can't execute 'get': \(context.replacing("|", with: "/pipe/"))|"
                + "-ERR wrong number of arguments for 'get' command|"
                + "-ERR wrong number of arguments for 'subscribe' command|"
                + "*3|$10|psubscribe|$2|p*|:3|*3|$10|ssubscribe|$1|s|:1|*3|$12|punsubscribe|$2|p*|:2|"
                + "*3|$12|sunsubscribe|$1|s|:0|"
        ),
        (
            "UNSUBSCRIBE|PUNSUBSCRIBE|SUNSUBSCRIBE|UNSUBSCRIBE x y|PING",
            "*3|$11|unsubscribe|$-1|:0|*3|$12|punsubscribe|$-1|:0|*3|$12|sunsubscribe|$-1|:0|"
                + "*3|$11|unsubscribe|$1|x|:0|*3|$11|unsubscribe|$1|y|:0|+PONG|"
        ),
        ("SUBSCRIBE a|RESET|PING|GET k", "*3|$9|subscribe|$1|a|:1|+RESET|+PONG|$1|v|"),
        ("SUBSCRIBE a|QUIT|PING", "*3|$9|subscribe|$1|a|:1|+OK|"),
        (
            "MULTI|SUBSCRIBE a|GET k|PING|EXEC|PING|MULTI|EXEC|CLIENT LIST",
            "+OK|+QUEUED|+QUEUED|+QUEUED|*3|*3|$9|subscribe|$1|a|:1|$1|v|*2|$4|pong|$0||*2|$4|pong|$0||"
                + "-ERR Can't execute 'multi': \(context.replacing("|", with: "/pipe/"))|"
                + "-EXECABORT Transaction discarded because of: Can't execute 'exec': "
                + "\(context.replacing("|", with: "/pipe/"))|"
                + "-ERR Can't execute 'client/pipe/list': \(context.replacing("|", with: "/pipe/"))|"
        ),
        (
            "SUBSCRIBE a|PSUBSCRIBE b|SSUBSCRIBE c|UNSUBSCRIBE a|PUNSUBSCRIBE b|GET k|SUNSUBSCRIBE c|GET k",
            "*3|$9|subscribe|$1|a|:1|*3|$10|psubscribe|$1|b|:2|*3|$10|ssubscribe|$1|c|:1|*3|$11|unsubscribe|$1|a|:1|"
                + "*3|$12|punsubscribe|$1|b|:0|-ERR Can't execute 'get': \(context.replacing("|", with: "/pipe/"))|"
                + "*3|$12|sunsubscribe|$1|c|:0|$1|v|"
        ),
        (
            "MULTI|SSUBSCRIBE a|PSUBSCRIBE p|EXEC|PUNSUBSCRIBE p|GET k|MULTI|SUNSUBSCRIBE a|EXEC",
            "+OK|+QUEUED|+QUEUED|*2|-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client|"
                + "*3|$10|psubscribe|$1|p|:1|*3|$12|punsubscribe|$1|p|:0|$1|v|"
                + "+OK|+QUEUED|*1|*3|$12|sunsubscribe|$1|a|:0|"
        ),
        ("MULTI|UNSUBSCRIBE|EXEC", "+OK|+QUEUED|*1|*3|$11|unsubscribe|$-1|:0|"),
        (
            "PUBSUB CHANNELS|PUBSUB NUMSUB|PUBSUB NUMSUB a b|PUBSUB NUMPAT|PUBSUB SHARDNUMSUB x|PUBSUB CHANNELS a b",
            "*0|*0|*4|$1|a|:0|$1|b|:0|:0|*2|$1|x|:0|"
                + "-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.|"
        ),
        (
            "PUBLISH a x|SPUBLISH a x",
            "-NOPERM only the server itself publishes messages here|"
                + "-NOPERM only the server itself publishes messages here|"
        ),
    ]

    private static func lines(_ text: String) -> String {
        text.replacing("|", with: "\r\n").replacing("/pipe/", with: "|")
    }

    @Test("Replies are Redis's to the byte, but for PUBLISH, at every pace", arguments: 0...8)
    func recordedReplies(seed: UInt64) {
        for (requests, replies) in Self.recorded {
            let pace = seed == 0 ? SessionDriver.Pace.prompt : .random(seed: seed)
            let reply = Self.world.replies(to: Array((Self.lines(requests) + "\r\n").utf8), pace: pace)
            #expect(reply == Self.lines(replies))
        }
    }

    @Test("In RESP3 a subscriber may ask anything, and confirmations are pushes")
    func resp3() {
        let reply = Self.world.replies(
            to: request("HELLO", "3") + request("SUBSCRIBE", "a", "b") + request("PING") + request("GET", "k")
                + request("UNSUBSCRIBE", "b", "z") + request("PUNSUBSCRIBE") + request("HELLO", "2")
                + request("GET", "k") + request("PING"))
        let replies = Self.lines(
            "$2|v0|>3|$9|subscribe|$1|a|:1|>3|$9|subscribe|$1|b|:2|+PONG|$1|v|>3|$11|unsubscribe|$1|b|:1|"
                + ">3|$11|unsubscribe|$1|z|:1|>3|$12|punsubscribe|_|:1|*14|")
        #expect(reply.contains(replies))
        #expect(
            reply.hasSuffix(
                Self.lines("-ERR Can't execute 'get': \(context.replacing("|", with: "/pipe/"))|*2|$4|pong|$0||")))
    }

    @Test("A message comes once for its channel and once for each pattern, in either protocol")
    func messages() {
        for version in ["2", "3"] {
            let driver = SessionDriver(Self.world.versions)
            let client = driver.clients[0]
            client.send(
                request("HELLO", version) + request("SUBSCRIBE", "a") + request("PSUBSCRIBE", "?", "b*", "a*")
                    + request("SSUBSCRIBE", "a"))
            #expect(driver.run())
            let start = client.received.count
            #expect(client.session.take(channel: Array("a".utf8), message: Array("hello".utf8)))
            #expect(!client.session.take(channel: Array("other".utf8), message: Array("hello".utf8)))
            #expect(client.session.isRunnable)
            #expect(driver.run())
            let marker = version == "2" ? "*" : ">"
            #expect(
                text(Array(client.received[start...]))
                    == Self.lines(
                        "\(marker)3|$7|message|$1|a|$5|hello|\(marker)4|$8|pmessage|$1|?|$1|a|$5|hello|"
                            + "\(marker)4|$8|pmessage|$2|a*|$1|a|$5|hello|"))
            #expect(client.session.pushBytes == 0)
        }
    }

    @Test("No message lands inside a reply, none is lost, and their order is kept", arguments: 1...40)
    func placesOfMessages(seed: UInt64) throws {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.coldKeys = Set(SessionWorld.usualKeys.enumerated().filter { $0.offset % 9 == 0 }.map(\.element))
        behaviour.warmsOnRead = seed % 2 == 0
        let world = SessionWorld(SessionWorld.usual, behaviour: behaviour)
        var random = SeededRandom(seed: seed)
        var requests: [[[UInt8]]] = []
        for _ in 0..<40 {
            let key = SessionWorld.usualKeys[random.pick(0...SessionWorld.usualKeys.count - 1)]
            let many = (0..<random.pick(1...900)).map { _ in
                SessionWorld.usualKeys[random.pick(0...SessionWorld.usualKeys.count - 1)]
            }
            switch random.pick(0...3) {
            case 0: requests.append([Array("GET".utf8), key])
            case 1: requests.append([Array("MGET".utf8)] + many)
            case 2: requests += [[Array("MULTI".utf8)], [Array("MGET".utf8)] + many, [Array("EXEC".utf8)]]
            default: requests.append([Array("EXISTS".utf8)] + many)
            }
        }
        let driver = SessionDriver(world.versions, pace: .random(seed: seed, readBytesMin: 1_000))
        let client = driver.clients[0]
        client.send(request("HELLO", "3") + request("SUBSCRIBE", "c"))
        #expect(driver.run())
        let start = client.received.count
        var model = SessionModel(world.databases)
        _ = model.reply(to: [Array("HELLO".utf8), Array("3".utf8)])
        var expected: [UInt8] = []
        for request in requests {
            client.send(RandomScript.encoded(request))
            expected += model.reply(to: request)
        }
        var published = 0
        driver.beforeTurn = { _ in
            guard random.oneIn(3), published < 200 else { return }
            #expect(client.session.take(channel: Array("c".utf8), message: Array("\(published)".utf8)))
            published += 1
        }
        #expect(driver.run())
        let replies = try ReplyChecker.replies(in: Array(client.received[start...]))
        let pushes = replies.filter { $0.first == UInt8(ascii: ">") }
        #expect(Array(replies.filter { $0.first != UInt8(ascii: ">") }.joined()) == expected)
        #expect(published > 0)
        #expect(
            pushes.map { text($0) }
                == (0..<published).map {
                    Self.lines(">3|$7|message|$1|c|$\("\($0)".count)|\($0)|")
                })
    }

    @Test("PUBSUB tells of the subscriptions of all connections, which end with them")
    func counts() {
        var driver: SessionDriver? = SessionDriver(Self.world.versions, clientCount: 3)
        let registry = driver?.context.server.subscriptions
        if let driver {
            driver.clients[0].send(request("SUBSCRIBE", "a", "b") + request("PSUBSCRIBE", "p*", "q*"))
            driver.clients[1].send(request("SUBSCRIBE", "a") + request("PSUBSCRIBE", "p*") + request("SSUBSCRIBE", "s"))
            #expect(driver.run())
            driver.clients[2].send(
                request("PUBSUB", "CHANNELS", "b*") + request("PUBSUB", "NUMSUB", "a", "b", "z")
                    + request("PUBSUB", "NUMPAT") + request("PUBSUB", "SHARDCHANNELS")
                    + request("PUBSUB", "SHARDNUMSUB", "s", "a") + request("INFO", "stats")
                    + request("CLIENT", "LIST", "TYPE", "pubsub"))
            #expect(driver.run())
            let reply = text(driver.clients[2].received)
            #expect(
                reply.hasPrefix(
                    Self.lines(
                        "*1|$1|b|*6|$1|a|:2|$1|b|:1|$1|z|:0|:2|*1|$1|s|*4|$1|s|:1|$1|a|:0|")))
            #expect(reply.contains("pubsub_channels:2\r\npubsub_patterns:2\r\npubsubshard_channels:1\r\n"))
            let clients = reply.split(separator: "\n").filter { $0.contains("id=") }
            #expect(clients.map { $0.contains(" flags=P ") } == [true, true])
            #expect(clients.first?.contains(" sub=2 psub=2 ssub=0 ") == true)
            #expect(clients.last?.contains(" sub=1 psub=1 ssub=1 ") == true)
        }
        #expect(registry?.isEmpty == false)
        driver = nil
        #expect(registry?.isEmpty == true)
    }

    @Test("A connection may have so many subscriptions and so many bytes of them, and no more")
    func limits() {
        let driver = SessionDriver(Self.world.versions)
        driver.clients[0].send(
            requestBytes(["SUBSCRIBE"] + (0..<4_096).map { "\($0)" }) + request("SUBSCRIBE", "7", "more")
                + request("UNSUBSCRIBE", "7") + request("SUBSCRIBE", "more"))
        #expect(driver.run())
        #expect(
            text(driver.clients[0].received).hasSuffix(
                Self.lines(
                    "*3|$9|subscribe|$1|7|:4096|-ERR too many subscriptions|*3|$11|unsubscribe|$1|7|:4095|"
                        + "*3|$9|subscribe|$4|more|:4096|")))
        let long = (0..<3).map { String(repeating: "\($0)", count: 500_000) }
        let reply = Self.world.replies(to: requestBytes(["SUBSCRIBE"] + long) + request("RESET"))
        #expect(reply.hasSuffix(Self.lines(":2|-ERR too many subscriptions|+RESET|")))
    }
}
