internal import Platform
internal import Synchronization

/// One attempt to fill one file: a source writes it, the ``LandingCheck`` follows and hashes what is there.
///
/// Shared by the thread that transfers and the one that hashes. A file that has to begin again gets
/// another landing, and its first one is abandoned.
final class Landing: Sendable {
    /// The place of its download in the list that the caller gave.
    let index: Int
    let path: String
    let file: BulkFile
    /// The size that the file is to have.
    let bytes: Int
    /// How many first bytes the file has, all of them; those may be hashed.
    private let contiguous: Atomic<Int>
    private let hashed = Atomic<Int>(0)
    /// Whether the check has been told to look and has not looked yet.
    let isAnnounced = Atomic<Bool>(false)
    private let isLeft = Atomic<Bool>(false)

    init(index: Int, path: String, file: BulkFile, bytes: Int, contiguousBytes: Int) {
        self.index = index
        self.path = path
        self.file = file
        self.bytes = bytes
        contiguous = Atomic(contiguousBytes)
    }

    /// Opens the file of `download`, cut to the first bytes that it is to keep, with room for all of it.
    convenience init(_ download: ObjectDownload, index: Int, contiguousBytes: Int) throws(SourceError) {
        let path = download.path
        let action = "make room for \(download.bytes) bytes in"
        let file = try SourceError.attempt(action, path) { () throws(SystemError) in
            let file = try BulkFile(writing: path)
            try file.truncate(to: contiguousBytes)
            try file.preallocate(download.bytes)
            return file
        }
        self.init(index: index, path: path, file: file, bytes: download.bytes, contiguousBytes: contiguousBytes)
    }

    /// Released by the writer after its write, acquired by the check before it reads.
    var contiguousBytes: Int { contiguous.load(ordering: .acquiring) }

    func extend(to bytes: Int) { contiguous.store(bytes, ordering: .releasing) }

    /// How many of the first bytes the check is done with.
    var hashedBytes: Int { hashed.load(ordering: .relaxed) }

    func markHashed(_ bytes: Int) { hashed.store(bytes, ordering: .relaxed) }

    var isAbandoned: Bool { isLeft.load(ordering: .relaxed) }

    func abandon() { isLeft.store(true, ordering: .relaxed) }
}
