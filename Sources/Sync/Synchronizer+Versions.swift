internal import Datasets
internal import Logging
internal import Platform
internal import RemoteStorage

extension Synchronizer {
    /// Downloads, checks and seals the version announced.
    func bring(_ pointer: PublishedPointer) throws(SyncError) {
        let id = pointer.versionID
        let download = try prepare(pointer)
        try removeIncoming(except: id)
        logger.notice(
            "downloading",
            metadata: [
                "version": "\(id)", "files": "\(download.manifest.files.count)",
                "bytes": "\(download.manifest.fileByteCount)", "keys": "\(download.manifest.keyCount)",
            ])
        let started = Clock.monotonicNanoseconds()
        control.note { $0.phase = .downloading }
        let summary = try control.metrics.countingDownload { () throws(SyncError) in try download.run(from: source) }
        let milliseconds = Int((Clock.monotonicNanoseconds() - started) / 1_000_000)
        logger.notice(
            "downloaded",
            metadata: [
                "version": "\(id)", "milliseconds": "\(milliseconds)", "files-linked": "\(summary.filesLinked)",
                "bytes-linked": "\(summary.bytesLinked)", "files-downloaded": "\(summary.filesDownloaded)",
                "bytes-resumed": "\(summary.bytesResumed)", "bytes-transferred": "\(summary.bytesTransferred)",
                "bytes-per-second": "\(summary.bytesTransferred * 1_000 / max(milliseconds, 1))",
                "retries": "\(summary.retries.total)",
            ])
        control.note { $0.phase = .sealing }
        try control.check()
        try SyncError.disk { () throws(DataDirectoryError) in
            try VersionDirectory(path: directory.incomingPath(of: id)).markVerified(
                manifestSHA256: pointer.manifestSHA256, at: .now)
            try directory.seal(id)
        }
        logger.info("sealed", metadata: ["version": "\(id)"])
    }

    /// Fetches a version's manifest, and refuses it before a byte of its files is fetched where that can be known.
    private func prepare(_ pointer: PublishedPointer) throws(SyncError) -> VersionDownload {
        let id = pointer.versionID
        let object = "\(source.name): \(SourceLayout.manifest(of: id))"
        guard
            let bytes = try fetch(
                SourceLayout.manifest(of: id), bytesMax: VersionDirectory.manifestByteCountMax)
        else {
            throw SyncError(.badData, "\(object) is not there, though \(SourceLayout.pointer) announces version \(id)")
        }
        let digest = SHA256.digest(of: bytes.span)
        guard digest == pointer.manifestSHA256 else {
            throw SyncError(
                .badData, "\(object) has SHA-256 \(digest), \(SourceLayout.pointer) says \(pointer.manifestSHA256)")
        }
        let signature = try fetch(SourceLayout.signature(of: id), bytesMax: SourceLayout.signatureBytesMax)
        if let problem = options.signatureProblem(bytes, signature) {
            throw SyncError(.badData, "\(object) is not trusted: \(problem)")
        }
        return VersionDownload(
            id: id, manifest: try Manifest.published(bytes, as: id, at: object), manifestBytes: bytes,
            signature: signature, directory: directory, options: options, metrics: control.metrics,
            onProgress: { [control, onProgress] progress in
                control.note { ($0.bytesDone, $0.bytesTotal) = (progress.bytesDone, progress.bytesTotal) }
                onProgress(progress)
            })
    }

    private func fetch(_ object: String, bytesMax: Int) throws(SyncError) -> [UInt8]? {
        let fetched = try SyncError.source { () throws(SourceError) in
            try source.fetch(object, unlessMatching: nil, bytesMax: bytesMax)
        }
        guard case .object(let bytes, _) = fetched else { return nil }
        return bytes
    }

    /// Has `current` lead to a version that is here, tells the server, and cleans up.
    func flip(to id: String, from previous: String?) throws(SyncError) -> Outcome {
        // Downloading took a while: meanwhile somebody may have pinned another version, or refused this one.
        let obstacle = try SyncError.disk { () throws(DataDirectoryError) -> String? in
            if let refusal = try directory.refusal(of: id) { return "it was quarantined meanwhile: \(refusal.reason)" }
            if let pin = try directory.pin(), pin.versionID != id {
                return "version \(pin.versionID) was pinned meanwhile"
            }
            try directory.setCurrent(id)
            return nil
        }
        if let obstacle {
            say(.warning, "not taken up", ["version": "\(id)", "reason": "\(obstacle)"])
            return .declined(id, reason: obstacle, isRolledBack: true)
        }
        control.note { $0.current = id }
        if let previous, id < previous {
            logger.warning(
                "current goes back, as the source does", metadata: ["version": "\(id)", "previous": "\(previous)"])
        }
        logger.notice("current", metadata: ["version": "\(id)", "previous": "\(previous ?? "none")"])
        isCleaningDue = true
        if let outcome = try tell(id, leaving: previous) { return outcome }
        clean()
        return .adopted(id)
    }

    // MARK: Going back

    /// Has `current` lead to a good version again where it leads to one that was refused.
    ///
    /// That is the case after a server's refusal, and where a process died before it could do this.
    ///
    /// - Parameter previous: The version to go back to where the server does not say what it serves.
    /// - Throws: Where the directory cannot be read or changed.
    func leaveRefused(preferring previous: String? = nil) throws(SyncError) {
        let (current, target) = try SyncError.disk { () throws(DataDirectoryError) -> (String?, String?) in
            guard let current = try directory.currentVersionID(), try directory.refusal(of: current) != nil,
                try directory.pin()?.versionID != current
            else { return (nil, nil) }
            for id in [try directory.servingRecord()?.versionID, previous, try? directory.rollbackChoice().target()] {
                guard let id, id != current, try directory.has(id), try directory.refusal(of: id) == nil else {
                    continue
                }
                try directory.setCurrent(id)
                return (current, id)
            }
            return (current, nil)
        }
        guard let current else { return }
        control.note { $0.current = target ?? current }
        if let target {
            logger.warning("current goes back", metadata: ["version": "\(target)", "refused": "\(current)"])
        } else {
            say(.error, "the current version is refused and no other is here", ["version": "\(current)"])
        }
    }

    // MARK: Cleaning

    /// Removes downloads of other versions: the source announces them no more.
    private func removeIncoming(except id: String) throws(SyncError) {
        try SyncError.disk { () throws(DataDirectoryError) in
            for other in try directory.incomingIDs() where other != id { try directory.removeIncoming(other) }
        }
    }

    /// Deletes versions beyond those to be kept, once nobody has them open.
    ///
    /// Nothing here fails what has been done: what cannot be deleted now is looked at again at the next poll.
    func clean() {
        control.note { $0.phase = .cleaning }
        do throws(DataDirectoryError) {
            for leftover in try directory.incomingIDs() { try directory.removeIncoming(leftover) }
            var needed: Set<String> = []
            for id in [
                try directory.currentVersionID(), try directory.pin()?.versionID,
                try directory.servingRecord()?.versionID, try? directory.rollbackChoice().target(),
            ] {
                if let id { needed.insert(id) }
            }
            let retention = Retention(
                keepCount: options.keepCount, versionIDs: try directory.versionIDs(),
                refusals: try directory.refusals(), neededIDs: needed)
            isCleaningDue = false
            for id in retention.deletableIDs where !control.isStopped {
                if try directory.delete(id) {
                    logger.info("deleted", metadata: ["version": "\(id)"])
                } else {
                    isCleaningDue = true
                    logger.debug("still in use", metadata: ["version": "\(id)"])
                }
            }
        } catch {
            logger.warning("cannot clean up", metadata: ["error": "\(error.description)"])
        }
    }
}
