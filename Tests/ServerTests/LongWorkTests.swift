import Platform
import Server
import Settings
import Synchronization
import TestSupport
import Testing

extension ServerTests {
    /// One connection asks for much, another for little.
    @Suite("Long work")
    struct LongWork {
        private static func key(_ number: Int) -> String { "key-\(String(1_000_000 + number).dropFirst())" }

        @Test("A million keys in one MGET hold up no other connection, and come whole")
        func largeGet() throws {
            let count = 1_000_000
            let entries = Dictionary(uniqueKeysWithValues: (0..<1_000).map { (Self.key($0), "value \($0)") })
            try withServer(MemoryEngine(text: entries)) { server in
                var command = Array("*\(count + 1)\r\n$4\r\nMGET\r\n".utf8)
                var expected = Array("*\(count)\r\n".utf8)
                let keys = (0..<1_001).map { bulk(Self.key($0)) }
                let values = (0..<1_000).map { bulk("value \($0)") } + [Array("$-1\r\n".utf8)]
                for number in 0..<count {
                    command += keys[number % 1_001]
                    expected += values[number % 1_001]
                }
                let port = server.server.port
                let isDone = Atomic<Bool>(false)
                let outcome = Mutex<Bool?>(nil)
                let (sent, wanted) = (command, expected)
                try withThread {
                    let isRight = try? {
                        let client = try TestClient(port: port)
                        try client.send(sent)
                        return try client.receives(wanted)
                    }()
                    outcome.withLock { $0 = isRight }
                    isDone.store(true, ordering: .releasing)
                } during: {
                    let client = try server.connect()
                    var meanwhile = 0
                    for number in 0..<5_000 {
                        try client.send(["GET", Self.key(number % 1_000)])
                        #expect(try client.receives(bulk("value \(number % 1_000)")))
                        if !isDone.load(ordering: .acquiring) { meanwhile += 1 }
                    }
                    // A loop that did the million in one go would answer a handful at most.
                    #expect(meanwhile >= 100)
                }
                #expect(outcome.withLock { $0 } == true)
            }
        }

        @Test("Other connections go on while the reply to a million keys waits for its client")
        func unreadLargeGet() throws {
            let value = String(repeating: "v", count: 100)
            try withServer(MemoryEngine(text: ["key": value])) { server in
                let count = 300_000
                let large = try server.connect()
                var command = Array("*\(count + 1)\r\n$4\r\nMGET\r\n".utf8)
                for _ in 0..<count { command += bulk("key") }
                try large.send(command)
                #expect(try large.receives("*\(count)\r\n"))
                let small = try server.connect()
                for _ in 0..<5_000 {
                    try small.send(["GET", "key"])
                    #expect(try small.receives(bulk(value)))
                }
                let thousand = (0..<1_000).flatMap { _ in bulk(value) }
                for _ in 0..<count / 1_000 { #expect(try large.receives(thousand)) }
                #expect(try large.isAnswered())
            }
        }

        @Test("KEYS over 200,000 keys is left to the readers, and is whole")
        func allKeys() throws {
            let gate = Gate()
            var entries = Dictionary(uniqueKeysWithValues: (0..<200_000).map { (Self.key($0), "v") })
            entries["slow"] = "read"
            var behaviour = MemoryEngine.Behaviour()
            behaviour.coldKeys = [Array("slow".utf8)]
            behaviour.beforeDiskRead = { _ in gate.wait() }
            try withServer(MemoryEngine(text: entries, behaviour: behaviour), { $0.readerCount = 1 }) { server in
                defer { gate.open() }
                let slow = try server.connect()
                try slow.send(["GET", "slow"])
                #expect(eventually { gate.waitingCount == 1 })
                let large = try server.connect()
                try large.send(["KEYS", "*"])
                let small = try server.connect()
                for number in 0..<5_000 {
                    if number == 2_500 { gate.open() }
                    try small.send(["GET", Self.key(number)])
                    #expect(try small.receives(bulk("v")))
                    if number < 2_500 { #expect(!large.isReadable(milliseconds: 0)) }
                }
                var expected = Array("*200001\r\n".utf8)
                for number in 0..<200_000 { expected += bulk(Self.key(number)) }
                expected += bulk("slow")
                #expect(try large.receives(expected))
                #expect(try large.isAnswered())
                #expect(try slow.receives(bulk("read")))
            }
        }
    }
}

/// Runs `work` on a thread of its own, `body` on this one, and waits for both.
func withThread<Result>(
    _ work: @escaping @Sendable () -> Void, during body: () throws -> Result
) throws -> Result {
    let thread = try Thread(name: "test", work)
    defer { thread.join() }
    return try body()
}
