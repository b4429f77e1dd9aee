/// A first-in-first-out queue in one growing block of memory.
@frozen public struct Ring<Element> {
    @usableFromInline var slots: [Element?]
    @usableFromInline var first = 0
    @usableFromInline var used = 0

    @inlinable public init() { slots = Array(repeating: nil, count: 16) }

    @inlinable public var isEmpty: Bool { used == 0 }

    @inlinable public var count: Int { used }

    @inlinable public mutating func append(_ element: Element) {
        if used == slots.count {
            slots = Array(slots[first...]) + Array(slots[..<first]) + Array(repeating: nil, count: used)
            first = 0
        }
        slots[(first + used) % slots.count] = element
        used += 1
    }

    /// The element that ``removeFirst()`` would give, if there is one.
    @inlinable public var oldest: Element? { used > 0 ? slots[first] : nil }

    /// The oldest element; the queue must not be empty.
    @inlinable public mutating func removeFirst() -> Element {
        guard used > 0, let element = slots[first].take() else { preconditionFailure("empty") }
        first = (first + 1) % slots.count
        used -= 1
        return element
    }
}
