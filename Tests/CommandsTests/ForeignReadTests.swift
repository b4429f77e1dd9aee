import RESP
import SessionSupport
import TestSupport
import Testing

@testable import Commands

@Suite struct ForeignReadTests {
    private let world = SessionWorld(text: ["string": "a value", "number": "12", "empty": ""])

    private static let recorded: [(request: [String], resp2: String, resp3: String)] =
        recordedForeignReads.split(separator: "\n").map { (line: Substring) in
            let fields: [Substring] = line.split(separator: " → ", omittingEmptySubsequences: false)
            let words: [String] = fields[0].split(separator: Character(" ")).map { $0 == "''" ? "" : String($0) }
            let replies: [String] = fields.dropFirst().map { String($0).replacing("¶", with: "\r\n") }
            return (words, replies[0], replies[replies.count - 1])
        }

    @Test("Reads of other types, scripts and COMMAND GETKEYS answer as Redis does, in both protocols")
    func recordedReplies() {
        let requests = Self.recorded.map { requestBytes($0.request) }
        #expect(requests.count > 250)
        for (index, (words, resp2, resp3)) in Self.recorded.enumerated() {
            #expect(world.replies(to: requests[index]) == resp2, "\(words)")
            let reply = world.replies(to: request("HELLO", "3"), requests[index])
            #expect(reply.hasSuffix("v0\r\n\(resp3)"), "\(words) in RESP3")
        }
    }

    @Test("All of them in one pipeline, cold and slow, give the same replies in the same order")
    func pipeline() {
        var bytes: [UInt8] = []
        var expected = ""
        for (words, resp2, _) in Self.recorded {
            bytes += requestBytes(words)
            expected += resp2
        }
        #expect(world.replies(to: bytes) == expected)
        var behaviour = MemoryEngine.Behaviour()
        behaviour.coldKeys = [Array("string".utf8), Array("missing".utf8)]
        behaviour.warmsOnRead = false
        let cold = SessionWorld(text: ["string": "a value", "number": "12", "empty": ""], behaviour: behaviour)
        #expect(cold.replies(to: bytes, pace: .random(seed: 7, readBytesMin: 100)) == expected)
    }

    @Test("A damaged key is an error, not a missing key")
    func damage() {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.damagedKeys = [Array("string".utf8)]
        let damaged = SessionWorld(text: ["string": "a value"], behaviour: behaviour)
        #expect(damaged.replies(to: request("HGET", "string", "f")) == damagedText)
        #expect(damaged.replies(to: request("SINTER", "missing", "string")) == damagedText)
        #expect(damaged.replies(to: request("HGET", "missing", "f")) == "$-1\r\n")
    }

    @Test("In a transaction they are queued, and answered by EXEC")
    func transaction() {
        let reply = world.replies(
            to: request("MULTI"), request("HGETALL", "missing"), request("LLEN", "string"), request("EVAL", "s", "0"),
            request("EXEC"))
        #expect(
            reply == """
                +OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n*0\r\n\
                -WRONGTYPE Operation against a key holding the wrong kind of value\r\n\
                -ERR EVAL is not available here: this server runs no scripts\r\n
                """)
    }

    @Test("What a reply needs more than one page for is still one reply")
    func manyFields() {
        let fields = (0..<5_000).map { "f\($0)" }
        let reply = world.replies(to: requestBytes(["HMGET", "missing"] + fields))
        #expect(reply == "*5000\r\n" + String(repeating: "$-1\r\n", count: 5_000))
        let keys = (0..<1_000).map { "missing:\($0)" }
        #expect(world.replies(to: requestBytes(["SUNION"] + keys)) == "*0\r\n")
        #expect(
            world.replies(to: requestBytes(["SUNION"] + keys + ["string"]))
                == "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n")
    }

    @Test("Times to live of fields are those of no field, once the request is as Redis 7.4 wants it")
    func fieldTimes() {
        for name in ["HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME"] {
            #expect(world.replies(to: request(name, "missing", "FIELDS", "2", "a", "b")) == "*2\r\n:-2\r\n:-2\r\n")
            #expect(world.replies(to: request(name, "string", "FIELDS", "1", "a")).hasPrefix("-WRONGTYPE "))
            #expect(
                world.replies(to: request(name, "missing", "FIELD", "1", "a"))
                    == "-ERR Mandatory argument FIELDS is missing or not at the right position\r\n")
            #expect(
                world.replies(to: request(name, "missing", "FIELDS", "0", "a"))
                    == "-ERR Number of fields must be a positive integer\r\n")
            #expect(
                world.replies(to: request(name, "missing", "FIELDS", "2", "a"))
                    == "-ERR The `numfields` parameter must match the number of arguments\r\n")
        }
    }

    @Test("What is refused for a reason of its own says which", arguments: CommandTable.standard.commands)
    func refusals(command: Command) {
        guard command.action == .refused, let reason = command.standing.reason else { return }
        let words = command.fullName.split(separator: "|").map(String.init)
        let missing = max(0, abs(command.arity) - words.count)
        let reply = world.replies(to: requestBytes(words + Array(repeating: "1", count: missing)))
        let name = words.joined(separator: " ").uppercased()
        #expect(reply == "-ERR \(name) is not available here: \(reason)\r\n")
    }
}
