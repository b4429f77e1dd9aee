import Testing

@testable import HTTP

@Suite("Connections of an HTTP server")
struct ConnectionTableTests {
    private func table(_ all: Int, _ each: Int) -> ConnectionTable {
        var limits = HTTPLimits()
        limits.connectionsMax = all
        limits.connectionsPerAddressMax = each
        return ConnectionTable(limits: limits)
    }

    @Test("One address has its share, and all together have theirs")
    func limits() {
        let table = table(3, 2)
        table.add(100, peer: "10.0.0.1:1", deadline: 0)
        #expect(table.refusal(of: "10.0.0.1:2") == nil)
        table.add(101, peer: "10.0.0.1:2", deadline: 0)
        #expect(table.refusal(of: "10.0.0.1:3") == .tooManyOfOneAddress)
        #expect(table.refusal(of: "[::1]:3") == nil)
        table.add(102, peer: "[::1]:3", deadline: 0)
        #expect(table.refusal(of: "[::2]:4") == .tooMany)
        table.remove(100)
        #expect(table.refusal(of: "10.0.0.1:5") == nil)
        #expect(table.peer(of: 102) == "[::1]:3")
        #expect(table.count == 2)
    }

    @Test("What is removed twice, or was never there, changes nothing")
    func removal() {
        let table = table(2, 2)
        table.add(100, peer: "10.0.0.1:1", deadline: 0)
        table.remove(100)
        table.remove(100)
        table.set(100, deadline: nil)
        #expect(table.count == 0)
        #expect(table.answeringCount == 0)
    }

    @Test("Connections that are being answered are counted until they are not")
    func answering() {
        let table = table(4, 4)
        for descriptor: Int32 in 100..<103 {
            table.add(descriptor, peer: "10.0.0.1:1", deadline: 0)
            table.set(descriptor, deadline: nil)
        }
        #expect(table.answeringCount == 3)
        table.set(100, deadline: 5)
        table.set(100, deadline: 6)
        table.set(101, deadline: nil)
        #expect(table.answeringCount == 2)
        table.remove(101)
        #expect(table.answeringCount == 1)
    }
}
