internal import Bytes
private import Glibc
internal import Platform
public import Storage

/// A version in the packed format, opened read-only.
///
/// Keys are in the order of their hash. Any thread.
public final class PackedEngine: Engine {
    public let format = "packed"
    public let keyCount: KeyCount
    public let isOrdered = false
    /// In the order of their slots; all of one size.
    let segments: [PackedSegment]

    /// Opens the segments in the directory `path`; the time that takes does not depend on the number of keys.
    ///
    /// - Throws: ``EngineError``: `missing` where there is no segment, `damaged` where the version cannot be right,
    ///   `unsupported` where this build cannot read it.
    public init(path: String) throws(EngineError) {
        let names: [String]
        do throws(SystemError) {
            names = try FileSystem.names(in: path).filter { $0.hasPrefix("segment-") && $0.hasSuffix(".packed") }
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
        self.segments = segments
        keyCount = .exact(segments.reduce(0) { $0 + $1.layout.keyCount })
    }

    public func makeBatch(rowCacheBytes: Int) -> LookupBatch { LookupBatch(pins: PackedPins(engine: self)) }

    public func lookUp(_ batch: inout LookupBatch, in range: Range<Int>, tier: ReadTier) {
        preconditionFailure("to be written")
    }

    public func scan(
        from start: ScanStart, limit: Int, _ visit: (Span<UInt8>) -> Void
    ) throws(EngineError) -> ScanStart? {
        var scan = PackedScan(self, limit: limit)
        return try scan.run(from: Self.position(of: start), visit).map { .position($0) }
    }

    public func makeRowWalk(from start: ScanStart, over extent: WalkExtent) throws(EngineError) -> any RowWalk {
        preconditionFailure("to be written")
    }

    public func randomKey(seed: UInt64, _ body: (Span<UInt8>) -> Void) throws(EngineError) -> Bool {
        preconditionFailure("to be written")
    }
}
