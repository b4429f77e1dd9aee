import Bytes
import TestSupport
import Testing

/// A buffer and what should be in it.
private struct Twin: ~Copyable {
    var buffer = ByteBuffer()
    var model: [UInt8] = []

    mutating func change(_ random: inout SeededRandom) {
        switch random.pick(0...10) {
        case 0...3:
            let bytes = random.bytes(random.oneIn(2) ? random.pick(0...200) : random.pick(0...40))
            if random.oneIn(2) { buffer.append(few: bytes.span) } else { buffer.append(bytes.span) }
            model += bytes
        case 4:
            buffer.append(7)
            model.append(7)
        case 5:
            buffer.append("word" as StaticString)
            buffer.append(String("öl"))
            model += Array("wordöl".utf8)
        case 6...7:
            let count = random.pick(0...model.count)
            buffer.removeFirst(count)
            model.removeFirst(count)
        case 8:
            let count = random.pick(0...min(model.count, 20))
            buffer.removeLast(count)
            model.removeLast(count)
        case 9:
            let wanted = random.pick(1...100)
            let filled = random.pick(0...wanted)
            unsafe buffer.appendUninitialized(wanted) { free in
                for index in 0..<filled { unsafe free[index] = UInt8(index) }
                return filled
            }
            for index in 0..<filled { model.append(UInt8(index)) }
        default:
            let free = random.pick(0...300)
            buffer.reserve(free)
            #expect(buffer.capacity - buffer.count >= free)
            if random.oneIn(8) {
                buffer.removeAll()
                model = []
            } else if random.oneIn(8) {
                buffer.release()
                model = []
                #expect(buffer.capacity == 0)
            }
        }
    }
}

@Suite struct ByteBufferTests {
    @Test("A buffer holds what a plain array would, whatever is done to it", arguments: 1...20)
    func modelled(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var twin = Twin()
        for _ in 0..<500 {
            twin.change(&random)
            #expect(twin.buffer.count == twin.model.count)
            #expect(twin.buffer.isEmpty == twin.model.isEmpty)
            #expect(twin.buffer.capacity >= twin.buffer.count)
            guard Array(copying: twin.buffer.span) == twin.model else {
                Issue.record("the content differs")
                return
            }
        }
    }

    @Test("Nothing is allocated before the first byte")
    func lazy() {
        var buffer = ByteBuffer()
        buffer.append(Span<UInt8>())
        buffer.removeFirst(0)
        buffer.removeAll()
        #expect(buffer.capacity == 0)
        #expect(Array(copying: buffer.span) == [])
        buffer.append(1)
        #expect(buffer.capacity > 0)
    }

    @Test("A queue that never holds much does not grow, however much goes through it")
    func reuse() {
        var buffer = ByteBuffer()
        let piece = [UInt8](repeating: 1, count: 100)
        for _ in 0..<10_000 {
            buffer.append(piece.span)
            if buffer.count > 1_000 { buffer.removeFirst(buffer.count - 50) }
        }
        #expect(buffer.capacity <= 4_096)
    }

    @Test("A part of one buffer can be appended to another")
    func parts() {
        var first = ByteBuffer(capacity: 16)
        first.append("0123456789" as StaticString)
        first.removeFirst(2)
        var second = ByteBuffer()
        second.append(first, in: 1..<4)
        second.append(first, in: 0..<0)
        second.append(packed: 0x4241, count: 2)
        second.appendHeader(UInt8(ascii: ":"), -70_000)
        second.appendFrame(UInt8(ascii: "$"), prefix: "a:", Array("b".utf8).span)
        second.appendFrame(UInt8(ascii: "$"), Span())
        #expect(Array(copying: second.span) == Array("345AB:-70000\r\n$3\r\na:b\r\n$0\r\n\r\n".utf8))
    }

    @Test("What would break the order of start, end and capacity stops the process")
    func traps() async {
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer()
            buffer.removeFirst(1)
        }
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer()
            buffer.append(1)
            buffer.removeLast(2)
        }
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer()
            unsafe buffer.appendUninitialized(4) { _ in 5 }
        }
    }
}
