import Commands
import Datasets
import RESP
import ServerMetrics
import SessionSupport
import Storage
import Synchronization
import TestSupport
import Testing

/// A dense HyperLogLog without a stored count, which has seen `count` random elements.
private func counted(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    var value = Array("HYLL".utf8) + [UInt8](repeating: 0, count: 11) + [128] + [UInt8](repeating: 0, count: 12_288)
    for _ in 0..<count {
        // Small registers fit the lowest of six bits, which is all that these need.
        let register = random.pick(0...16_383)
        value[16 + register * 6 / 8] |= 1 << (register * 6 % 8)
    }
    return value
}

private func integer(_ reply: String) -> Int? { Int(reply.dropFirst().dropLast(1)) }

@Suite struct ValueCommandTests {
    private static let keys: [String: String] = [
        "k": "value", "n": "42", "bits": "\u{00}\u{ff}\u{f0}", "a": "ohmytext", "b": "mynewtext", "empty": "",
    ]
    private static let entries = Dictionary(
        uniqueKeysWithValues: keys.map { key, value in
            (Array(key.utf8), value.unicodeScalars.map { UInt8($0.value) })
        })

    private func world(cold: Bool = false) -> SessionWorld {
        var behaviour = MemoryEngine.Behaviour()
        if cold {
            behaviour.coldKeys = Set(Self.entries.keys)
            behaviour.warmsOnRead = false
        }
        return SessionWorld([Self.entries], behaviour: behaviour)
    }

    @Test("Requests are answered in Redis's words, resident or from the disk", arguments: recordedValueReplies)
    func recorded(sent: String, resp2: String, resp3: String) {
        let bytes = requestBytes(sent.split(separator: " ").map(String.init))
        for isCold in [false, true] {
            #expect(world(cold: isCold).replies(to: bytes) == resp2)
            let both = world(cold: isCold).replies(to: request("HELLO", "3"), bytes)
            let hello = world(cold: isCold).replies(to: request("HELLO", "3"))
            #expect(both == hello + (resp3.isEmpty ? resp2 : resp3))
        }
    }

    @Test("All of them sent at once have the same replies at any pace", arguments: 1...12)
    func anyPace(seed: UInt64) {
        let requests = recordedValueReplies.flatMap { requestBytes($0.request.split(separator: " ").map(String.init)) }
        let replies = recordedValueReplies.map(\.resp2).joined()
        #expect(world(cold: seed.isMultiple(of: 2)).replies(to: requests, pace: .random(seed: seed)) == replies)
    }

    @Test("A transaction takes the replies of values into its array")
    func transaction() {
        let replies = world().replies(
            to: request("MULTI"), request("BITCOUNT", "bits"), request("PFCOUNT", "k"), request("LCS", "a", "b"),
            request("EXEC"))
        #expect(
            replies == "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n:12\r\n"
                + "-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n" + bulkText("mytext"))
    }

    // MARK: What is left to a reader

    @Test("What takes long is computed by a reader, once, between the replies around it")
    func longValues() {
        let long = [UInt8](repeating: 1, count: 1 << 20)
        let world = SessionWorld([[Array("long".utf8): long, Array("k".utf8): Array("v".utf8)]])
        let driver = SessionDriver(world.versions, pace: .prompt)
        let client = driver.clients[0]
        let requests = [["GET", "k"], ["BITCOUNT", "long"], ["BITPOS", "long", "1"], ["STRLEN", "long"]]
        for request in requests { client.send(requestBytes(request)) }
        driver.turn()
        guard case .job = client.session.need else {
            Issue.record("the loop counted a million bytes itself")
            return
        }
        #expect(driver.run())
        #expect(text(client.received) == "$1\r\nv\r\n:1048576\r\n:7\r\n:1048576\r\n")
        #expect(driver.context.metrics.keyspaceHits.total == 4)
        #expect(driver.context.metrics.keyspaceMisses.total == 0)
    }

    @Test("What takes no time is answered by the loop however long the value is")
    func longValuesAtOnce() {
        let world = SessionWorld([[Array("long".utf8): [UInt8](repeating: 1, count: 1 << 20)]])
        let driver = SessionDriver(world.versions, pace: .prompt)
        let client = driver.clients[0]
        let requests = [
            ["GETBIT", "long", "8388607"], ["BITCOUNT", "long", "1000", "1999"], ["BITPOS", "long", "0", "-9"],
            ["BITFIELD_RO", "long", "GET", "u16", "0"], ["OBJECT", "ENCODING", "long"], ["MEMORY", "USAGE", "long"],
            ["OBJECT", "IDLETIME", "long"],
        ]
        for request in requests { client.send(requestBytes(request)) }
        driver.turn()
        guard case .nothing = client.session.need else {
            Issue.record("a reader was asked")
            return
        }
        #expect(driver.run())
        #expect(
            text(client.received)
                == ":1\r\n:1000\r\n:8388536\r\n*1\r\n:257\r\n" + bulkText("raw") + ":1310768\r\n:0\r\n")
    }

    @Test("Many replies that each take a little are made over several turns")
    func manyComputations() {
        let world = SessionWorld([[Array("k".utf8): [UInt8](repeating: 1, count: 200_000)]])
        let driver = SessionDriver(world.versions, pace: .prompt)
        let client = driver.clients[0]
        for _ in 0..<50 { client.send(request("BITCOUNT", "k")) }
        driver.turn()
        #expect(!client.received.isEmpty || driver.turns == 1)
        #expect(driver.run())
        #expect(text(client.received) == String(repeating: ":200000\r\n", count: 50))
        #expect(driver.turns > 8, "one turn did it all")
    }

    @Test("PFCOUNT over more keys than a turn may take sees each of them, and as few at once as over three")
    func manyKeys() throws {
        var entries: [[UInt8]: [UInt8]] = [:]
        for number in 0..<700 where !number.isMultiple(of: 7) {
            entries[Array("hll:\(number)".utf8)] = counted(20, seed: UInt64(number))
        }
        let world = SessionWorld([entries])
        let driver = SessionDriver(world.versions, pace: .prompt)
        let client = driver.clients[0]
        client.send(request("PING") + requestBytes(["PFCOUNT"] + (0..<700).map { "hll:\($0)" }) + request("PING"))
        #expect(driver.run())
        let reply = text(client.received)
        #expect(reply.hasPrefix("+PONG\r\n:") && reply.hasSuffix("\r\n+PONG\r\n"))
        let count = try #require(integer(String(reply.dropFirst(6).dropLast(6))))
        // Twelve thousand registers or so of value 1 say that at least so many elements were seen.
        #expect((8_000...14_000).contains(count))
        #expect(driver.context.metrics.keyspaceHits.total == 600)
        #expect(driver.context.metrics.keyspaceMisses.total == 100)

        // The union of few is the union of the same among many.
        let few = world.replies(to: requestBytes(["PFCOUNT", "hll:1", "hll:2", "hll:3"]))
        let padded = requestBytes(["PFCOUNT", "hll:1", "hll:2", "hll:3"] + (0..<400).map { "none:\($0)" })
        #expect(world.replies(to: padded) == few)
        let cold = SessionWorld([entries], behaviour: Self.cold(entries))
        #expect(cold.replies(to: padded) == few)
        #expect(cold.replies(to: requestBytes(["PFCOUNT", "hll:1", "hll:2", "hll:3"])) == few)
    }

    @Test("The first key that is no HyperLogLog ends a PFCOUNT over many")
    func wrongKeyAmongMany() {
        let entries = [Array("k".utf8): Array("text".utf8)]
        let driver = SessionDriver(SessionWorld([entries]).versions, pace: .prompt)
        let client = driver.clients[0]
        client.send(requestBytes(["PFCOUNT"] + (0..<100).map { "none:\($0)" } + ["k"] + (0..<900).map { "none:\($0)" }))
        #expect(driver.run())
        #expect(text(client.received) == "-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n")
        #expect(driver.context.metrics.errorReplies.total == 1)
        #expect(driver.context.metrics.keyspaceMisses.total < 200)
    }

    @Test("Values larger together than a reader holds at once are compared all the same")
    func twoLongColdValues() {
        let entries = [Array("a".utf8): [UInt8](repeating: 1, count: 5 << 20), Array("b".utf8): [1, 2, 1]]
        let world = SessionWorld([entries], behaviour: Self.cold(entries))
        #expect(world.replies(to: request("LCS", "a", "b", "LEN"), request("LCS", "b", "a", "LEN")) == ":2\r\n:2\r\n")
        #expect(
            world.replies(to: request("LCS", "a", "a", "LEN"), request("PING"))
                == "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n+PONG\r\n")
    }

    @Test("Damage is an error, whoever finds it", arguments: [2, 5, 300])
    func damage(keyCount: Int) {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.damagedKeys = [Array("k".utf8)]
        for isCold in [false, true] {
            if isCold { behaviour.coldKeys = [Array("k".utf8)] }
            let world = SessionWorld([Self.entries], behaviour: behaviour)
            let keys = (1..<keyCount).map { "none:\($0)" } + ["k"]
            let replies = world.replies(to: requestBytes(["PFCOUNT"] + keys), request("DUMP", "k"), request("PING"))
            #expect(replies == damagedText + damagedText + "+PONG\r\n")
        }
    }

    @Test("A reader stops working on many keys once nobody waits for the reply")
    func cancelled() {
        let looked = Atomic<Int>(0)
        var behaviour = MemoryEngine.Behaviour()
        behaviour.beforeDiskRead = { _ in looked.add(1, ordering: .relaxed) }
        let driver = SessionDriver(SessionWorld([[:]], behaviour: behaviour).versions, pace: .prompt)
        let session = driver.clients[0].session
        driver.clients[0].send(requestBytes(["PFCOUNT"] + (0..<5_000).map { "none:\($0)" }))
        driver.turn()
        guard case .job(let job) = session.need else {
            Issue.record("the loop looked five thousand keys up itself")
            return
        }
        #expect(!job.runSlice())
        #expect((1...500).contains(looked.load(ordering: .relaxed)))
        let before = looked.load(ordering: .relaxed)
        job.cancel()
        #expect(job.runSlice())
        #expect(looked.load(ordering: .relaxed) == before)
    }

    private static func cold(_ entries: [[UInt8]: [UInt8]]) -> MemoryEngine.Behaviour {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.coldKeys = Set(entries.keys)
        behaviour.warmsOnRead = false
        return behaviour
    }
}
