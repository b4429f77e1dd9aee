private import Bytes

/// One opened, unchanging set of keys and values, in one storage format.
///
/// Engines are read by many threads at once and never written, so every method may be called from
/// any thread. Releasing the last reference closes the engine and gives its files back.
public protocol Engine: AnyObject, Sendable {
    /// The format's name as manifests and `INFO` spell it: `rocksdb`, `packed`.
    var format: String { get }

    /// How many keys there are, and whether that number is exact.
    var keyCount: KeyCount { get }

    /// Whether walks go in the order of the keys' bytes, so that ranges can be read.
    ///
    /// Walks of an engine that is not ordered go by position instead, and take ``ScanStart/key(_:)`` for an error.
    var isOrdered: Bool { get }

    /// How much of the version is in memory; `nil` where the engine's caches decide that.
    var residency: EngineResidency? { get }

    /// Below, at or above zero as walks over rows come to key `one` before, with or after `other`.
    func order(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Int

    /// A batch for look-ups in this engine and in no other.
    ///
    /// - Parameter rowCacheBytes: Memory that an engine with slow look-ups may use to keep the rows that this
    ///   batch has found lately, for as long as the batch lives; 0 for none.
    /// - Returns: An empty batch.
    func makeBatch(rowCacheBytes: Int) -> LookupBatch

    /// Looks up every key of `batch` that is still ``Outcome/pending`` or ``Outcome/wouldBlock``.
    ///
    /// With ``ReadTier/resident`` the call never waits for the disk: what would comes back as
    /// ``Outcome/wouldBlock``. With ``ReadTier/anywhere`` none does. Allocates nothing when all keys
    /// are resident and the batch has been used at this size before.
    ///
    /// - Parameters:
    ///   - batch: Made by this engine.
    ///   - range: The look-ups to answer; others are left as they are.
    ///   - tier: How far to go for a value.
    func lookUp(_ batch: inout LookupBatch, in range: Range<Int>, tier: ReadTier)

    /// Visits keys in the engine's order; may wait for the disk, so readers call it and loops never do.
    ///
    /// - Parameters:
    ///   - start: Where to begin.
    ///   - limit: How many keys to visit at most; at least 1. Keys that share a position come together, however
    ///     many they are.
    ///   - visit: Called with each key, lent for the call.
    /// - Returns: Where the walk would go on, or `nil` at the end of the version.
    /// - Throws: ``EngineError`` when the files cannot be read; keys visited until then were right.
    func scan(
        from start: ScanStart, limit: Int, _ visit: (Span<UInt8>) -> Void
    ) throws(EngineError) -> ScanStart?

    /// Begins a walk over keys and values in the engine's order.
    ///
    /// Leaves what look-ups have in memory as it is. Waits for the disk.
    func makeRowWalk(from start: ScanStart, over extent: WalkExtent) throws(EngineError) -> any RowWalk

    /// Brings into memory what is answered from there, and waits for the disk meanwhile.
    ///
    /// Look-ups may come at the same time, and before it has ended find more that would block. The control thread calls
    /// it before a version takes another's place, and behind the first version's opening.
    ///
    /// - Parameter shouldContinue: Asked every few milliseconds; the rest is left where it is false.
    /// - Throws: ``EngineError`` when the files cannot be read.
    func load(while shouldContinue: () -> Bool) throws(EngineError)

    /// Lends one key, chosen by `seed` with every key possible, to `body`; may wait for the disk.
    ///
    /// - Returns: False where the version is empty.
    func randomKey(seed: UInt64, _ body: (Span<UInt8>) -> Void) throws(EngineError) -> Bool
}

extension Engine {
    /// The order of the keys' bytes.
    public func order(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Int { one.compare(other) }

    /// A batch for a few look-ups.
    public func makeBatch() -> LookupBatch { makeBatch(rowCacheBytes: 0) }

    public func load(while shouldContinue: () -> Bool) throws(EngineError) {}

    public var residency: EngineResidency? { nil }

    /// A walk over the whole version, for tools.
    public func makeRowWalk(from start: ScanStart) throws(EngineError) -> any RowWalk {
        try makeRowWalk(from: start, over: .everything)
    }
}

/// How much of a version a walk is going to read, for an engine to read ahead accordingly.
public enum WalkExtent: Sendable {
    /// A page of rows.
    case fewRows
    case everything
}

/// Where a scan begins.
public enum ScanStart: Sendable, Equatable {
    case beginning
    /// At this key, or at the next in order where it is absent.
    case key([UInt8])
    /// At this position of an order that is the same in every version: 1 to 2^52 - 1.
    ///
    /// Where each key has a position of its own in all versions, as its hash gives it, a walk needs nothing else to
    /// go on after a swap, or on another server.
    case position(UInt64)
}

/// How far a look-up may go for a value.
public enum ReadTier: Sendable {
    /// Only what is in memory: safe on a loop.
    case resident
    /// To the disk, waiting for it: readers only.
    case anywhere
}

public enum KeyCount: Sendable, Equatable {
    case exact(Int)
    case estimate(Int)

    public var value: Int {
        switch self {
        case .exact(let count), .estimate(let count): count
        }
    }
}

/// A read, or an opening, that an engine could not carry out.
///
/// The request fails; the server lives on.
public struct EngineError: Error, Equatable, CustomStringConvertible {
    /// What was being done, in the engine's own terms: `get`, `open`.
    public let operation: String
    /// What the caller can do about it.
    public let kind: Kind
    /// The engine's message, for logs and operators only.
    ///
    /// It may name paths, so it never reaches a client.
    public let message: String

    public enum Kind: Sendable, Equatable {
        /// Nothing there: no such directory, or no dataset in it.
        case missing
        /// There, but its bytes are not what they should be.
        case damaged
        /// Written in a way that this build cannot read, such as by a newer release.
        case unsupported
        /// The operating system refused or failed.
        case io
        /// The caller asked for something impossible, such as a column family that does not exist.
        case invalid
    }

    public init(operation: String, kind: Kind, message: String) {
        self.operation = operation
        self.kind = kind
        self.message = message
    }

    public var description: String { "\(operation): \(message)" }
}
