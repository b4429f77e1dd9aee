import Bytes
import Glibc
import Testing

@testable import Platform

/// Both ends of a connection, never blocking.
final class SocketPair {
    let near: Socket
    /// The other end, until it is closed.
    var far: Socket?

    init() {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let failed = unsafe socketpair(AF_UNIX, kind, 0, &ends)
        precondition(failed == 0)
        near = Socket(owning: FileDescriptor(owning: ends[0]))
        far = Socket(owning: FileDescriptor(owning: ends[1]))
    }

    /// Sends from the far end.
    func send(_ bytes: [UInt8]) -> Socket.Transfer? { far?.send(bytes.span) }

    /// Ends what the far end sends.
    func endSending() { far?.shutDownWriting() }

    func closeFar() { far = nil }
}

@Suite("Epoll")
struct EpollTests {
    @Test(
        "A token keeps its place and its generation",
        arguments: [(0, 0), (1, 0), (0, 1), (64, 7), (.max, 0), (0, .max), (.max, .max)] as [(UInt32, UInt32)])
    func tokens(place: UInt32, generation: UInt32) {
        let token = Epoll.Token(place: place, generation: generation)
        #expect(token.place == place)
        #expect(token.generation == generation)
        #expect(Epoll.Token(rawValue: token.rawValue) == token)
        #expect(token == Epoll.Token(place: place, generation: generation))
        #expect(token != Epoll.Token(place: place, generation: generation ^ 1))
        #expect(token != Epoll.Token(place: place ^ 1, generation: generation))
    }

    @Test("Each change of readiness is told once, under the token it was registered with")
    func edges() throws {
        var epoll = try Epoll()
        let pair = SocketPair()
        let token = Epoll.Token(place: 70, generation: 3)
        try epoll.add(pair.near.descriptor.rawValue, token: token)

        var count = try epoll.wait(milliseconds: 10_000)
        #expect(count == 1)
        var event = epoll[event: 0]
        #expect(event.token == token)
        #expect(event.isWritable && !event.isReadable && !event.isEnding)
        count = try epoll.wait(milliseconds: 0)
        #expect(count == 0)

        #expect(pair.send([1, 2]) == .bytes(2))
        count = try epoll.wait(milliseconds: 10_000)
        #expect(count == 1)
        event = epoll[event: 0]
        #expect(event.isReadable && !event.isEnding)
        // Unread bytes alone are no change.
        count = try epoll.wait(milliseconds: 0)
        #expect(count == 0)
        #expect(pair.send([3]) == .bytes(1))
        count = try epoll.wait(milliseconds: 10_000)
        #expect(count == 1)

        pair.endSending()
        count = try epoll.wait(milliseconds: 10_000)
        #expect(count == 1)
        event = epoll[event: 0]
        #expect(event.isReadable && event.isEnding)
    }

    @Test("Nothing is told of a descriptor that was removed or closed")
    func removal() throws {
        var epoll = try Epoll()
        let pair = SocketPair()
        try epoll.add(pair.near.descriptor.rawValue, token: Epoll.Token(place: 1, generation: 0))
        try epoll.remove(pair.near.descriptor.rawValue)
        #expect(pair.send([1]) == .bytes(1))
        var count = try epoll.wait(milliseconds: 0)
        #expect(count == 0)
        #expect(throws: SystemError.self) { try epoll.remove(pair.near.descriptor.rawValue) }

        do {
            let other = SocketPair()
            try epoll.add(other.near.descriptor.rawValue, token: Epoll.Token(place: 2, generation: 0))
            #expect(other.send([1]) == .bytes(1))
        }
        count = try epoll.wait(milliseconds: 0)
        #expect(count == 0)
    }

    @Test("More events than one call may report come with the next calls")
    func batches() throws {
        var epoll = try Epoll(batchMax: 4)
        let pairs = (0..<10).map { _ in SocketPair() }
        for (place, pair) in pairs.enumerated() {
            try epoll.add(pair.near.descriptor.rawValue, token: Epoll.Token(place: UInt32(place), generation: 9))
        }
        var places: [UInt32] = []
        while true {
            let count = try epoll.wait(milliseconds: 0)
            #expect(count <= 4)
            if count == 0 { break }
            for index in 0..<count { places.append(epoll[event: index].token.place) }
        }
        #expect(places.sorted() == Array(0..<10))
        withExtendedLifetime(pairs) {}
    }
}
