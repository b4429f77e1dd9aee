import Commands
import SessionSupport
import Storage
import TestSupport
import Testing

@Suite struct SessionOutputTests {
    private static let mebibyte = 1 << 20

    private func slowPace(_ drainBytes: Int) -> SessionDriver.Pace {
        var pace = SessionDriver.Pace()
        pace.drainBytes = drainBytes
        return pace
    }

    @Test("Values of several MiB reach a slow client whole, one at a time", arguments: [false, true])
    func largeValues(isCold: Bool) {
        var entries: [[UInt8]: [UInt8]] = [:]
        var random = SeededRandom(seed: 3)
        for number in 0..<4 {
            entries[[UInt8(number)]] = [UInt8](repeating: random.bytes(1)[0], count: 3 << 20)
        }
        var behaviour = MemoryEngine.Behaviour()
        if isCold {
            behaviour.coldKeys = Set(entries.keys)
            behaviour.warmsOnRead = false
        }
        let world = SessionWorld([entries], behaviour: behaviour)
        let driver = SessionDriver(world.versions, pace: slowPace(700_000))
        let client = driver.clients[0]
        let keys = (0..<4).map { [UInt8($0)] }
        var model = SessionModel(world.databases)
        var expected: [UInt8] = []
        let requests = keys.map { [Array("GET".utf8), $0] } + [[Array("MGET".utf8)] + keys] + [[Array("PING".utf8)]]
        for request in requests {
            client.send(RandomScript.encoded(request))
            expected += model.reply(to: request)
        }
        #expect(driver.run())
        #expect(client.received == expected)
        #expect(client.replyBytesMax <= Session.outputBytesSoftMax + (3 << 20) + 64)
        #expect(driver.turns > 15, "the client was waited for")
    }

    @Test("Small values fill the output up to its bound and no further")
    func manyValues() {
        let world = SessionWorld(text: ["k": String(repeating: "v", count: 10_000)])
        let driver = SessionDriver(world.versions, pace: slowPace(50_000))
        let client = driver.clients[0]
        for _ in 0..<2 { client.send(requestBytes(["MGET"] + (0..<600).map { _ in "k" })) }
        #expect(driver.run())
        let reply = "*600\r\n" + String(repeating: bulkText(String(repeating: "v", count: 10_000)), count: 600)
        #expect(client.received.count == reply.utf8.count * 2)
        #expect(client.received.elements(are: reply, times: 2))
        #expect(client.replyBytesMax <= Session.outputBytesSoftMax + 10_100)
    }

    @Test("Long replies that need no look-up are bounded too", arguments: ["COMMAND", "COMMAND DOCS", "ECHO"])
    func literals(name: String) throws {
        let words =
            name == "ECHO"
            ? ["ECHO", String(repeating: "x", count: 200_000)] : name.split(separator: " ").map(String.init)
        let world = SessionWorld(text: [:])
        let single = world.replies(to: requestBytes(words))
        let driver = SessionDriver(world.versions, pace: slowPace(Self.mebibyte))
        let client = driver.clients[0]
        for _ in 0..<40 { client.send(requestBytes(words)) }
        #expect(driver.run())
        #expect(client.received.elements(are: single, times: 40))
        #expect(client.replyBytesMax <= 2 * Session.outputBytesSoftMax + single.utf8.count)
    }

    @Test("What waits for a slow client keeps its place between what was sent and what comes later")
    func order() {
        let large = String(repeating: "v", count: 1_100_000)
        let world = SessionWorld(text: ["big": large, "k": "v"])
        let requests = request("GET", "big") + request("PING") + request("GET", "k") + request("HELLO", "3")
        let more =
            request("GET", "big") + request("GET", "none") + request("KEYS", "k") + request("QUIT") + request("PING")
        var pace = slowPace(300_000)
        pace.readsAhead = true
        pace.readBytesMax = 50
        let reply = world.replies(to: requests, more, pace: pace)
        #expect(reply == world.replies(to: requests, more))
        #expect(reply.hasPrefix(bulkText(large) + "+PONG\r\n$1\r\nv\r\n%9\r\n"))
        #expect(reply.hasSuffix(bulkText(large) + "_\r\n*1\r\n$1\r\nk\r\n+OK\r\n"))
    }
}

extension [UInt8] {
    /// Whether these are the bytes of `text`, so many times.
    func elements(are text: String, times: Int) -> Bool {
        // All of these texts are ASCII; whole arrays compare fast.
        self == Array([[UInt8]](repeating: Array(text.utf8), count: times).joined())
    }
}
