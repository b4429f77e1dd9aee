/// Choices read off bytes, so that what a fuzzer changes in its input changes one choice.
///
/// Once the bytes have run out, every choice is the first one.
public struct ChoiceSource: Sendable {
    private let bytes: [UInt8]
    private var index = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var isExhausted: Bool { index >= bytes.count }

    /// One of 256.
    public mutating func byte() -> UInt8 {
        guard index < bytes.count else { return 0 }
        index += 1
        return bytes[index - 1]
    }

    /// A number in `range`; of ranges beyond 65,536 numbers only the first so many.
    public mutating func pick(_ range: ClosedRange<Int>) -> Int {
        let choice = range.count <= 256 ? Int(byte()) : Int(byte()) << 8 | Int(byte())
        return range.lowerBound + choice % range.count
    }

    public mutating func oneIn(_ count: Int) -> Bool { pick(0...count - 1) == count - 1 }

    /// One of `elements`, of which there must be some.
    public mutating func element<Element>(of elements: [Element]) -> Element { elements[pick(0...elements.count - 1)] }
}
