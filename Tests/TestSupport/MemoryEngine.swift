internal import Bytes
internal import CLookup
internal import PackedStorage
public import Storage
internal import Synchronization

/// An engine over keys and values in memory, for tests; it can be told to behave like a slow or failing disk.
///
/// Keys are in the order of their bytes, or, where it is told to, of their hash, as in the packed format. Any thread.
public final class MemoryEngine: Engine {
    /// How the engine answers, other than truly.
    public struct Behaviour: Sendable {
        /// Keys that the resident tier does not hold until they have been read from anywhere.
        public var coldKeys: Set<[UInt8]> = []
        /// Keys whose reading fails in every tier but the cold resident one.
        public var damagedKeys: Set<[UInt8]> = []
        /// Why it fails.
        public var failureKind = EngineError.Kind.damaged
        /// Makes every scan and random key fail.
        public var failsWalks = false
        /// Called before each look-up that may read the disk, on the thread that asked; may wait.
        public var beforeDiskRead: (@Sendable ([UInt8]) -> Void)?
        /// A read from anywhere makes a cold key resident, as a cache would.
        public var warmsOnRead = true
        /// Whether walks go in the order of keys, rather than by position.
        public var isOrdered = true

        public init() {}
    }

    public let format = "memory"
    public let keyCount: KeyCount
    public var isOrdered: Bool { behaviour.withLock { $0.isOrdered } }
    /// Keys that scans have visited so far.
    public var visitedKeyCount: Int { visitedKeys.load(ordering: .relaxed) }
    private let visitedKeys = Atomic<Int>(0)
    private let keys: [[UInt8]]
    /// In the order of hash and key.
    private let hashedKeys: [HashedKey]
    // Values have an address of their own, as they are lent without a copy.
    private let values: [[UInt8]: MemoryValue]
    private let behaviour: Mutex<Behaviour>
    private let onClose: (@Sendable () -> Void)?

    /// Makes an engine that holds `entries`, and calls `onClose` when the last reference to it has gone.
    public init(
        _ entries: [[UInt8]: [UInt8]], behaviour: Behaviour = Behaviour(), onClose: (@Sendable () -> Void)? = nil
    ) {
        keys = entries.keys.sorted { $0.lexicographicallyPrecedes($1) }
        hashedKeys = keys.map { HashedKey($0) }.sorted()
        values = entries.mapValues(MemoryValue.init)
        keyCount = .exact(entries.count)
        self.behaviour = Mutex(behaviour)
        self.onClose = onClose
    }

    /// Makes an engine of text.
    public convenience init(
        text entries: [String: String], behaviour: Behaviour = Behaviour(), onClose: (@Sendable () -> Void)? = nil
    ) {
        let bytes = entries.map { (Array($0.utf8), Array($1.utf8)) }
        self.init(Dictionary(uniqueKeysWithValues: bytes), behaviour: behaviour, onClose: onClose)
    }

    deinit { onClose?() }

    /// Changes how the engine answers from now on.
    public func change(_ body: (inout Behaviour) -> Void) { behaviour.withLock { body(&$0) } }

    public func order(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Int {
        let (hash, otherHash) = (PackedKey.hash(one), PackedKey.hash(other))
        return isOrdered || hash == otherHash ? one.compare(other) : hash < otherHash ? -1 : 1
    }

    public func makeBatch(rowCacheBytes: Int) -> LookupBatch { LookupBatch(pins: MemoryPins(engine: self)) }

    public func lookUp(_ batch: inout LookupBatch, in range: Range<Int>, tier: ReadTier) {
        precondition((batch.pins as? MemoryPins)?.engine === self, "a batch is for the engine that made it")
        for index in range {
            guard batch.outcome(at: index) == .pending || batch.outcome(at: index) == .wouldBlock else { continue }
            let key = Array(copying: batch[keyAt: index])
            let outcome = outcome(of: key, tier: tier)
            let value = outcome == .hit ? values[key] : nil
            if outcome == .damaged {
                let kind = behaviour.withLock { $0.failureKind }
                batch.failure = EngineError(operation: "get", kind: kind, message: "told to fail")
            }
            unsafe batch.withUnsafeLookups(in: index..<index + 1) { lookups, _ in
                unsafe lookups[0].outcome = outcome.rawValue
                guard let value else { return }
                unsafe lookups[0].value = UnsafePointer(value.bytes.baseAddress)
                unsafe lookups[0].value_count = value.bytes.count
            }
        }
    }

    private func outcome(of key: [UInt8], tier: ReadTier) -> Outcome {
        let truth: Outcome = values[key] == nil ? .miss : .hit
        let now = behaviour.withLock { $0 }
        if tier == .resident {
            if now.coldKeys.contains(key) { return .wouldBlock }
        } else {
            now.beforeDiskRead?(key)
            if now.warmsOnRead { behaviour.withLock { _ = $0.coldKeys.remove(key) } }
        }
        return now.damagedKeys.contains(key) ? .damaged : truth
    }

    public func scan(
        from start: ScanStart, limit: Int, _ visit: (Span<UInt8>) -> Void
    ) throws(EngineError) -> ScanStart? {
        precondition(limit >= 1)
        try checkWalks("scan")
        guard isOrdered else { return try scanPositions(from: start, limit: limit, visit) }
        let first = try index(of: start)
        let end = first + min(limit, keys.count - first)
        for key in keys[first..<end] { visit(key.span) }
        visitedKeys.add(end - first, ordering: .relaxed)
        return end < keys.count ? .key(keys[end]) : nil
    }

    private func scanPositions(
        from start: ScanStart, limit: Int, _ visit: (Span<UInt8>) -> Void
    ) throws(EngineError) -> ScanStart? {
        let rest = hashedKeys[try index(of: start)...]
        var page = rest.prefix(limit)
        // Those of one position come together: none of the last, unless it is the first, too.
        if let next = rest.dropFirst(limit).first, let first = page.first {
            page =
                first.position == next.position
                ? rest.prefix { $0.position == first.position } : page.prefix { $0.position < next.position }
        }
        for entry in page { visit(entry.key.span) }
        visitedKeys.add(page.count, ordering: .relaxed)
        return rest.dropFirst(page.count).first.map { .position($0.position) }
    }

    public func makeRowWalk(
        from start: ScanStart, over extent: WalkExtent
    ) throws(EngineError) -> any RowWalk {
        let first = try index(of: start)
        return MemoryRowWalk(engine: self, keys: isOrdered ? keys[first...] : hashedKeys.map(\.key)[first...])
    }

    /// Copies the row of `key`, which must be there, to `page`.
    fileprivate func copyRow(_ key: [UInt8], to page: inout RowPage) throws(EngineError) {
        try checkWalks("scan")
        guard !behaviour.withLock({ $0.damagedKeys.contains(key) }) else {
            throw EngineError(operation: "scan", kind: .damaged, message: "told to fail")
        }
        guard let value = values[key] else { preconditionFailure("a walk visits keys that are there") }
        page.append(key: key.span, value: unsafe Span(_unsafeElements: UnsafeBufferPointer(value.bytes)))
    }

    public func randomKey(seed: UInt64, _ body: (Span<UInt8>) -> Void) throws(EngineError) -> Bool {
        try checkWalks("random key")
        if keys.isEmpty { return false }
        let key = keys[Int(seed % UInt64(keys.count))]
        body(key.span)
        return true
    }

    private func checkWalks(_ operation: String) throws(EngineError) {
        if behaviour.withLock({ $0.failsWalks }) {
            throw EngineError(operation: operation, kind: .damaged, message: "told to fail")
        }
    }

    private func index(of start: ScanStart) throws(EngineError) -> Int {
        switch (start, isOrdered) {
        case (.beginning, _): return 0
        case (.key(let key), true): return indexOfFirst(notBefore: key)
        case (.position(let position), false):
            return hashedKeys.firstIndex { $0.position >= position } ?? hashedKeys.count
        case (.key, false), (.position, true):
            throw EngineError(operation: "scan", kind: .invalid, message: "no start of a walk in this order")
        }
    }

    private func indexOfFirst(notBefore key: [UInt8]) -> Int {
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle].lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A key among others in the order of their hash.
struct HashedKey: Comparable {
    let hash: UInt64
    let key: [UInt8]

    init(_ key: [UInt8]) {
        self.key = key
        hash = PackedKey.hash(key.span)
    }

    /// Of walks by position.
    var position: UInt64 { hash >> 12 }

    static func < (one: Self, other: Self) -> Bool {
        one.hash != other.hash ? one.hash < other.hash : one.key.lexicographicallyPrecedes(other.key)
    }
}

/// Gives few rows at a time, so that tests see many pages.
private final class MemoryRowWalk: RowWalk {
    private let engine: MemoryEngine
    private var keys: ArraySlice<[UInt8]>

    init(engine: MemoryEngine, keys: ArraySlice<[UInt8]>) {
        self.engine = engine
        self.keys = keys
    }

    func readRows(into page: inout RowPage, limit: Int) throws(EngineError) {
        page.removeAll()
        while page.count < min(limit, 3), let key = keys.first {
            try engine.copyRow(key, to: &page)
            keys.removeFirst()
        }
    }
}

private final class MemoryPins: LookupPins {
    /// Keeps the values lent alive, as an engine may be let go of before a batch.
    let engine: MemoryEngine

    init(engine: MemoryEngine) { self.engine = engine }

    func releaseAll() {}
}

@safe private final class MemoryValue: Sendable {
    // Safety: filled in init, freed in deinit, never written in between.
    nonisolated(unsafe) let bytes: UnsafeMutableBufferPointer<UInt8>

    init(_ value: [UInt8]) {
        unsafe bytes = .allocate(capacity: value.count)
        _ = unsafe bytes.initialize(from: value)
    }

    deinit { unsafe bytes.deallocate() }
}

extension Array where Element == UInt8 {
    /// The bytes of `span`, as an array of their own.
    public init(copying span: Span<UInt8>) {
        self.init()
        reserveCapacity(span.count)
        for index in span.indices { append(span[index]) }
    }
}
