/// A growing run of plain values that has one owner.
///
/// What `Array` is, without a reference count and without a look for other owners at each change, which cost more than
/// what the loops do between them. Allocates nothing until the first element arrives.
///
/// Invariant: 0 ≤ count ≤ capacity, and the first `count` elements are initialized.
@safe @frozen public struct FlatArray<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<Element>?
    /// How many elements fit without another allocation.
    public private(set) var capacity: Int
    @usableFromInline var used = 0

    public init(capacity: Int = 0) {
        precondition(capacity >= 0)
        unsafe base = capacity > 0 ? .allocate(capacity: capacity) : nil
        self.capacity = capacity
    }

    deinit { unsafe base?.deallocate() }

    @inlinable public var count: Int { used }
    @inlinable public var isEmpty: Bool { used == 0 }
    @inlinable public var indices: Range<Int> { unsafe Range(uncheckedBounds: (0, used)) }

    /// The elements, in place, until the array next changes.
    @inlinable public var span: Span<Element> {
        @_lifetime(borrow self)
        borrowing get {
            let elements = unsafe UnsafeBufferPointer(start: UnsafePointer(base), count: used)
            return unsafe _overrideLifetime(Span(_unsafeElements: elements), borrowing: self)
        }
    }

    @inlinable public subscript(index: Int) -> Element {
        @inline(__always) get {
            precondition(index >= 0 && index < used)
            // Safety: what is not empty has a base, and the index was just checked.
            return unsafe base.unsafelyUnwrapped[index]
        }
        @inline(__always) set {
            precondition(index >= 0 && index < used)
            unsafe base.unsafelyUnwrapped[index] = newValue
        }
    }

    @inlinable @inline(__always) public mutating func append(_ element: Element) {
        if used == capacity { grow() }
        unsafe (base.unsafelyUnwrapped + used).initialize(to: element)
        used += 1
    }

    /// Drops the elements and keeps the memory.
    @inlinable @inline(__always) public mutating func removeAll() { used = 0 }

    /// Drops the elements, and the memory with it.
    public mutating func release() {
        unsafe base?.deallocate()
        unsafe base = nil
        (used, capacity) = (0, 0)
    }

    @usableFromInline @inline(never) mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: max(capacity * 2, 8))
        if let base = unsafe base {
            unsafe larger.moveInitialize(from: base, count: used)
            unsafe base.deallocate()
        }
        unsafe base = larger
        capacity = max(capacity * 2, 8)
    }
}
