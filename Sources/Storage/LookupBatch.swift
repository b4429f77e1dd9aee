public import Bytes
public import CLookup

/// What became of one look-up.
public enum Outcome: UInt8, Sendable {
    /// Not looked up yet.
    case pending = 0
    case hit = 1
    case miss = 2
    /// Answering would read the disk, and the caller asked not to.
    case wouldBlock = 3
    /// The files cannot be read or fail their checksum; never the same as a miss.
    case damaged = 4
}

/// What an engine holds in place so that the values of a batch stay where they are.
///
/// Used by one thread at a time, which need not be the one that made it.
public protocol LookupPins: AnyObject {
    /// Lets go of every value lent since the last call.
    func releaseAll()
}

/// Keys to look up together, and what was found for each.
///
/// The batch owns a copy of its keys; values are lent by the engine until ``removeAll()``. Memory is
/// kept from one use to the next. Belongs to one thread at a time.
@safe @frozen public struct LookupBatch: ~Copyable {
    @usableFromInline var keys = ByteBuffer()
    @usableFromInline var lookups: UnsafeMutablePointer<almanac_lookup>
    @usableFromInline var capacity: Int
    @usableFromInline var used = 0
    /// The engine's own: what keeps the values in place.
    public let pins: any LookupPins
    /// Why the last damaged look-up failed, for the log.
    public var failure: EngineError?

    public init(pins: any LookupPins, capacity: Int = 64) {
        precondition(capacity > 0)
        self.pins = pins
        self.capacity = capacity
        unsafe lookups = .allocate(capacity: capacity)
    }

    deinit {
        pins.releaseAll()
        unsafe lookups.deallocate()
    }

    @inlinable public var count: Int { used }
    @inlinable public var isEmpty: Bool { count == 0 }

    /// Adds a key, copying it.
    ///
    /// - Returns: The index by which to ask for the answer.
    @inlinable @inline(__always) public mutating func append(_ key: Span<UInt8>) -> Int {
        if used == capacity { grow() }
        let offset = keys.count
        keys.append(few: key)
        unsafe (lookups + used).initialize(
            to: almanac_lookup(
                value: nil, value_count: 0, key_offset: offset, key_count: UInt32(key.count),
                outcome: Outcome.pending.rawValue))
        used += 1
        return used - 1
    }

    @inlinable @inline(__always) public func outcome(at index: Int) -> Outcome {
        precondition(index >= 0 && index < count)
        return unsafe Outcome(rawValue: lookups[index].outcome).unsafelyUnwrapped
    }

    /// The value found for a hit, lent until the batch next changes.
    @inlinable public subscript(valueAt index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            precondition(index >= 0 && index < count)
            let lookup = unsafe lookups[index]
            unsafe precondition(lookup.outcome == Outcome.hit.rawValue)
            let value = unsafe UnsafeBufferPointer(start: lookup.value, count: lookup.value_count)
            return unsafe _overrideLifetime(Span(_unsafeElements: value), borrowing: self)
        }
    }

    /// Lends the value found for a hit to `body`.
    @inlinable public func withValue<Result>(at index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        body(self[valueAt: index])
    }

    @inlinable public subscript(keyAt index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            precondition(index >= 0 && index < count)
            let lookup = unsafe lookups[index]
            let key = unsafe keys.span.extracting(lookup.key_offset..<lookup.key_offset + Int(lookup.key_count))
            return unsafe _overrideLifetime(key, borrowing: self)
        }
    }

    /// Drops keys and values, lets the engine unpin them, and keeps the memory.
    @inlinable public mutating func removeAll() {
        guard count > 0 else { return }
        pins.releaseAll()
        keys.removeAll()
        used = 0
    }

    /// Lends the look-ups of `range` to an engine, with the bytes that their `key_offset`s count from.
    @inlinable public mutating func withUnsafeLookups<Result>(
        in range: Range<Int>,
        _ body: (UnsafeMutableBufferPointer<almanac_lookup>, UnsafePointer<UInt8>) -> Result
    ) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        let chosen = unsafe UnsafeMutableBufferPointer(start: lookups + range.lowerBound, count: range.count)
        return unsafe keys.withUnsafeBytes { bytes in
            // Safety: a batch of empty keys only may have no bytes; any address then serves, as none is read.
            let base = unsafe bytes.baseAddress ?? UnsafeRawPointer(lookups)
            return unsafe body(chosen, base.assumingMemoryBound(to: UInt8.self))
        }
    }

    @usableFromInline @inline(never) mutating func grow() {
        let larger = UnsafeMutablePointer<almanac_lookup>.allocate(capacity: capacity * 2)
        unsafe larger.moveInitialize(from: lookups, count: count)
        unsafe lookups.deallocate()
        unsafe lookups = larger
        capacity *= 2
    }
}
