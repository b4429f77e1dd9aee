internal import CLinux
internal import CPacked
private import Glibc
internal import Platform

/// A segment's file, mapped for reading at random places, and what is known of which of its chunks are in memory.
///
/// Any thread.
@safe final class SegmentMapping: Sendable {
    // Safety: set once in init and given back in deinit; the memory of the marks is accessed as C's atomic bytes.
    nonisolated(unsafe) let base: UnsafePointer<UInt8>
    nonisolated(unsafe) let chunkMarks: UnsafeMutablePointer<UInt8>
    nonisolated(unsafe) let pageMarks: UnsafeMutablePointer<UInt8>
    nonisolated(unsafe) private let registration: UnsafeMutableRawPointer
    /// The descriptor that look-ups read with.
    let file: LookupFile
    let byteCount: Int
    /// Whether the kernel tells this process what is in the page cache, so that ``isInMemory(chunk:)`` can be believed.
    let tellsResidency: Bool

    static let chunkByteCount = 1 << Int(ALMANAC_PACKED_CHUNK_SHIFT)

    /// Maps the file at `path`, without reading any of it.
    ///
    /// - Parameters:
    ///   - path: Of the file.
    ///   - other: The file, as it was opened and checked.
    ///   - byteCount: Of the file; at least 1.
    ///   - indexPageCount: Pages of 4,096 bytes in its index.
    /// - Throws: What the kernel refused; `ESTALE` where another file is at `path` by now.
    init(path: String, sameAs other: BulkFile, byteCount: Int, indexPageCount: Int) throws(SystemError) {
        file = try LookupFile(path: path, sameAs: other)
        self.byteCount = byteCount
        tellsResidency = unsafe almanac_packed_tells_residency(file.descriptor.rawValue, path)
        let mapped = unsafe mmap(nil, byteCount, PROT_READ, MAP_SHARED, file.descriptor.rawValue, 0)
        guard unsafe mapped != MAP_FAILED, let mapped = unsafe mapped else {
            throw SystemError(call: "mmap", code: errno)
        }
        // What a page fault reads besides its page would be of other keys.
        unsafe madvise(mapped, byteCount, MADV_RANDOM)
        unsafe base = UnsafePointer(mapped.assumingMemoryBound(to: UInt8.self))
        let chunkCount = (byteCount + Self.chunkByteCount - 1) / Self.chunkByteCount
        unsafe chunkMarks = .allocate(capacity: chunkCount)
        unsafe chunkMarks.initialize(repeating: UInt8(ALMANAC_PACKED_COLD), count: chunkCount)
        unsafe pageMarks = .allocate(capacity: indexPageCount)
        unsafe pageMarks.initialize(repeating: 0, count: indexPageCount)
        var mapping = unsafe clinux_mapping(
            base: base, count: byteCount, marks: chunkMarks, mark_shift: UInt32(ALMANAC_PACKED_CHUNK_SHIFT),
            faulted_mark: UInt8(ALMANAC_PACKED_FAULTED))
        guard let registration = unsafe clinux_mapping_add(&mapping) else {
            preconditionFailure("no memory to register a mapping")
        }
        unsafe self.registration = registration
    }

    deinit {
        unsafe clinux_mapping_remove(registration)
        _ = unsafe munmap(UnsafeMutableRawPointer(mutating: base), byteCount)
        unsafe chunkMarks.deallocate()
        unsafe pageMarks.deallocate()
    }

    // MARK: Chunks

    var chunkCount: Int { (byteCount + Self.chunkByteCount - 1) / Self.chunkByteCount }

    /// The bytes of the file that a chunk has.
    func bytes(ofChunk chunk: Int) -> Range<Int> {
        chunk * Self.chunkByteCount..<min((chunk + 1) * Self.chunkByteCount, byteCount)
    }

    /// The chunks that hold some bytes of the file.
    func chunks(of bytes: Range<Int>) -> Range<Int> {
        guard !bytes.isEmpty else { return 0..<0 }
        return bytes.lowerBound / Self.chunkByteCount..<(bytes.upperBound - 1) / Self.chunkByteCount + 1
    }

    func mark(ofChunk chunk: Int) -> ChunkMark {
        precondition(chunk >= 0 && chunk < chunkCount)
        return unsafe ChunkMark(rawValue: almanac_packed_mark(chunkMarks + chunk)) ?? .faulted
    }

    /// Marks a chunk, unless the disk has failed there.
    func setMark(ofChunk chunk: Int, _ mark: ChunkMark) {
        precondition(chunk >= 0 && chunk < chunkCount && mark != .faulted)
        unsafe almanac_packed_set_mark(chunkMarks + chunk, mark.rawValue)
    }

    /// Has the kernel begin to read some bytes.
    func expect(_ bytes: Range<Int>) {
        // The kernel takes from one call what the disk reads in one request, and forgets the rest.
        for start in stride(from: bytes.lowerBound, to: bytes.upperBound, by: Self.expectedByteCount) {
            let count = min(Self.expectedByteCount, bytes.upperBound - start)
            _ = posix_fadvise(file.descriptor.rawValue, start, count, POSIX_FADV_WILLNEED)
        }
    }

    /// No larger than the least request of common disks, 128 KiB.
    private static let expectedByteCount = 128 << 10

    enum Population {
        case locked
        case populated
        case unreadable
    }

    /// Waits until a chunk is in memory.
    func populate(chunk: Int, locks: Bool) -> Population {
        let bytes = bytes(ofChunk: chunk)
        // Safety: the range lies within the mapping, and chunks begin with pages.
        switch unsafe almanac_packed_populate(base + bytes.lowerBound, bytes.count, locks) {
        case Int32(ALMANAC_PACKED_LOCKED): return .locked
        case Int32(ALMANAC_PACKED_POPULATED): return .populated
        default: return .unreadable
        }
    }

    /// Whether all of a chunk is in the page cache.
    func isInMemory(chunk: Int) -> Bool {
        let bytes = bytes(ofChunk: chunk)
        return unsafe almanac_packed_is_in_memory(base + bytes.lowerBound, bytes.count)
    }
}

/// What is known of a chunk; the values are those of C.
enum ChunkMark: UInt8 {
    /// It has not been loaded.
    case cold = 0
    case resident = 1
    case faulted = 2
    /// It has been loaded and found right, and the kernel has taken some of it back.
    case dropped = 3
}

/// A file opened for reading at random places.
struct LookupFile: ~Copyable, Sendable {
    let descriptor: FileDescriptor

    /// Opens the file at `path` a second time: how the kernel reads ahead is a matter of the descriptor.
    ///
    /// - Throws: What the kernel refused; `ESTALE` where that is not `other`, or has another length by now.
    init(path: String, sameAs other: BulkFile) throws(SystemError) {
        let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw SystemError(call: "open", code: errno) }
        let file = FileDescriptor(owning: opened)
        guard try other.isSame(as: file) else { throw SystemError(call: "open", code: ESTALE) }
        descriptor = file
        // Reads what is asked for, and nothing beside it.
        _ = posix_fadvise(opened, 0, 0, POSIX_FADV_RANDOM)
    }
}
