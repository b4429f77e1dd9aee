/// A growing run of bytes, filled at its end and consumed from its start.
///
/// Allocates nothing until the first byte arrives, so that an idle connection costs none.
///
/// Invariant: 0 ≤ start ≤ end ≤ capacity. Bytes in `start..<end` are the content.
@safe @frozen public struct ByteBuffer: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>?
    @usableFromInline var allocated: Int
    @usableFromInline var start = 0
    @usableFromInline var end = 0

    @inlinable public init() {
        unsafe base = nil
        allocated = 0
    }

    public init(capacity: Int) {
        precondition(capacity >= 0)
        self.init()
        if capacity > 0 { grow(to: capacity) }
    }

    deinit { unsafe base?.deallocate() }

    /// How many bytes fit without another allocation, those already there included.
    @inlinable public var capacity: Int { allocated }
    @inlinable public var count: Int { end - start }
    @inlinable public var isEmpty: Bool { end == start }

    /// The content, in place, until the buffer next changes.
    @inlinable public var span: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            let content = unsafe UnsafeBufferPointer(start: base.map { unsafe UnsafePointer($0 + start) }, count: count)
            return unsafe _overrideLifetime(Span(_unsafeElements: content), borrowing: self)
        }
    }

    /// The content as C code wants it, until the buffer next changes.
    @inlinable public func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: base.map { unsafe $0 + start }, count: count))
    }

    @inlinable @inline(__always) public mutating func append(_ bytes: Span<UInt8>) {
        let added = bytes.count
        guard added > 0 else { return }
        reserve(added)
        unsafe bytes.withUnsafeBufferPointer { source in
            // Safety: a span that is not empty has a base, and `reserve` left room for all of it.
            unsafe (base.unsafelyUnwrapped + end).update(from: source.baseAddress.unsafelyUnwrapped, count: added)
        }
        end += added
    }

    /// The same, for bytes that are mostly few: up to 32 of them, such as a key, are moved without a call.
    @inlinable @inline(__always) public mutating func append(few bytes: Span<UInt8>) {
        let added = bytes.count
        guard added >= 8, added <= 32 else { return append(bytes) }
        reserve(added)
        unsafe bytes.withUnsafeBytes { source in
            // Safety: two moves from both ends, which overlap, touch just the bytes of either side.
            let target = unsafe UnsafeMutableRawPointer(base.unsafelyUnwrapped + end)
            if added <= 16 {
                let last = unsafe source.loadUnaligned(fromByteOffset: added &- 8, as: UInt64.self)
                unsafe target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
                unsafe target.storeBytes(of: last, toByteOffset: added &- 8, as: UInt64.self)
            } else {
                let last = unsafe source.loadUnaligned(fromByteOffset: added &- 16, as: SIMD16<UInt8>.self)
                unsafe target.storeBytes(of: source.loadUnaligned(as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
                unsafe target.storeBytes(of: last, toByteOffset: added &- 16, as: SIMD16<UInt8>.self)
            }
        }
        end += added
    }

    /// Appends the bytes of `range` of another buffer, counted from the start of its content.
    @inlinable public mutating func append(_ other: borrowing ByteBuffer, in range: Range<Int>) {
        append(other.span.extracting(range))
    }

    @inlinable @inline(__always) public mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe base.unsafelyUnwrapped[end] = byte
        end += 1
    }

    public mutating func append(_ text: StaticString) {
        precondition(text.hasPointerRepresentation)
        append(unsafe Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { unsafe append(Span(_unsafeElements: $0)) }
    }

    /// Lends up to `byteCount` free bytes behind the content to `body`, which returns how many it filled.
    @inlinable public mutating func appendUninitialized<Failure: Error>(
        _ byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        reserve(byteCount)
        let free = unsafe UnsafeMutableRawBufferPointer(start: base.map { unsafe $0 + end }, count: byteCount)
        let filled = try unsafe body(free)
        precondition(filled >= 0 && filled <= byteCount)
        end += filled
    }

    /// Drops the first `count` bytes, which costs nothing.
    @inlinable public mutating func removeFirst(_ count: Int) {
        precondition(count >= 0 && count <= self.count)
        start += count
        if start == end { (start, end) = (0, 0) }
    }

    @inlinable public mutating func removeLast(_ count: Int) {
        precondition(count >= 0 && count <= self.count)
        end -= count
    }

    /// Drops the content and keeps the memory.
    @inlinable public mutating func removeAll() { (start, end) = (0, 0) }

    /// Drops the content, and the memory with it.
    public mutating func release() {
        unsafe base?.deallocate()
        unsafe base = nil
        (start, end, allocated) = (0, 0, 0)
    }

    /// Makes room for `free` more bytes.
    @inlinable @inline(__always) public mutating func reserve(_ free: Int) {
        if capacity - end < free { makeRoom(free) }
    }

    @usableFromInline @inline(never) mutating func makeRoom(_ free: Int) {
        precondition(free >= 0)
        let kept = count
        // Moving the content to the front instead of allocating is worth it only where it frees at
        // least as much as it moves; else a slow reader would make every append a move.
        if capacity - kept >= free, start >= kept {
            unsafe base?.update(from: base.unsafelyUnwrapped + start, count: kept)
            (start, end) = (0, kept)
        } else {
            grow(to: max(capacity * 2, kept + free, 64))
        }
    }

    private mutating func grow(to newCapacity: Int) {
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: newCapacity)
        let kept = count
        if let base = unsafe base {
            unsafe larger.update(from: base + start, count: kept)
            unsafe base.deallocate()
        }
        unsafe base = larger
        allocated = newCapacity
        (start, end) = (0, kept)
    }
}

/// Ties `dependent` to a borrow of `source`, where the compiler cannot see that it points into it.
@_unsafeNonescapableResult
@_lifetime(borrow source)
@unsafe @inlinable @inline(__always)
public func _overrideLifetime<
    Dependent: ~Copyable & ~Escapable, Source: ~Copyable & ~Escapable
>(
    _ dependent: consuming Dependent, borrowing source: borrowing Source
) -> Dependent {
    dependent
}
