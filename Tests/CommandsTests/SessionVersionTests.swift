import Commands
import Datasets
import SessionSupport
import Storage
import TestSupport
import Testing

/// Swaps versions between turns: every value of version n is `n`, so a reply tells where it comes from.
@Suite struct SessionVersionTests {
    private static let keys = (0..<600).map { "key:\($0)" }

    private static func version(_ value: String, cold: Bool = false) -> DatasetVersion {
        var behaviour = MemoryEngine.Behaviour()
        if cold {
            behaviour.coldKeys = Set(keys.enumerated().filter { $0.offset % 7 == 0 }.map { Array($0.element.utf8) })
        }
        let entries = Dictionary(uniqueKeysWithValues: keys.map { ($0, value) } + [("only:\(value)", value)])
        return DatasetVersion(id: value, engine: MemoryEngine(text: entries, behaviour: behaviour))
    }

    /// The versions that each reply's values come from, with a new version published before each of the first turns.
    private func origins(of requests: [UInt8], pace: SessionDriver.Pace = .prompt, cold: Bool = false) throws -> [Set<
        String
    >] {
        let driver = SessionDriver([Self.version("0", cold: cold)], pace: pace)
        driver.beforeTurn = { [unowned driver] turn in
            if turn < 50 { driver.context.versions = [Self.version("\(turn)", cold: cold)] }
        }
        driver.clients[0].send(requests)
        #expect(driver.run())
        return try ReplyChecker.replies(in: driver.clients[0].received).map { reply in
            Set(text(reply).split(separator: "\r\n").filter { !"$*+-".contains($0.prefix(1)) }.map(String.init))
        }
    }

    private let mget = requestBytes(["MGET"] + keys)

    @Test("A long MGET is answered from the version that it began with, the next request from a newer one")
    func longMGET() throws {
        let origins = try origins(of: mget + request("GET", "key:1") + mget + request("GET", "key:2"))
        #expect(origins.allSatisfy { $0.count == 1 }, "\(origins)")
        let order = origins.compactMap { $0.first.flatMap { Int($0) } }
        #expect(order == order.sorted())
        #expect(order[1] > order[0], "\(order)")
        #expect(order[2] > order[0], "\(order)")
    }

    @Test(
        "A transaction is answered from one version, whatever was answered before it in the same turn",
        arguments: 0...12)
    func transaction(seed: UInt64) throws {
        let gets = (0..<300).flatMap { request("GET", "key:\($0)") }
        let block = request("MULTI") + gets + mget + request("GET", "key:5") + request("EXEC")
        let requests = mget + block + request("GET", "key:1") + block + mget + block
        let replies = try origins(
            of: requests, pace: seed == 0 ? .prompt : .random(seed: seed, readBytesMin: 4_000), cold: seed % 2 == 1)
        let answered = replies.filter { !$0.isEmpty }
        #expect(answered.count == 6)
        #expect(answered.allSatisfy { $0.count == 1 }, "\(answered)")
        let order = answered.compactMap { $0.first.flatMap { Int($0) } }
        #expect(order == order.sorted(), "a later reply is of an older version: \(order)")
    }

    @Test("EXISTS over more keys than a turn takes counts in one version")
    func counting() {
        let driver = SessionDriver([Self.version("0")])
        driver.beforeTurn = { [unowned driver] turn in driver.context.versions = [Self.version("\(turn)")] }
        let many = (0..<900).map { _ in "only:0" }
        driver.clients[0].send(requestBytes(["EXISTS"] + many) + request("EXISTS", "only:0"))
        #expect(driver.run())
        #expect(text(driver.clients[0].received) == ":900\r\n:0\r\n")
    }

    @Test("SCAN and KEYS inside a transaction walk the version of the transaction")
    func walksInTransactions() {
        let driver = SessionDriver([Self.version("0")])
        driver.beforeTurn = { [unowned driver] turn in driver.context.versions = [Self.version("\(turn)")] }
        driver.clients[0].send(
            request("MULTI") + request("KEYS", "only:*") + request("GET", "only:0")
                + request("SCAN", "0", "MATCH", "only:*") + request("EXEC") + request("GET", "only:0"))
        #expect(driver.run())
        let value = "$1\r\n0\r\n"
        let page = "*2\r\n$1\r\n0\r\n*1\r\n$6\r\nonly:0\r\n"
        #expect(
            text(driver.clients[0].received).hasSuffix("*3\r\n*1\r\n$6\r\nonly:0\r\n" + value + page + "$-1\r\n"))
    }

    @Test("A version is let go of once the requests that began with it are answered")
    func release() {
        weak var first: MemoryEngine?
        let driver: SessionDriver
        do {
            let engine = MemoryEngine(text: ["a": "1"])
            first = engine
            driver = SessionDriver([DatasetVersion(id: "1", engine: engine)])
        }
        driver.clients[0].send(requestBytes(["MGET"] + (0..<700).map { _ in "a" }))
        driver.turn()
        let replaced = driver.context.server.catalog.publish(Self.version("2"), in: 0)
        #expect(replaced.id == "1")
        driver.context.versions = driver.context.server.catalog.versions
        driver.turn()
        #expect(first != nil)
        #expect(driver.run())
        driver.clients[0].send(request("PING"))
        #expect(driver.run())
        #expect(text(driver.clients[0].received).hasSuffix("+PONG\r\n"))
        withExtendedLifetime(replaced) { #expect(first != nil) }
    }
}
