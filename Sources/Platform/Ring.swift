/// A first-in-first-out queue in one growing block of memory.
public struct Ring<Element> {
    private var slots: [Element?]
    private var first = 0
    public private(set) var count = 0

    public init() { slots = Array(repeating: nil, count: 16) }

    public var isEmpty: Bool { count == 0 }

    public mutating func append(_ element: Element) {
        if count == slots.count {
            slots = Array(slots[first...]) + Array(slots[..<first]) + Array(repeating: nil, count: count)
            first = 0
        }
        slots[(first + count) % slots.count] = element
        count += 1
    }

    /// The oldest element; the queue must not be empty.
    public mutating func removeFirst() -> Element {
        guard count > 0, let element = slots[first].take() else { preconditionFailure("empty") }
        first = (first + 1) % slots.count
        count -= 1
        return element
    }
}
