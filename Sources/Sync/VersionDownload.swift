internal import Datasets
internal import Platform
internal import RemoteStorage

/// Brings one version from a source to `incoming/ID`, whole and checked.
///
/// Whatever moment the process dies at, the next one goes on from what is there: the manifest comes first and says
/// what the directory is for, files are hashed whole before they count, and nothing is ever written into a file that
/// has a second name.
struct VersionDownload {
    let id: String
    let manifest: Manifest
    let manifestBytes: [UInt8]
    /// The bytes of `manifest.sig`, where the publisher has signed.
    let signature: [UInt8]?
    let directory: DataDirectory
    let options: SyncOptions
    let metrics: SyncMetrics
    let onProgress: (TransferProgress) -> Void

    /// What came from where.
    struct Summary: Equatable {
        var filesLinked = 0
        var bytesLinked = 0
        var filesDownloaded = 0
        /// Were there already, from a download that was cut short.
        var bytesResumed = 0
        /// Came over the wire.
        var bytesTransferred = 0
        var retries = RetryCounts()
    }

    private var incoming: IncomingDirectory {
        IncomingDirectory(path: directory.incomingPath(of: id), manifest: manifest)
    }

    /// Downloads what is missing.
    ///
    /// - Returns: What was done; every file is in place, checked, and beyond a power failure.
    /// - Throws: Kind `badData` where the source has other bytes than its manifest promises; those are gone again.
    func run(from source: any Source) throws(SyncError) -> Summary {
        let incoming = incoming
        try incoming.begin(manifestBytes: manifestBytes, signature: signature)
        var summary = Summary()
        let missing = try linkWhatIsHere(incoming, &summary)
        for file in missing { try incoming.makeWritable(file) }
        let downloads = missing.map { download(of: $0, into: incoming) }
        summary.filesDownloaded = missing.count
        summary.bytesResumed = downloads.reduce(0) { $0 + $1.resumeOffset }
        try checkSpace(for: downloads)
        do throws(SourceError) {
            try transfer(downloads, from: source, &summary)
        } catch let error where error.kind == .corrupt {
            // It may be the disk, a proxy's cache, or a publisher at work: once more from zero.
            try incoming.removeWrong(missing)
            summary.retries.corrupt += 1
            metrics.note { $0.retries.corrupt += 1 }
            try transferAgain(missing, into: incoming, from: source, &summary)
        } catch {
            throw explained(error)
        }
        try incoming.finish()
        return summary
    }

    /// Links the files that a version here has already.
    ///
    /// - Returns: The others.
    private func linkWhatIsHere(
        _ incoming: IncomingDirectory, _ summary: inout Summary
    ) throws(SyncError) -> [Manifest.File] {
        let here = try LinkableFiles(in: directory, wanted: manifest.files)
        var missing: [Manifest.File] = []
        for file in manifest.files {
            guard let original = here.path(of: file), try incoming.link(original, as: file) else {
                missing.append(file)
                continue
            }
            summary.filesLinked += 1
            summary.bytesLinked += file.bytes
        }
        return missing
    }

    private func download(of file: Manifest.File, into incoming: IncomingDirectory) -> ObjectDownload {
        let path = "\(incoming.path)/\(file.path)"
        return ObjectDownload(
            object: SourceLayout.object(file.path, of: id), path: path, bytes: file.bytes, sha256: file.sha256,
            resumeOffset: ObjectDownload.resumableBytes(ofFileAt: path, bytes: file.bytes))
    }

    private func checkSpace(for downloads: [ObjectDownload]) throws(SyncError) {
        let disk = directory.path
        let (missing, available) = try SyncError.system("cannot look at \(disk)") { () throws(SystemError) in
            var missing = 0
            for download in downloads {
                // What was set aside for a file before its bytes came is the file's already.
                let allocated = try FileSystem.status(of: download.path)?.allocatedByteCount ?? 0
                missing += max(download.bytes - allocated, 0)
            }
            return (missing, try FileSystem.availableBytes(at: disk))
        }
        guard missing > 0, available - options.reserveBytes < missing else { return }
        throw SyncError(
            .inputOutput,
            "version \(id) needs \(missing) more bytes on the disk of \(disk), which has \(available) free, of which "
                + "--reserve keeps \(options.reserveBytes)")
    }

    private func transfer(
        _ downloads: [ObjectDownload], from source: any Source, _ summary: inout Summary
    ) throws(SourceError) {
        guard !downloads.isEmpty else { return }
        var transfer = TransferOptions()
        transfer.connectionsMax = options.connectionsMax
        transfer.bytesPerSecondMax = options.bytesPerSecondMax
        var last: TransferProgress?
        transfer.onProgress = { progress in
            metrics.noteTransfer(progress, after: last)
            last = progress
            onProgress(progress)
        }
        defer {
            summary.bytesTransferred += last?.bytesTransferred ?? 0
            summary.retries = summary.retries + (last?.retries ?? RetryCounts())
        }
        try source.download(downloads, options: transfer)
    }

    private func transferAgain(
        _ files: [Manifest.File], into incoming: IncomingDirectory, from source: any Source, _ summary: inout Summary
    ) throws(SyncError) {
        do throws(SourceError) {
            try transfer(files.map { download(of: $0, into: incoming) }, from: source, &summary)
        } catch {
            if error.kind == .corrupt { try incoming.removeWrong(files) }
            throw explained(error)
        }
    }

    private func explained(_ error: SourceError) -> SyncError {
        switch error.kind {
        // A manifest that names what is not there was never published whole.
        case .absent: SyncError(.badData, "version \(id) is incomplete at its source: \(error.description)")
        case .corrupt: SyncError(.badData, "version \(id) is corrupt at its source: \(error.description)")
        default: SyncError(error)
        }
    }
}
