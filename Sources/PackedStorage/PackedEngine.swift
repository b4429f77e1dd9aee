internal import Bytes
internal import CLookup
internal import CPacked
private import Glibc
internal import Platform
public import Storage

/// A version in the packed format, opened read-only.
///
/// Keys are in the order of their hash. Any thread.
@safe public final class PackedEngine: Engine {
    public let format = "packed"
    public let keyCount: KeyCount
    public let isOrdered = false
    /// In the order of their slots; all of one size.
    let segments: [PackedSegment]
    let pages: PackedResidency
    /// What values were compressed with, by the hash in the trailer: segments have their own, unless they are the
    /// same to the byte.
    private let dictionaries: [UInt64: ValueDictionary]
    // Safety: made in init and freed in deinit; what changes in it is accessed as C's atomic bytes.
    nonisolated(unsafe) private let parts: UnsafeMutablePointer<almanac_packed_segment>

    /// Opens the segments in the directory `path`; the time that takes does not depend on the number of keys.
    ///
    /// - Throws: ``EngineError``: `missing` where there is no segment, `damaged` where the version cannot be right,
    ///   `unsupported` where this build cannot read it.
    public init(path: String, options: PackedOptions = PackedOptions()) throws(EngineError) {
        let names: [String]
        do throws(SystemError) {
            names = try FileSystem.names(in: path).filter(SegmentLayout.isFileName)
        } catch {
            let kind: EngineError.Kind = error.code == ENOENT || error.code == ENOTDIR ? .missing : .io
            throw EngineError(operation: "open", kind: kind, message: "\(path): \(error.reason)")
        }
        guard !names.isEmpty else {
            throw EngineError(operation: "open", kind: .missing, message: "\(path): no segment of a packed version")
        }
        var segments: [PackedSegment] = []
        var next = 0
        for name in names.sorted() {
            let segment = try PackedSegment(path: "\(path)/\(name)")
            let slots = segment.layout.slots
            guard slots.lowerBound == next, slots.count == segments.first?.layout.slots.count ?? slots.count else {
                throw EngineError(
                    operation: "open", kind: .damaged,
                    message: "\(path)/\(name) begins with slot \(slots.lowerBound), where \(next) should follow")
            }
            next = slots.upperBound
            segments.append(segment)
        }
        guard next == PackedKey.slotCount else {
            throw EngineError(
                operation: "open", kind: .damaged,
                message: "\(path): the segments end with slot \(next - 1) of \(PackedKey.slotCount)")
        }
        var dictionaries: [UInt64: ValueDictionary] = [:]
        for segment in segments where dictionaries[segment.layout.dictionaryHash] == nil {
            dictionaries[segment.layout.dictionaryHash] = try segment.readDictionary()
        }
        self.segments = segments
        self.dictionaries = dictionaries
        keyCount = .exact(segments.reduce(0) { $0 + $1.layout.keyCount })
        unsafe parts = .allocate(capacity: segments.count)
        for (index, segment) in segments.enumerated() {
            unsafe (parts + index).initialize(to: segment.parts)
            unsafe parts[index].dictionary = (dictionaries[segment.layout.dictionaryHash]?.handle).map {
                unsafe UnsafeRawPointer($0)
            }
        }
        let version = unsafe almanac_packed_version(
            segments: parts, segment_count: UInt32(segments.count),
            slot_shift: UInt32(segments[0].layout.slots.count.trailingZeroBitCount),
            verifies: options.verifiedReads.constant, index_is_ready: 0, records_are_ready: 0, faults_seen: 0)
        pages = unsafe PackedResidency(segments, version, options)
    }

    deinit { unsafe parts.deallocate() }

    public var residency: EngineResidency? { pages.summary }

    /// Whether a directory holds a packed version, or some of one.
    public static func isPresent(in directory: String) -> Bool {
        // A directory that cannot be read holds nothing; whoever opens it is told why.
        (try? FileSystem.names(in: directory))?.contains(where: SegmentLayout.isFileName) ?? false
    }

    public func makeBatch(rowCacheBytes: Int) -> LookupBatch { LookupBatch(pins: PackedPins(engine: self)) }

    public func lookUp(_ batch: inout LookupBatch, in range: Range<Int>, tier: ReadTier) {
        guard let pins = batch.pins as? PackedPins, pins.engine === self else {
            preconditionFailure("a batch answers look-ups in the engine that made it only")
        }
        let damaged = unsafe batch.withUnsafeLookups(in: range) { lookups, keys in
            // Safety: every look-up's key lies within `keys`, and `pins` outlives the values lent.
            unsafe almanac_packed_lookup(
                pages.version, pins.handle, lookups.baseAddress, lookups.count, keys, tier == .anywhere)
        }
        if damaged > 0 { batch.failure = pins.failure }
    }

    public func load(while shouldContinue: () -> Bool) throws(EngineError) {
        try pages.load(while: shouldContinue)
    }

    public func scan(
        from start: ScanStart, limit: Int, _ visit: (Span<UInt8>) -> Void
    ) throws(EngineError) -> ScanStart? {
        var scan = PackedScan(self, limit: limit)
        return try scan.run(from: Self.position(of: start), visit).map { .position($0) }
    }

    public func makeRowWalk(from start: ScanStart, over extent: WalkExtent) throws(EngineError) -> any RowWalk {
        try PackedRowWalk(self, from: start, over: extent)
    }

    public func randomKey(seed: UInt64, _ body: (Span<UInt8>) -> Void) throws(EngineError) -> Bool {
        try chooseKey(seed: seed, body)
    }
}

extension PackedOptions.VerifiedReads {
    fileprivate var constant: UInt32 {
        switch self {
        case .off: UInt32(ALMANAC_PACKED_VERIFY_OFF)
        case .cold: UInt32(ALMANAC_PACKED_VERIFY_COLD)
        case .all: UInt32(ALMANAC_PACKED_VERIFY_ALL)
        }
    }
}
