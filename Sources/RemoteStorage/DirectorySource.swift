internal import Bytes
internal import Datasets
internal import Glibc
internal import Platform

/// A source in a directory, local or mounted.
final class DirectorySource: Source {
    private static let copyBytes = 4 << 20

    let name: String
    private let path: String
    private let cancellation: Cancellation

    init(path: String, cancellation: Cancellation) {
        name = path
        self.path = path
        self.cancellation = cancellation
    }

    var directoryPath: String? { path }

    private func path(of object: String) -> String { "\(path)/\(object)" }

    // MARK: Fetching

    func fetch(
        _ object: String, unlessMatching validator: ObjectValidator?, bytesMax: Int
    ) throws(SourceError) -> FetchedObject {
        try cancellation.check()
        let path = path(of: object)
        guard let file = try open(path) else { return .absent }
        let (count, identity) = try SourceError.attempt("read", path) { () throws(SystemError) -> (Int, String) in
            (try file.byteCount, try file.identity)
        }
        let found = ObjectValidator(form: .file, text: identity)
        if found == validator { return .unchanged }
        guard count <= bytesMax else {
            throw SourceError(.corrupt, "\(path) is longer than the \(bytesMax) bytes allowed")
        }
        let contents = try SourceError.attempt("read", path) { () throws(SystemError) in try bytes(of: file, count) }
        return .object(bytes: contents, validator: found)
    }

    /// `nil` where there is no such file in a directory that is there.
    private func open(_ path: String) throws(SourceError) -> BulkFile? {
        do throws(SystemError) {
            let file = try BulkFile(reading: path)
            if try file.isRegular { return file }
        } catch let error where error.code == ENXIO || error.code == ELOOP {
            // A socket, or a link that leads to itself: nothing that could be read, as below.
        } catch  where error.code == ENOENT || error.code == ENOTDIR {
            // A directory that is not mounted says nothing about what is in it.
            guard FileSystem.exists(self.path) else {
                throw SourceError(.unreachable, "\(self.path): there is no such directory")
            }
            return nil
        } catch {
            throw .local("read", path, error)
        }
        throw SourceError(.corrupt, "\(path) is no plain file")
    }

    private func bytes(of file: BulkFile, _ count: Int) throws(SystemError) -> [UInt8] {
        var buffer = ByteBuffer(capacity: count)
        while buffer.count < count {
            guard try file.read(count - buffer.count, at: buffer.count, to: &buffer) > 0 else { break }
        }
        // Safety: the array is a copy of the bytes lent.
        return unsafe buffer.withUnsafeBytes { unsafe [UInt8]($0) }
    }

    // MARK: Downloading

    func download(_ downloads: [ObjectDownload], options: TransferOptions) throws(SourceError) {
        let transfer = StreamedDownload(downloads, options: options, cancellation: cancellation)
        try transfer.run { (download, landing, transfer) throws(SourceError) in
            let from = path(of: download.object)
            guard let source = try open(from) else { throw SourceError(.absent, "\(from): there is no such file") }
            try copy(source, from, landing, transfer)
        }
    }

    /// Copies from where the landing is up to; blocks are shared where both sides are on a file system that can.
    private func copy(
        _ source: BulkFile, _ from: String, _ landing: Landing, _ transfer: StreamedDownload
    ) throws(SourceError) {
        var buffer = ByteBuffer()
        var offset = landing.contiguousBytes
        var isInKernel = true
        let size = try SourceError.attempt("read", from) { () throws(SystemError) in try source.byteCount }
        guard size == landing.bytes else {
            throw SourceError(.corrupt, "\(from) has \(size) bytes, and \(landing.bytes) are promised")
        }
        while offset < landing.bytes {
            var count = min(Self.copyBytes, landing.bytes - offset)
            try SourceError.attempt("copy \(from) to", landing.path) { () throws(SystemError) in
                if isInKernel, let copied = try landing.file.copy(count, at: offset, from: source) {
                    count = copied
                } else {
                    isInKernel = false
                    buffer.removeAll()
                    count = try source.read(min(count, 1 << 20), at: offset, to: &buffer)
                    try landing.file.write(buffer.span, at: offset)
                }
            }
            guard count > 0 else { throw SourceError(.corrupt, "\(from) became shorter while it was read") }
            source.dropPages(offset..<offset + count)
            offset += count
            try transfer.advance(landing, by: count)
        }
    }

    // MARK: Publishing

    func upload(_ uploads: [ObjectUpload], options: TransferOptions) throws(SourceError) -> [UploadOutcome] {
        var outcomes: [UploadOutcome] = []
        var limit = RateLimit(bytesPerSecond: options.bytesPerSecondMax)
        var progress = TransferProgress(
            bytesTotal: uploads.reduce(0) { $0 + $1.bytes }, bytesDone: 0, bytesTransferred: 0,
            filesTotal: uploads.count, filesDone: 0)
        for upload in uploads {
            let before = progress.bytesDone
            outcomes.append(
                try store(at: path(of: upload.object), sha256: upload.sha256, bytes: upload.bytes, isReplacing: false) {
                    (target) throws(SourceError) in
                    try self.write(upload, to: target) { (count) throws(SourceError) in
                        limit.consume(count)
                        progress.bytesDone += count
                        progress.bytesTransferred += count
                        options.onProgress(progress)
                        try Pause.milliseconds(limit.delayMilliseconds(), cancellation)
                    }
                })
            progress.bytesDone = before + upload.bytes
            progress.filesDone += 1
            options.onProgress(progress)
        }
        return outcomes
    }

    func put(_ bytes: [UInt8], as object: String, isReplacing: Bool) throws(SourceError) -> UploadOutcome {
        let path = path(of: object)
        let digest = SHA256.digest(of: bytes.span)
        return try store(at: path, sha256: digest, bytes: bytes.count, isReplacing: isReplacing) {
            (target) throws(SourceError) in
            try SourceError.attempt("write", path) { () throws(SystemError) in try target.write(bytes.span, at: 0) }
        }
    }

    private func write(
        _ upload: ObjectUpload, to target: BulkFile, _ advance: (Int) throws(SourceError) -> Void
    ) throws(SourceError) {
        let source = try SourceError.attempt("read", upload.path) { () throws(SystemError) in
            try BulkFile(reading: upload.path)
        }
        var buffer = ByteBuffer(capacity: 1 << 20)
        var offset = 0
        while true {
            buffer.removeAll()
            let count = try SourceError.attempt("copy \(upload.path) to", path(of: upload.object)) {
                () throws(SystemError) in
                let count = try source.read(1 << 20, at: offset, to: &buffer)
                try target.write(buffer.span, at: offset)
                return count
            }
            guard count > 0 else { return }
            offset += count
            try advance(count)
        }
    }

    /// Writes a file beside its place, checks it, and moves it there whole, or not at all where the place is taken.
    private func store(
        at path: String, sha256: SHA256Digest, bytes: Int, isReplacing: Bool,
        _ write: (BulkFile) throws(SourceError) -> Void
    ) throws(SourceError) -> UploadOutcome {
        try cancellation.check()
        if !isReplacing, let outcome = try compare(path, sha256, bytes) { return outcome }
        try makeParents(of: path)
        let temporary = "\(path).uploading-\(getpid())"
        let target = try SourceError.attempt("create", temporary) { () throws(SystemError) in
            try FileSystem.remove(temporary)
            return try BulkFile(creating: temporary)
        }
        // Where it was renamed there is nothing left to remove; a link is one name more.
        defer { try? FileSystem.remove(temporary) }
        try write(target)
        try SourceError.attempt("write", temporary) { () throws(SystemError) in try target.sync() }
        guard try digest(of: temporary) == sha256 else {
            throw SourceError(.corrupt, "\(temporary): something else is read back than its SHA-256 \(sha256) says")
        }
        // A link, unlike a rename, never replaces what another publisher has put there meanwhile.
        do throws(SystemError) {
            if isReplacing {
                try FileSystem.rename(temporary, to: path)
            } else {
                try FileSystem.link(temporary, as: path)
            }
        } catch {
            if error.code == EEXIST { return try compare(path, sha256, bytes) ?? .different }
            throw .local("store", path, error)
        }
        try syncDirectory(of: path)
        return .stored
    }

    /// How a file that is there already compares; `nil` where there is none.
    private func compare(_ path: String, _ sha256: SHA256Digest, _ bytes: Int) throws(SourceError) -> UploadOutcome? {
        guard FileSystem.exists(path) else { return nil }
        guard FileSize.bytes(ofFile: path) == bytes else { return .different }
        return try digest(of: path) == sha256 ? .identical : .different
    }

    private func digest(of path: String) throws(SourceError) -> SHA256Digest {
        var hash = SHA256()
        var buffer = ByteBuffer(capacity: 1 << 20)
        var offset = 0
        let file = try SourceError.attempt("read", path) { () throws(SystemError) in try BulkFile(reading: path) }
        while true {
            try cancellation.check()
            buffer.removeAll()
            let count = try SourceError.attempt("read", path) { () throws(SystemError) in
                try file.read(1 << 20, at: offset, to: &buffer)
            }
            guard count > 0 else { return hash.finish() }
            hash.update(buffer.span)
            file.dropPages(offset..<offset + count)
            offset += count
        }
    }

    private func makeParents(of path: String) throws(SourceError) {
        var end = path.index(after: path.startIndex)
        while let slash = path[end...].firstIndex(of: "/") {
            let parent = String(path[..<slash])
            try SourceError.attempt("create", parent) { () throws(SystemError) in
                try FileSystem.makeDirectory(parent)
            }
            end = path.index(after: slash)
        }
    }

    private func syncDirectory(of path: String) throws(SourceError) {
        let parent = FileSystem.parent(of: path)
        try SourceError.attempt("write", parent) { () throws(SystemError) in try FileSystem.syncDirectory(parent) }
    }
}
