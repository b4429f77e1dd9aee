import Testing

@testable import Platform

@Suite("A ring")
struct RingTests {
    @Test("gives elements back in the order they came, however it grows and turns")
    func order() {
        var ring = Ring<Int>()
        var model: [Int] = []
        var generator = SplitMix(state: 7)
        for number in 0..<20_000 {
            // Growing for a while, then shrinking, so that it wraps at many sizes.
            let isGrowing = (number / 500).isMultiple(of: 2)
            if Int.random(in: 0..<3, using: &generator) < (isGrowing ? 2 : 1) {
                ring.append(number)
                model.append(number)
            } else if !model.isEmpty {
                #expect(ring.removeFirst() == model.removeFirst())
            }
            #expect(ring.count == model.count)
            #expect(ring.isEmpty == model.isEmpty)
        }
        while !model.isEmpty { #expect(ring.removeFirst() == model.removeFirst()) }
        #expect(ring.isEmpty)
    }

    @Test("lets go of what it gives back")
    func release() {
        final class Thing {}
        var ring = Ring<Thing>()
        weak var first: Thing?
        do {
            let thing = Thing()
            first = thing
            ring.append(thing)
        }
        #expect(first != nil)
        _ = ring.removeFirst()
        #expect(first == nil)
    }
}

/// Steele, Lea and Flood's generator, so that a failure comes again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
