import Platform
import Synchronization
import Testing

@Suite("A blocking queue", .timeLimit(.minutes(2)))
struct BlockingQueueTests {
    @Test("is first in, first out, and takes no more than its bound")
    func bound() {
        let queue = BlockingQueue<Int>(countMax: 3)
        #expect(queue.push(1))
        #expect(queue.push(2))
        #expect(queue.push(3))
        #expect(!queue.push(4))
        #expect(queue.count == 3)
        // Work that was counted when it first came in may come back.
        #expect(queue.push(5, isBounded: false))
        #expect(!queue.push(6))
        #expect((0..<4).map { _ in queue.pop() } == [1, 2, 3, 5])
        #expect(queue.push(7))
        #expect(queue.pop() == 7)
        #expect(queue.count == 0)
    }

    @Test("gives what is left once it is closed, and takes nothing more")
    func close() {
        let queue = BlockingQueue<Int>(countMax: 3)
        #expect(queue.push(1))
        #expect(queue.push(2))
        queue.close()
        #expect(!queue.push(3))
        #expect(!queue.push(3, isBounded: false))
        #expect(queue.pop() == 1)
        #expect(queue.pop() == 2)
        #expect(queue.pop() == nil)
        #expect(queue.pop() == nil)
    }

    @Test("wakes everyone who waits when it is closed")
    func closeWakesAll() throws {
        let queue = BlockingQueue<Int>(countMax: 1)
        let results = Mutex<[Int?]>([])
        let threads = try (0..<8).map { _ in
            try Thread(name: "popper") {
                let element = queue.pop()
                results.withLock { $0.append(element) }
            }
        }
        #expect(queue.push(5))
        queue.close()
        for thread in threads { thread.join() }
        #expect(results.withLock { $0.compactMap { $0 } } == [5])
        #expect(results.withLock { $0.count } == 8)
    }

    @Test("gives each element to one of many threads, and each producer's in their order")
    func manyThreads() throws {
        let queue = BlockingQueue<(producer: Int, number: Int)>(countMax: 16)
        let (producerCount, consumerCount, countEach) = (4, 4, 5_000)
        let taken = Mutex<[[(producer: Int, number: Int)]]>([])
        let producersLeft = Atomic<Int>(producerCount)
        let consumers = try (0..<consumerCount).map { _ in
            try Thread(name: "consumer") {
                var mine: [(producer: Int, number: Int)] = []
                while let element = queue.pop() { mine.append(element) }
                taken.withLock { $0.append(mine) }
            }
        }
        let producers = try (0..<producerCount).map { producer in
            try Thread(name: "producer") {
                for number in 0..<countEach {
                    while !queue.push((producer, number)) {}
                }
                if producersLeft.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { queue.close() }
            }
        }
        for thread in producers + consumers { thread.join() }
        taken.withLock { taken in
            var counts = Array(repeating: Array(repeating: 0, count: countEach), count: producerCount)
            for mine in taken {
                var last = Array(repeating: -1, count: producerCount)
                for (producer, number) in mine {
                    counts[producer][number] += 1
                    #expect(number > last[producer])
                    last[producer] = number
                }
            }
            #expect(counts.allSatisfy { $0.allSatisfy { $0 == 1 } })
        }
    }

    @Test("lets go of what it still holds when it goes")
    func release() {
        final class Thing: Sendable {}
        weak var thing: Thing?
        do {
            let queue = BlockingQueue<Thing>(countMax: 2)
            let new = Thing()
            thing = new
            #expect(queue.push(new))
        }
        #expect(thing == nil)
    }
}
