import Testing

@testable import HTTP

@Suite("Places for connections of an HTTP server")
struct ConnectionPlacesTests {
    private func places(_ all: Int, _ each: Int) -> ConnectionPlaces {
        var limits = HTTPLimits()
        limits.connectionsMax = all
        limits.connectionsPerAddressMax = each
        return ConnectionPlaces(limits: limits)
    }

    @Test("One address has its share, and all together have theirs")
    func limits() throws {
        let places = places(3, 2)
        var taken = [try places.take(for: "10.0.0.1:1"), try places.take(for: "10.0.0.1:2")]
        #expect(throws: ConnectionPlaces.Refusal.tooManyOfOneAddress) { try places.take(for: "10.0.0.1:3") }
        taken.append(try places.take(for: "[::1]:3"))
        #expect(throws: ConnectionPlaces.Refusal.tooMany) { try places.take(for: "[::2]:4") }
        #expect(places.count == 3)
        taken.removeFirst()
        #expect(places.count == 2)
        taken.append(try places.take(for: "10.0.0.1:5"))
        #expect(throws: ConnectionPlaces.Refusal.tooMany) { try places.take(for: "10.0.0.1:6") }
        taken.removeAll()
        #expect(places.count == 0)
    }

    @Test("A place is taken until the last one who holds it lets go, whatever the table does")
    func sharing() throws {
        let places = places(1, 1)
        let table = ConnectionTable()
        var place: ConnectionPlace? = try places.take(for: "10.0.0.1:1")
        table.add(100, peer: "10.0.0.1:1", place: try #require(place), now: 0, deadline: 0)
        table.remove(100)
        #expect(table.count == 0)
        #expect(throws: ConnectionPlaces.Refusal.tooMany) { try places.take(for: "10.0.0.2:1") }
        #expect(place != nil)
        place = nil
        #expect(places.count == 0)
    }
}
