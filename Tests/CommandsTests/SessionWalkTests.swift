import Commands
import Datasets
import SessionSupport
import Storage
import TestSupport
import Testing

@Suite struct SessionWalkTests {
    private static let keys = (0..<321).map { "key:\($0)" } + ["", "other:1", "other:2", "a*b"]
    private let world = SessionWorld(text: Dictionary(uniqueKeysWithValues: keys.map { ($0, "v") }))

    /// A world whose engine walks in the order of keys, or else by position.
    private static func world(isOrdered: Bool, _ keys: [String] = keys) -> SessionWorld {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.isOrdered = isOrdered
        return SessionWorld(
            text: Dictionary(uniqueKeysWithValues: keys.map { ($0, "v") }), behaviour: behaviour)
    }

    /// The keys that a whole SCAN gives, page by page; `nil` where it does not end.
    private func walk(_ options: [String], on driver: SessionDriver) -> [[String]]? {
        var cursor = "0"
        var pages: [[String]] = []
        repeat {
            guard pages.count < 2_000, let page = page(cursor, options, on: driver) else { return nil }
            pages.append(page.keys)
            cursor = page.cursor
            guard let number = UInt64(cursor), number < 1 << 53 else { return nil }
        } while cursor != "0"
        return pages
    }

    private func page(_ cursor: String, _ options: [String], on driver: SessionDriver) -> (
        cursor: String, keys: [String]
    )? {
        let client = driver.clients[0]
        let start = client.received.count
        client.send(requestBytes(["SCAN", cursor] + options))
        guard driver.run() else { return nil }
        let reply = text(Array(client.received[start...]))
        let lines = reply.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 4, lines[0] == "*2", lines[3].hasPrefix("*") else { return nil }
        return (lines[2], stride(from: 5, to: lines.count - 1, by: 2).map { lines[$0] })
    }

    @Test(
        "A walk gives every key once, whatever the size of its pages",
        arguments: [1, 10, 1_000, Int.max], [true, false])
    func complete(count: Int, isOrdered: Bool) throws {
        let world = Self.world(isOrdered: isOrdered)
        let driver = SessionDriver(world.versions, pace: .random(seed: UInt64(truncatingIfNeeded: count)))
        let pages = try #require(walk(["COUNT", "\(count)"], on: driver))
        let all = pages.flatMap(\.self)
        #expect(all.sorted() == Self.keys.sorted())
        #expect(pages.allSatisfy { $0.count <= count })
    }

    @Test(
        "MATCH gives the keys that match and no others",
        arguments: [("other:*", 2), ("key:1?", 10), ("*", 325), ("a\\*b", 1), ("nothing*", 0), ("key:32[01]", 0)],
        [true, false])
    func matching(row: (pattern: String, expected: Int), isOrdered: Bool) throws {
        let (pattern, expected) = row
        let driver = SessionDriver(Self.world(isOrdered: isOrdered).versions)
        let found = try #require(walk(["MATCH", pattern, "COUNT", "7"], on: driver)).flatMap(\.self)
        #expect(Set(found).count == found.count)
        #expect(found.count == (pattern == "key:32[01]" ? 1 : expected))
        let client = driver.clients[0]
        let start = client.received.count
        client.send(request("KEYS", pattern))
        #expect(driver.run())
        #expect(text(Array(client.received[start...])).hasPrefix("*\(found.count)\r\n"))
    }

    @Test("The same cursor gives the same page, to any client, also after the walk went on", arguments: [true, false])
    func repeatable(isOrdered: Bool) throws {
        let driver = SessionDriver(Self.world(isOrdered: isOrdered).versions)
        let first = try #require(page("0", ["COUNT", "20"], on: driver))
        let second = try #require(page(first.cursor, ["COUNT", "20"], on: driver))
        _ = try #require(walk(["COUNT", "3"], on: driver))
        let again = try #require(page(first.cursor, ["COUNT", "20"], on: driver))
        #expect(again == second)
        #expect(Set(first.keys).isDisjoint(with: second.keys))
    }

    @Test("A cursor of an engine without an order is one in every version and on every server, and needs no memory")
    func statelessCursors() throws {
        let first = Self.world(isOrdered: false)
        let second = Self.world(isOrdered: false, Self.keys + (0..<500).map { "more:\($0)" })
        var found: Set<String> = []
        var cursor = "0"
        var pageCount = 0
        repeat {
            // A server of its own for every page.
            let world = pageCount.isMultiple(of: 2) ? first : second
            let next = try #require(page(cursor, ["COUNT", "7"], on: SessionDriver(world.versions)))
            found.formUnion(next.keys)
            cursor = next.cursor
            pageCount += 1
            let number = try #require(UInt64(cursor))
            #expect(number < 1 << 53 && number.isMultiple(of: 2))
        } while cursor != "0" && pageCount < 1000
        #expect(found.isSuperset(of: Self.keys) && pageCount > 40)
    }

    @Test("A walk that meets an engine without an order after a swap begins again")
    func fromOrderToPositions() throws {
        let cursor = try #require(page("0", ["COUNT", "20"], on: SessionDriver(world.versions))).cursor
        let driver = SessionDriver(Self.world(isOrdered: false).versions)
        let first = try #require(page("0", ["COUNT", "20"], on: driver))
        let again = try #require(page(cursor, ["COUNT", "20"], on: driver))
        #expect(again == first)
    }

    @Test("A walk that meets an engine in key order after a swap gets an error, whatever its cursor")
    func fromPositionsToOrder() throws {
        var cursor = "0"
        let driver = SessionDriver(Self.world(isOrdered: false).versions)
        for _ in 0..<50 {
            cursor = try #require(page(cursor, ["COUNT", "5"], on: driver)).cursor
            #expect(
                world.replies(to: request("SCAN", cursor))
                    == "-ERR this cursor is unknown or has expired, start again from 0\r\n")
        }
    }

    @Test("TYPE gives everything for strings and nothing for other types")
    func types() throws {
        let driver = SessionDriver(world.versions)
        #expect(try #require(walk(["TYPE", "String", "COUNT", "1000"], on: driver)).flatMap(\.self).count == 325)
        #expect(try #require(walk(["TYPE", "hash"], on: driver)) == [[]])
    }

    @Test(
        "A SCAN that Redis would refuse is refused in its words",
        arguments: [
            (["x"], "ERR invalid cursor"), (["18446744073709551616"], "ERR invalid cursor"),
            (["-"], "ERR invalid cursor"),
            (["0", "COUNT"], "ERR syntax error"), (["0", "COUNT", "0"], "ERR syntax error"),
            (["0", "COUNT", "x"], "ERR value is not an integer or out of range"),
            (["0", "LIMIT", "1"], "ERR syntax error"),
            (["5"], "ERR this cursor is unknown or has expired, start again from 0"),
        ])
    func refusals(arguments: [String], error: String) {
        #expect(world.replies(to: requestBytes(["SCAN"] + arguments)) == "-\(error)\r\n")
    }

    @Test(
        "A cursor greater than any there is is behind the last key, as the -1 that some tools send to Redis",
        arguments: ["-1", "9007199254740992", "18446744073709551615"])
    func behindAll(cursor: String) {
        let end = "*2\r\n$1\r\n0\r\n*0\r\n"
        #expect(world.replies(to: request("SCAN", cursor), request("SCAN", cursor, "COUNT", "5")) == end + end)
    }

    @Test("SCAN and KEYS with a pattern that begins with plain bytes visit the keys with this prefix alone")
    func seeking() throws {
        let many = (0..<2_000).map { ("other:\($0)", "v") } + (0..<30).map { ("user:7:\($0)", "v") }
        let world = SessionWorld(text: Dictionary(uniqueKeysWithValues: many + [("zebra", "v")]))
        let driver = SessionDriver(world.versions)
        let found = try #require(walk(["MATCH", "user:7:*", "COUNT", "10"], on: driver))
        #expect(found.flatMap(\.self).count == 30 && found.count <= 4)
        #expect(world.engines[0].visitedKeyCount == 30)
        let none = try #require(walk(["MATCH", "user:8:*", "COUNT", "10"], on: driver))
        #expect(none == [[]] && world.engines[0].visitedKeyCount <= 31)
        // An engine without an order is walked from its beginning, and gives the same.
        world.engines[0].change { $0.isOrdered = false }
        let all = try #require(walk(["MATCH", "user:7:*", "COUNT", "10"], on: driver))
        #expect(all.flatMap(\.self).sorted() == found.flatMap(\.self).sorted())
        #expect(world.engines[0].visitedKeyCount > 2_000)
    }

    @Test("KEYS refuses to tell more keys than the setting allows, and tells as many")
    func keysReplyMax() {
        let driver = SessionDriver(world.versions)
        driver.context.server.keysReplyMax = 3
        driver.clients[0].send(
            request("KEYS", "*") + request("KEYS", "key:*") + request("KEYS", "key:32?") + request("KEYS", "o*")
                + request("PING"))
        #expect(driver.run())
        let refusal = "-ERR the reply would hold more than 3 keys (max-keys-reply), use SCAN\r\n"
        let other = "*2\r\n$7\r\nother:1\r\n$7\r\nother:2\r\n"
        let one = "*1\r\n$7\r\nkey:320\r\n"
        #expect(text(driver.clients[0].received) == refusal + refusal + one + other + "+PONG\r\n")
        // `*` needs no walk to be refused: the version knows how many keys it has.
        #expect(world.engines[0].visitedKeyCount < 2 * Self.keys.count)
    }

    @Test("DBSIZE is what the manifest says where the engine can only estimate")
    func exactCount() {
        let version = DatasetVersion(id: "v0", engine: world.engines[0], keyCount: .exact(7))
        let driver = SessionDriver([version])
        driver.clients[0].send(request("DBSIZE"))
        #expect(driver.run())
        #expect(text(driver.clients[0].received) == ":7\r\n")
    }

    @Test("A walk over files that cannot be read is an error, and the connection lives on")
    func damage() {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.failsWalks = true
        let world = SessionWorld(text: ["k": "v"], behaviour: behaviour)
        let error = "-ERR the dataset cannot be read, the server's log says why\r\n"
        for walk in [request("SCAN", "0"), request("KEYS", "*"), request("RANDOMKEY")] {
            #expect(world.replies(to: walk, request("GET", "k")) == error + "$1\r\nv\r\n")
        }
    }

    @Test("KEYS with a reply over the limit is an error that names SCAN")
    func tooLong() {
        let driver = SessionDriver(world.versions, replyBytesMax: 1_000)
        driver.clients[0].send(request("KEYS", "*") + request("PING"))
        #expect(driver.run())
        #expect(
            text(driver.clients[0].received)
                == "-ERR the reply would be longer than 1000 bytes, use SCAN\r\n+PONG\r\n")
    }

    @Test("RANDOMKEY gives keys that are there, and nothing where there are none")
    func randomKeys() {
        #expect(world.replies(to: request("RANDOMKEY")).hasPrefix("$"))
        #expect(SessionWorld(text: [:]).replies(to: request("RANDOMKEY")) == "$-1\r\n")
        #expect(
            SessionWorld(text: [:]).replies(to: request("HELLO", "3") + request("RANDOMKEY")).hasSuffix("v0\r\n_\r\n"))
        #expect(world.replies(to: request("DBSIZE")) == ":325\r\n")
    }
}
