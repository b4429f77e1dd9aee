import Testing

@testable import HTTP

@Suite("Connections of an HTTP server")
struct ConnectionTableTests {
    private func place() throws -> ConnectionPlace {
        try ConnectionPlaces(limits: HTTPLimits()).take(for: "10.0.0.1:1")
    }

    @Test("What is removed twice, or was never there, changes nothing")
    func removal() throws {
        let table = ConnectionTable()
        table.add(100, peer: "10.0.0.1:1", place: try place(), now: 0, deadline: 0)
        #expect(table.peer(of: 100) == "10.0.0.1:1")
        #expect(table.count == 1)
        table.remove(100)
        table.remove(100)
        table.set(100, deadline: nil)
        #expect(table.count == 0)
        #expect(table.answeringCount == 0)
    }

    @Test("Connections that are being answered are counted until they are not")
    func answering() throws {
        let table = ConnectionTable()
        for descriptor: Int32 in 100..<103 {
            table.add(descriptor, peer: "10.0.0.1:1", place: try place(), now: 0, deadline: 0)
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
