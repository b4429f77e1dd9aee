import Platform
import Synchronization
import Testing

@Suite("A waker", .timeLimit(.minutes(2)))
struct WakerTests {
    private static let token = Epoll.Token(place: 0, generation: 0)

    @Test("wakes once for many wakes, and again after it was acknowledged")
    func coalescing() throws {
        var epoll = try Epoll()
        let waker = try Waker()
        try waker.register(with: epoll, token: Self.token)
        // An eventfd is writable from the start, which epoll tells first.
        _ = try epoll.wait(milliseconds: 0)
        for _ in 0..<3 {
            for _ in 0..<1_000 { waker.wake() }
            var count = try epoll.wait(milliseconds: 10_000)
            #expect(count == 1)
            #expect(epoll[event: 0].isReadable)
            #expect(epoll[event: 0].token == Self.token)
            count = try epoll.wait(milliseconds: 0)
            #expect(count == 0)
            waker.acknowledge()
            count = try epoll.wait(milliseconds: 0)
            #expect(count == 0)
        }
    }

    @Test("loses no wake of any thread")
    func manyThreads() throws {
        var epoll = try Epoll()
        let waker = try Waker()
        try waker.register(with: epoll, token: Self.token)
        let posted = Atomic<Int>(0)
        let (threadCount, countEach) = (4, 20_000)
        let threads = try (0..<threadCount).map { _ in
            try Thread(name: "waking") {
                for _ in 0..<countEach {
                    posted.add(1, ordering: .releasing)
                    waker.wake()
                }
            }
        }
        var seen = 0
        while seen < threadCount * countEach {
            // A lost wake would leave this waiting with work undone.
            let count = try epoll.wait(milliseconds: 60_000)
            #expect(count == 1)
            if count == 0 { break }
            waker.acknowledge()
            seen = posted.load(ordering: .acquiring)
        }
        #expect(seen == threadCount * countEach)
        for thread in threads { thread.join() }
    }
}
