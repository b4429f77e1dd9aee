import Commands
import Datasets
import SessionSupport
import Storage
import TestSupport
import Testing

@Suite("Ranges") struct RangeTests {
    /// Rows of short keys of few different bytes, so that many share a prefix.
    private static func rows(_ random: inout SeededRandom, count: Int) -> [[UInt8]: [UInt8]] {
        var rows: [[UInt8]: [UInt8]] = [:]
        for _ in 0..<count { rows[key(&random)] = random.bytes(random.pick(0...20)) }
        return rows
    }

    private static func key(_ random: inout SeededRandom) -> [UInt8] {
        (0..<random.pick(0...4)).map { _ in [0, 1, 97, 254, 255][random.pick(0...4)] }
    }

    private func bulk(_ bytes: [UInt8]) -> String { "$\(bytes.count)\r\n" + text(bytes) + "\r\n" }

    /// The reply that `rows`, in order, and where to go on make.
    private func expected(
        _ rows: ArraySlice<([UInt8], [UInt8])>, next: [UInt8]?, _ form: String, _ isRESP3: Bool
    ) -> String {
        let null = isRESP3 ? "_\r\n" : "$-1\r\n"
        let head = "*2\r\n" + (next.map(bulk) ?? null)
        switch form {
        case "KEYS": return head + "*\(rows.count)\r\n" + rows.map { bulk($0.0) }.joined()
        case "VALUES": return head + "*\(rows.count)\r\n" + rows.map { bulk($0.1) }.joined()
        default:
            let count = isRESP3 ? rows.count : rows.count * 2
            return head + "*\(count)\r\n"
                + rows.map { (isRESP3 ? "*2\r\n" : "") + bulk($0.0) + bulk($0.1) }.joined()
        }
    }

    private func send(_ parts: [[UInt8]]) -> [UInt8] {
        parts.reduce(Array("*\(parts.count)\r\n".utf8)) { $0 + Array("$\($1.count)\r\n".utf8) + $1 + [13, 10] }
    }

    @Test("give the rows between two keys, or with a prefix, page by page, as a sorted list does", arguments: 0..<8)
    func model(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let rows = Self.rows(&random, count: 200)
        let sorted = rows.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
        let world = SessionWorld([rows])
        let isRESP3 = seed.isMultiple(of: 2)
        let driver = SessionDriver(world.versions, pace: .random(seed: seed))
        let client = driver.clients[0]
        client.send(request("HELLO", isRESP3 ? "3" : "2"))
        #expect(driver.run())
        for _ in 0..<150 {
            let isPrefix = random.oneIn(2)
            let (low, high) = (Self.key(&random), Self.key(&random))
            let limit = random.pick(1...9)
            let form = ["", "KEYS", "VALUES"][random.pick(0...2)]
            let inside = sorted.filter { key, _ in
                guard !key.lexicographicallyPrecedes(low) else { return false }
                return isPrefix
                    ? key.starts(with: high) : high.isEmpty || key.lexicographicallyPrecedes(high)
            }
            var words = isPrefix ? ["PREFIX", "v0"] : ["RANGE", "v0"]
            var parts = (["DATASET"] + words).map { Array($0.utf8) }
            parts += isPrefix ? [high, Array("FROM".utf8), low] : [low, high]
            words = ["LIMIT", "\(limit)"] + (form.isEmpty ? [] : [form])
            parts += words.map { Array($0.utf8) }
            let before = client.received.count
            client.send(send(parts))
            #expect(driver.run())
            let next = inside.count > limit ? inside[limit].0 : nil
            #expect(
                text(Array(client.received[before...])) == expected(inside.prefix(limit), next: next, form, isRESP3),
                "\(parts.map(text))")
        }
    }

    @Test("take 100 rows where no limit is given, and tell where to go on")
    func defaults() throws {
        let rows = Dictionary(uniqueKeysWithValues: (0..<150).map { (Array("k:\(1_000 + $0)".utf8), [UInt8(120)]) })
        let world = SessionWorld([rows])
        let first = world.replies(to: request("DATASET", "RANGE", "v0", "", "", "KEYS"))
        #expect(first.hasPrefix("*2\r\n$6\r\nk:1100\r\n*100\r\n$6\r\nk:1000\r\n"))
        let rest = world.replies(to: request("DATASET", "PREFIX", "v0", "k:", "FROM", "k:1100", "VALUES"))
        #expect(rest.hasPrefix("*2\r\n$-1\r\n*50\r\n$1\r\nx\r\n"))
    }

    @Test("end a page early rather than make a reply too long, and always go on")
    func longRows() throws {
        let rows = Dictionary(
            uniqueKeysWithValues: (0..<20).map { (Array("k:\(10 + $0)".utf8), [UInt8](repeating: 120, count: 400)) })
        let driver = SessionDriver(SessionWorld([rows]).versions, replyBytesMax: 1_000)
        let client = driver.clients[0]
        var from = ""
        var pages = 0
        repeat {
            let before = client.received.count
            client.send(request("DATASET", "RANGE", "v0", from, "", "LIMIT", "100"))
            #expect(driver.run())
            let reply = text(Array(client.received[before...]))
            #expect(reply.utf8.count < 1_000)
            let lines = reply.split(separator: "\r\n").map(String.init)
            #expect(lines.contains("k:\(10 + pages * 2)") && lines.contains("k:\(11 + pages * 2)"))
            from = lines[1] == "$-1" ? "" : lines[2]
            pages += 1
        } while !from.isEmpty && pages < 20
        #expect(pages == 10)
    }

    @Test("with a row that is too long by itself are an error, unless its value is not wanted")
    func tooLong() {
        let world = SessionWorld([[[97]: [UInt8](repeating: 120, count: 2_000)]])
        let driver = SessionDriver(world.versions, replyBytesMax: 1_000)
        driver.clients[0].send(
            request("DATASET", "RANGE", "v0", "", "") + request("DATASET", "RANGE", "v0", "", "", "KEYS"))
        #expect(driver.run())
        #expect(
            text(driver.clients[0].received)
                == "-ERR a row is longer than 1000 bytes, use GET\r\n*2\r\n$-1\r\n*1\r\n$1\r\na\r\n")
    }

    @Test(
        "that cannot be meant are refused",
        arguments: [
            (["RANGE", "v0", "a"], "ERR wrong number of arguments for 'dataset|range' command"),
            (["RANGE", "none", "a", "b"], "ERR no dataset 'none'; there are: v0"),
            (["RANGE", "v0", "a", "b", "LIMIT"], "ERR syntax error"),
            (["RANGE", "v0", "a", "b", "FROM", "c"], "ERR syntax error"),
            (["RANGE", "v0", "a", "b", "KEYS", "VALUES"], "ERR syntax error"),
            (["RANGE", "v0", "a", "b", "COUNT", "5"], "ERR syntax error"),
            (["RANGE", "v0", "a", "b", "LIMIT", "0"], "ERR LIMIT must be a whole number from 1 to 100000"),
            (["PREFIX", "v0", "a", "LIMIT", "100001"], "ERR LIMIT must be a whole number from 1 to 100000"),
            (["PREFIX", "v0", "a", "LIMIT", "x"], "ERR LIMIT must be a whole number from 1 to 100000"),
        ])
    func refusals(words: [String], error: String) {
        #expect(
            SessionWorld(text: ["a": "1"]).replies(to: requestBytes(["DATASET"] + words), request("PING"))
                == "-\(error)\r\n+PONG\r\n")
    }

    @Test("of an engine without an order are refused, and of damaged files an error")
    func engines() {
        let world = SessionWorld(text: ["a": "1", "b": "2"])
        let ask = request("DATASET", "RANGE", "v0", "", "")
        world.engines[0].change { $0.isOrdered = false }
        #expect(
            world.replies(to: ask)
                == "-ERR the memory format does not keep keys in order, so there are no ranges to read\r\n")
        world.engines[0].change { ($0.isOrdered, $0.damagedKeys) = (true, [Array("b".utf8)]) }
        var damages: [Damage] = []
        let reply = world.replies(to: ask, request("GET", "a")) { driver in
            driver.context.onDamage = { damages.append($0) }
        }
        #expect(reply == "-ERR the dataset cannot be read, the server's log says why\r\n$1\r\n1\r\n")
        #expect(damages.count == 1 && damages[0].dataset == "v0")
    }

    @Test("inside a transaction are of its version")
    func transaction() {
        func version(_ value: String) -> DatasetVersion {
            DatasetVersion(id: value, engine: MemoryEngine(text: ["a": value]))
        }
        let driver = SessionDriver([version("v0")])
        driver.beforeTurn = { [unowned driver] turn in driver.context.versions = [version("\(turn)")] }
        driver.clients[0].send(
            request("MULTI") + request("GET", "a") + request("DATASET", "RANGE", "v0", "", "") + request("GET", "a")
                + request("EXEC"))
        #expect(driver.run())
        let value = "$1\r\n0\r\n"
        #expect(
            text(driver.clients[0].received).hasSuffix(
                "*3\r\n" + value + "*2\r\n$-1\r\n*2\r\n$1\r\na\r\n" + value + value))
    }
}
