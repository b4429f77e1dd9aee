private import CLinux
internal import CPacked
private import Platform
internal import Storage
internal import Synchronization

/// Which parts of a version are in memory, and how they come there.
///
/// Any thread; one loads at a time.
@safe final class PackedResidency: Sendable {
    // Safety: made in init and freed in deinit; what changes in it is accessed as C's atomic bytes.
    nonisolated(unsafe) let version: UnsafeMutablePointer<almanac_packed_version>
    private let segments: [PackedSegment]
    private let memory: PackedMemory
    private let verifiesRecords: Bool
    /// Whether records are brought into memory, or only the index.
    let includesRecords: Bool
    /// Of what is brought into memory.
    let byteCount: Int
    private let progress = Mutex(Progress())

    private struct Progress {
        /// Of ``PackedMemory``.
        var reservedByteCount = 0
        /// Whether the kernel may take back what has been loaded.
        var isReclaimable = false
    }

    /// How many bytes the kernel is asked to read ahead of those that are waited for.
    private static let readAheadByteCount = 16 << 20

    init(_ segments: [PackedSegment], _ version: almanac_packed_version, _ options: PackedOptions) {
        self.segments = segments
        memory = options.memory
        verifiesRecords = options.verifiedReads != .off
        let all = segments.reduce(0) { $0 + $1.mapping.byteCount }
        includesRecords =
            switch options.residency {
            case .auto: all <= options.memory.byteCountMax
            case .memory: true
            case .disk: false
            }
        byteCount = includesRecords ? all : segments.reduce(0) { $0 + $1.indexBytes.count }
        unsafe self.version = .allocate(capacity: 1)
        unsafe self.version.initialize(to: version)
    }

    deinit {
        memory.release(progress.withLock(\.reservedByteCount))
        unsafe version.deallocate()
    }

    /// Brings the index into memory, and then the records.
    ///
    /// - Throws: ``EngineError`` where something was found damaged, after the rest has been loaded.
    func load(while shouldContinue: () -> Bool) throws(EngineError) {
        let locks = reserve()
        var failure: EngineError?
        for segment in segments {
            try load(chunksOf: segment.indexBytes, of: segment, locks, &failure, shouldContinue) { chunk in
                segment.verifyIndex(inChunk: chunk) ?? (verifiesRecords ? segment.verifyRecords(inChunk: chunk) : nil)
            }
        }
        noteReadiness()
        if includesRecords {
            for segment in segments {
                try load(chunksOf: 0..<segment.mapping.byteCount, of: segment, locks, &failure, shouldContinue) {
                    chunk in
                    verifiesRecords ? segment.verifyRecords(inChunk: chunk) : nil
                }
            }
            noteReadiness()
        }
        do throws(SystemError) {
            try memory.watch(self)
        } catch {
            throw EngineError(operation: "load", kind: .io, message: "nobody watches what is in memory: \(error)")
        }
        if let failure { throw failure }
    }

    /// Looks again at what is in memory: pages that are not locked go as the kernel needs them, and pages that a disk
    /// could not give are lost.
    func refresh() {
        let isReclaimable = progress.withLock(\.isReclaimable)
        let faultsSeen = unsafe almanac_packed_faults_seen(version)
        guard isReclaimable || faultsSeen != clinux_mapping_fault_count() else { return }
        guard isReclaimable else { return noteReadiness() }
        for segment in segments {
            let mapping = segment.mapping
            for chunk in mapping.chunks(of: includesRecords ? 0..<mapping.byteCount : segment.indexBytes) {
                switch mapping.mark(ofChunk: chunk) {
                case .resident where !mapping.isInMemory(chunk: chunk): mapping.setMark(ofChunk: chunk, .dropped)
                case .dropped where mapping.isInMemory(chunk: chunk): mapping.setMark(ofChunk: chunk, .resident)
                case .resident, .dropped, .cold, .faulted: break
                }
            }
        }
        noteReadiness()
    }

    /// Whether the memory may be locked.
    private func reserve() -> Bool {
        progress.withLock { progress in
            if progress.reservedByteCount == 0, memory.reserve(byteCount) { progress.reservedByteCount = byteCount }
            return progress.reservedByteCount > 0
        }
    }

    /// Loads the chunks that hold some bytes of a file, and marks those that `verify` finds nothing wrong with.
    private func load(
        chunksOf bytes: Range<Int>, of segment: PackedSegment, _ locks: Bool, _ failure: inout EngineError?,
        _ shouldContinue: () -> Bool, _ verify: (_ chunk: Int) -> EngineError?
    ) throws(EngineError) {
        let mapping = segment.mapping
        var expected = bytes.lowerBound
        for chunk in mapping.chunks(of: bytes) {
            guard shouldContinue() else { return }
            let start = mapping.bytes(ofChunk: chunk).lowerBound
            if mapping.mark(ofChunk: chunk) == .resident {
                expected = max(expected, mapping.bytes(ofChunk: chunk).upperBound)
                continue
            }
            if expected < min(start + Self.readAheadByteCount / 2, bytes.upperBound) {
                let end = min(max(expected, start) + Self.readAheadByteCount, bytes.upperBound)
                mapping.expect(expected..<end)
                expected = end
            }
            let population = mapping.populate(chunk: chunk, locks: locks)
            guard population != .unreadable else {
                failure = EngineError(
                    operation: "load", kind: .io, message: "\(segment.path): offset \(start) cannot be read")
                continue
            }
            if let found = verify(chunk) {
                failure = found
                mapping.setMark(ofChunk: chunk, .cold)
                continue
            }
            mapping.setMark(ofChunk: chunk, .resident)
            if population != .locked { progress.withLock { $0.isReclaimable = true } }
        }
    }

    /// What there is to tell an operator.
    var summary: EngineResidency {
        var resident = 0
        for segment in segments {
            let wanted = includesRecords ? 0..<segment.mapping.byteCount : segment.indexBytes
            for chunk in segment.mapping.chunks(of: wanted) where segment.mapping.mark(ofChunk: chunk) == .resident {
                resident += segment.mapping.bytes(ofChunk: chunk).clamped(to: wanted).count
            }
        }
        return EngineResidency(
            mode: includesRecords ? .memory : .disk, wantedByteCount: byteCount, residentByteCount: resident,
            indexByteCount: segments.reduce(0) { $0 + $1.indexBytes.count },
            isLocked: progress.withLock { $0.reservedByteCount > 0 && !$0.isReclaimable })
    }

    /// Finds out anew whether loops need no longer look at single marks.
    private func noteReadiness() {
        let faults = clinux_mapping_fault_count()
        let isIndexReady = segments.allSatisfy { $0.isMarkedResident($0.indexBytes) }
        let isReady =
            isIndexReady && includesRecords && segments.allSatisfy { $0.isMarkedResident(0..<$0.mapping.byteCount) }
        unsafe almanac_packed_set_ready(version, isIndexReady, isReady, faults)
    }
}

extension PackedSegment {
    /// Lines, overflow and page checksums.
    var indexBytes: Range<Int> { layout.lines.offset..<layout.pageChecksums.end }

    func isMarkedResident(_ bytes: Range<Int>) -> Bool {
        mapping.chunks(of: bytes).allSatisfy { mapping.mark(ofChunk: $0) == .resident }
    }

    /// Verifies the pages of the index that lie in a chunk, as far as both they and their checksums can be read.
    func verifyIndex(inChunk chunk: Int) -> EngineError? {
        let bytes = mapping.bytes(ofChunk: chunk).clamped(to: layout.index.offset..<layout.index.end)
        guard !bytes.isEmpty else { return nil }
        var (parts, failure) = unsafe (parts, almanac_packed_failure())
        let offset = UInt64(bytes.lowerBound - layout.index.offset)
        let isRight = unsafe almanac_packed_verify_index(&parts, offset, UInt64(bytes.count), &failure)
        return isRight ? nil : unsafe error("load", failure)
    }

    /// Verifies the records that end in a chunk of the file, also where they begin before it.
    func verifyRecords(inChunk chunk: Int) -> EngineError? {
        let bytes = mapping.bytes(ofChunk: chunk)
        let head = SegmentLayout.headByteCount
        guard bytes.lowerBound < layout.records.end, bytes.upperBound > head else { return nil }
        let start = UInt64(max(bytes.lowerBound - head, 0))
        let end = UInt64(min(bytes.upperBound - head, layout.records.count))
        var (parts, failure) = unsafe (parts, almanac_packed_failure())
        let isRight = unsafe almanac_packed_verify_records(&parts, start, end, &failure)
        return isRight ? nil : unsafe error("load", failure)
    }
}
