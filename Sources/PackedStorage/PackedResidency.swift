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
    private let wantsRecords: Bool
    private let progress = Mutex(Progress())
    /// Held by whoever brings chunks into memory: one at a time.
    private let lockedChunks: Mutex<[[Bool]]>

    private struct Progress {
        /// Of ``PackedMemory``.
        var reservedByteCount = 0
        /// Whether the kernel may take back what has been loaded.
        var isReclaimable = false
        /// Whether it may do so without telling, so that no record is sure to be in memory.
        var isBlind = false
    }

    /// Whether records are brought into memory, or only the index.
    ///
    /// Where records can neither be locked nor asked about, loops read them as they do from a disk.
    var includesRecords: Bool { wantsRecords && !progress.withLock(\.isBlind) }

    /// How many bytes the kernel is asked to read ahead of those that are waited for.
    private static let readAheadByteCount = 16 << 20

    init(_ segments: [PackedSegment], _ version: almanac_packed_version, _ options: PackedOptions) {
        self.segments = segments
        memory = options.memory
        verifiesRecords = options.verifiedReads != .off
        let all = segments.reduce(0) { $0 + $1.mapping.byteCount }
        wantsRecords =
            switch options.residency {
            case .auto: all <= options.memory.byteCountMax
            case .memory: true
            case .disk: false
            }
        lockedChunks = Mutex(segments.map { Array(repeating: false, count: $0.mapping.chunkCount) })
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
        let failure = lockedChunks.withLock { loadAll(&$0, [.cold, .dropped], shouldContinue) }
        do throws(SystemError) {
            try memory.watch(self)
        } catch {
            throw EngineError(operation: "load", kind: .io, message: "nobody watches what is in memory: \(error)")
        }
        if let failure { throw failure }
    }

    /// Looks again at what is in memory: pages that are not locked go as the kernel needs them, and pages that a disk
    /// could not give are lost.
    ///
    /// What has gone is brought back and verified, and what is not locked is locked where that can be done by now.
    func refresh() {
        let isReclaimable = progress.withLock(\.isReclaimable)
        let faultsSeen = unsafe almanac_packed_faults_seen(version)
        guard isReclaimable || faultsSeen != clinux_mapping_fault_count() else { return }
        let isLoading =
            lockedChunks.withLockIfAvailable { locked in
                guard isReclaimable else { return }
                noteDropped(locked)
                noteReadiness()
                // What is damaged is told where it is looked up.
                _ = loadAll(&locked, [.dropped]) { true }
                lockResident(&locked)
            } == nil
        if isLoading || !isReclaimable { noteReadiness() }
    }

    /// Loads all chunks that have one of some marks: those of the index of all segments first.
    ///
    /// - Returns: What was found damaged.
    private func loadAll(
        _ locked: inout [[Bool]], _ marks: Set<ChunkMark>, _ shouldContinue: () -> Bool
    ) -> EngineError? {
        var failure: EngineError?
        for (index, segment) in segments.enumerated() {
            load(chunksOf: segment.indexBytes, of: segment, &locked[index], marks, &failure, shouldContinue)
        }
        noteReadiness()
        guard includesRecords else { return failure }
        for (index, segment) in segments.enumerated() {
            load(chunksOf: 0..<segment.mapping.byteCount, of: segment, &locked[index], marks, &failure, shouldContinue)
        }
        noteReadiness()
        return failure
    }

    /// Marks what the kernel has taken back.
    private func noteDropped(_ locked: [[Bool]]) {
        for (index, segment) in segments.enumerated() where segment.mapping.tellsResidency {
            let mapping = segment.mapping
            for chunk in mapping.chunks(of: wantedBytes(of: segment)) where !locked[index][chunk] {
                guard mapping.mark(ofChunk: chunk) == .resident, !mapping.isInMemory(chunk: chunk) else { continue }
                mapping.setMark(ofChunk: chunk, .dropped)
                segment.forgetIndex(inChunk: chunk)
            }
        }
    }

    /// Locks what is in memory and not locked, until that is refused: a version that was before may have gone.
    private func lockResident(_ locked: inout [[Bool]]) {
        for (index, segment) in segments.enumerated() {
            for chunk in segment.mapping.chunks(of: wantedBytes(of: segment)) where !locked[index][chunk] {
                guard segment.mapping.mark(ofChunk: chunk) == .resident else { continue }
                guard populate(chunk, of: segment) == .locked else { return }
                locked[index][chunk] = true
            }
        }
        progress.withLock { $0.isReclaimable = false }
    }

    /// Waits until a chunk is in memory, and locks it where there is room for that.
    private func populate(_ chunk: Int, of segment: PackedSegment) -> SegmentMapping.Population {
        let byteCount = segment.mapping.bytes(ofChunk: chunk).count
        let isReserved = memory.reserve(byteCount)
        let population = segment.mapping.populate(chunk: chunk, locks: isReserved)
        if isReserved, population == .locked {
            progress.withLock { $0.reservedByteCount += byteCount }
        } else if isReserved {
            memory.release(byteCount)
        }
        return population
    }

    private func wantedBytes(of segment: PackedSegment) -> Range<Int> {
        includesRecords ? 0..<segment.mapping.byteCount : segment.indexBytes
    }

    /// Loads the chunks that hold some bytes of a file, and marks those that nothing is found wrong with.
    ///
    /// All of the bytes' part of the index is verified before any record, as it leads to them.
    private func load(
        chunksOf bytes: Range<Int>, of segment: PackedSegment, _ locked: inout [Bool], _ marks: Set<ChunkMark>,
        _ failure: inout EngineError?, _ shouldContinue: () -> Bool
    ) {
        let mapping = segment.mapping
        var expected = bytes.lowerBound
        var populated: [Int] = []
        let isIndex = bytes == segment.indexBytes
        for chunk in mapping.chunks(of: bytes) {
            guard shouldContinue() else { break }
            let start = mapping.bytes(ofChunk: chunk).lowerBound
            guard marks.contains(mapping.mark(ofChunk: chunk)) else {
                expected = max(expected, mapping.bytes(ofChunk: chunk).upperBound)
                continue
            }
            if expected < min(start + Self.readAheadByteCount / 2, bytes.upperBound) {
                let end = min(max(expected, start) + Self.readAheadByteCount, bytes.upperBound)
                mapping.expect(expected..<end)
                expected = end
            }
            let population = locked[chunk] ? .locked : populate(chunk, of: segment)
            guard population != .unreadable else {
                failure = EngineError(
                    operation: "load", kind: .io, message: "\(segment.path): offset \(start) cannot be read")
                continue
            }
            if population == .locked { locked[chunk] = true }
            note(population, of: mapping)
            guard isIndex || includesRecords else { return }
            if let found = segment.verifyIndex(inChunk: chunk) {
                failure = found
                mapping.setMark(ofChunk: chunk, .cold)
            } else if isIndex {
                populated.append(chunk)
            } else {
                admit(chunk, of: segment, &failure)
            }
        }
        for chunk in populated { admit(chunk, of: segment, &failure) }
    }

    /// Marks a chunk that has been populated, unless there is something wrong with its records.
    private func admit(_ chunk: Int, of segment: PackedSegment, _ failure: inout EngineError?) {
        let found = verifiesRecords ? segment.verifyRecords(inChunk: chunk) : nil
        if let found { failure = found }
        segment.mapping.setMark(ofChunk: chunk, found == nil ? .resident : .cold)
    }

    private func note(_ population: SegmentMapping.Population, of mapping: SegmentMapping) {
        guard population != .locked else { return }
        progress.withLock { progress in
            progress.isReclaimable = true
            if !mapping.tellsResidency { progress.isBlind = true }
        }
    }

    /// What there is to tell an operator.
    var summary: EngineResidency {
        var resident = 0
        var wantedByteCount = 0
        for segment in segments {
            let wanted = wantedBytes(of: segment)
            wantedByteCount += wanted.count
            for chunk in segment.mapping.chunks(of: wanted) where segment.mapping.mark(ofChunk: chunk) == .resident {
                resident += segment.mapping.bytes(ofChunk: chunk).clamped(to: wanted).count
            }
        }
        return EngineResidency(
            mode: includesRecords ? .memory : .disk, wantedByteCount: wantedByteCount, residentByteCount: resident,
            indexByteCount: segments.reduce(0) { $0 + $1.indexBytes.count },
            isLocked: progress.withLock { $0.reservedByteCount > 0 && !$0.isReclaimable })
    }

    /// Finds out anew whether loops need no longer look at single marks.
    private func noteReadiness() {
        progress.withLock { progress in
            // The count first: what fails from here on makes loops look at the marks.
            let faults = clinux_mapping_fault_count()
            let isIndexReady = segments.allSatisfy { $0.isMarkedResident($0.indexBytes) }
            let isReady =
                isIndexReady && wantsRecords && !progress.isBlind
                && segments.allSatisfy { $0.isMarkedResident(0..<$0.mapping.byteCount) }
            unsafe almanac_packed_set_ready(version, isIndexReady, isReady, faults)
        }
    }
}

extension PackedSegment {
    /// Lines, overflow and page checksums.
    var indexBytes: Range<Int> { layout.lines.offset..<layout.pageChecksums.end }

    func isMarkedResident(_ bytes: Range<Int>) -> Bool {
        mapping.chunks(of: bytes).allSatisfy { mapping.mark(ofChunk: $0) == .resident }
    }

    /// Has the pages of the index that lie in a chunk verified again.
    func forgetIndex(inChunk chunk: Int) {
        let bytes = mapping.bytes(ofChunk: chunk).clamped(to: layout.index.offset..<layout.index.end)
        guard !bytes.isEmpty else { return }
        var parts = unsafe parts
        unsafe almanac_packed_forget_index(&parts, UInt64(bytes.lowerBound - layout.index.offset), UInt64(bytes.count))
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
