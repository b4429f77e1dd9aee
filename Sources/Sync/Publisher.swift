public import Datasets
public import RemoteStorage

/// Uploads a version to a source: its files first, its manifest next, the pointer to it last.
///
/// A reader of the source sees the version whole or not at all, whatever moment this process ends at; starting it again
/// goes on from there. What is there already is never replaced by other bytes, but for the pointer. One thread runs it.
public struct Publisher {
    public struct Options: Sendable {
        /// Whether the pointer is moved, so that followers take the version up.
        public var isActivating = true
        /// Whether the pointer may go back to an older version, or replace what is no pointer.
        public var isForced = false
        /// The most bytes a second; `nil` for no limit.
        public var bytesPerSecondMax: Int?
        /// How many objects or parts move at once.
        public var connectionsMax = 8

        public init() {}
    }

    /// What has been done.
    public struct Summary: Sendable, Equatable {
        public var versionID: String
        public var fileCount: Int
        public var byteCount: Int
        /// Were not there before.
        public var filesUploaded = 0
        public var bytesUploaded = 0
        /// Whether the pointer leads to the version now.
        public var isActive = false
        /// What the pointer led to before; `nil` where there was none.
        public var previousID: String?
    }

    /// How far it is.
    public struct Progress: Sendable, Equatable {
        public enum Phase: String, Sendable { case checking, uploading }

        public var phase: Phase
        public var bytesDone: Int
        public var bytesTotal: Int
    }

    private let version: VersionDirectory
    private let source: any Source
    private let options: Options
    private let cancellation: Cancellation
    private let onProgress: @Sendable (Progress) -> Void

    /// - Parameters:
    ///   - version: Holds a manifest.
    ///   - source: Opened with `cancellation`.
    ///   - options: What may be chosen.
    ///   - cancellation: Ends the work soon; what has been uploaded stays there.
    ///   - onProgress: Told about ten times a second, on any thread, one at a time or several at once.
    public init(
        version: VersionDirectory, source: any Source, options: Options, cancellation: Cancellation,
        onProgress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.version = version
        self.source = source
        self.options = options
        self.cancellation = cancellation
        self.onProgress = onProgress
    }

    /// Publishes.
    ///
    /// - Returns: What was done; the same again does nothing, and returns the same but for what was uploaded.
    /// - Throws: Kind `badData` where the version is not whole, or its id has been published with other bytes;
    ///   `overlapping` where the source is the version, or the data directory that it is in.
    public func run() throws(SyncError) -> Summary {
        try checkApart()
        let (manifest, manifestBytes) = try SyncError.disk { () throws(DataDirectoryError) in
            let read = try version.manifest()
            try version.checkSizes(read.manifest)
            return read
        }
        if let problem = manifest.publicationProblem {
            throw SyncError(.badData, "\(version.path)/\(Manifest.fileName): \(problem)")
        }
        let digest = SHA256.digest(of: manifestBytes.span)
        if !version.isVerified(manifestSHA256: digest) { try checkContents(of: manifest) }

        let pointer = PublishedPointer(versionID: manifest.versionID, manifestSHA256: digest, publishedAt: .now)
        let before = try currentPointer()
        try check(pointer, mayReplace: before)
        try checkManifest(manifestBytes, of: manifest.versionID)

        var summary = Summary(
            versionID: manifest.versionID, fileCount: manifest.files.count, byteCount: manifest.fileByteCount)
        try uploadFiles(of: manifest, &summary)
        try uploadManifest(manifestBytes, of: manifest.versionID)
        summary.previousID = before.pointer?.versionID
        if options.isActivating { try move(to: pointer, from: before) }
        summary.isActive = options.isActivating || before.pointer?.versionID == manifest.versionID
        return summary
    }

    // MARK: What is published

    /// Refuses a source that would be written into the version, or into the data directory that the version belongs to.
    private func checkApart() throws(SyncError) {
        guard let path = source.directoryPath else { return }
        let (here, there) = (DirectoryLineage(version.path), DirectoryLineage(path))
        guard !there.isWithin(here) else {
            throw SyncError(
                .overlapping, "the source \(source.name) is the version \(version.path) itself, or is in it")
        }
        // A source has versions too, and one of them may be announced from where it lies.
        guard here.isWithin(there), DataDirectory(path: path).isFollowing else { return }
        throw SyncError(
            .overlapping,
            "the source \(source.name) is the data directory that \(version.path) is in; publish to a place of its own")
    }

    private func checkContents(of manifest: Manifest) throws(SyncError) {
        let counter = ProgressCounter(total: manifest.fileByteCount, onProgress)
        let problems = FileVerifier(directory: version.path).checkContents(
            manifest.files, isCancelled: { [cancellation] in cancellation.isCancelled }, progress: counter.add)
        guard let problems else { throw .cancelled }
        guard let first = problems.first else { return }
        let others = problems.count > 1 ? ", and \(problems.count - 1) more" : ""
        throw SyncError(
            first.isInputOutput ? .inputOutput : .badData, "\(version.path) is not whole: \(first.description)\(others)"
        )
    }

    private func uploadFiles(of manifest: Manifest, _ summary: inout Summary) throws(SyncError) {
        let uploads = manifest.files.map { file in
            ObjectUpload(
                object: SourceLayout.object(file.path, of: manifest.versionID), path: "\(version.path)/\(file.path)",
                bytes: file.bytes, sha256: file.sha256)
        }
        var transfer = TransferOptions()
        transfer.connectionsMax = options.connectionsMax
        transfer.bytesPerSecondMax = options.bytesPerSecondMax
        transfer.onProgress = { [onProgress] progress in
            onProgress(
                Progress(phase: .uploading, bytesDone: progress.bytesDone, bytesTotal: progress.bytesTotal))
        }
        let outcomes = try SyncError.source { () throws(SourceError) in
            try source.upload(uploads, options: transfer)
        }
        for (upload, outcome) in zip(uploads, outcomes) {
            switch outcome {
            case .stored:
                summary.filesUploaded += 1
                summary.bytesUploaded += upload.bytes
            case .identical: break
            case .different: throw taken(upload.object)
            }
        }
    }

    private func uploadManifest(_ bytes: [UInt8], of id: String) throws(SyncError) {
        let signature = try SyncError.disk { () throws(DataDirectoryError) in try version.signatureFile() }
        let outcome = try SyncError.source { () throws(SourceError) in
            // A signature may be added later, by another key too: it is no part of what was published.
            if let signature { _ = try source.put(signature, as: SourceLayout.signature(of: id), isReplacing: true) }
            return try source.put(bytes, as: SourceLayout.manifest(of: id), isReplacing: false)
        }
        if outcome == .different { throw taken(SourceLayout.manifest(of: id)) }
    }

    /// Refuses early where another version has been published under this id.
    private func checkManifest(_ bytes: [UInt8], of id: String) throws(SyncError) {
        let object = SourceLayout.manifest(of: id)
        let fetched = try SyncError.source { () throws(SourceError) in
            try source.fetch(object, unlessMatching: nil, bytesMax: VersionDirectory.manifestByteCountMax)
        }
        if case .object(let published, _) = fetched, published != bytes { throw taken(object) }
    }

    private func taken(_ object: String) -> SyncError {
        SyncError(
            .badData,
            "\(source.name) has other bytes as \(object); what was published is never changed, so build under a new id")
    }

    // MARK: The pointer

    /// What `current.json` holds.
    private struct PointerState: Equatable {
        var bytes: [UInt8]?
        var pointer: PublishedPointer? { bytes.flatMap(PublishedPointer.decode) }
    }

    private func currentPointer() throws(SyncError) -> PointerState {
        let fetched = try SyncError.source { () throws(SourceError) in
            try source.fetch(SourceLayout.pointer, unlessMatching: nil, bytesMax: SourceLayout.pointerBytesMax)
        }
        guard case .object(let bytes, _) = fetched else { return PointerState(bytes: nil) }
        return PointerState(bytes: bytes)
    }

    private func check(_ new: PublishedPointer, mayReplace old: PointerState) throws(SyncError) {
        guard old.bytes != nil else { return }
        guard let published = old.pointer else {
            guard options.isActivating, !options.isForced else { return }
            throw SyncError(
                .badData, "\(source.name): \(SourceLayout.pointer) cannot be understood; --force replaces it")
        }
        if published.versionID == new.versionID, published.manifestSHA256 != new.manifestSHA256 {
            throw taken(SourceLayout.manifest(of: new.versionID))
        }
        guard options.isActivating, !options.isForced, new.versionID < published.versionID else { return }
        throw SyncError(
            .badData,
            "version \(published.versionID) is published, and \(new.versionID) is older; --force goes back to it, and "
                + "--no-activate only uploads it")
    }

    private func move(to pointer: PublishedPointer, from before: PointerState) throws(SyncError) {
        let now = try currentPointer()
        guard now == before else {
            throw SyncError(
                .badData,
                "\(source.name): another publisher moved \(SourceLayout.pointer) to "
                    + "\(now.pointer?.versionID ?? "nothing") meanwhile; version \(pointer.versionID) is uploaded, and "
                    + "publishing it again moves the pointer")
        }
        guard before.pointer?.versionID != pointer.versionID else { return }
        _ = try SyncError.source { () throws(SourceError) in
            try source.put(pointer.encoded(), as: SourceLayout.pointer, isReplacing: true)
        }
    }
}
