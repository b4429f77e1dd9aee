internal import Bytes
internal import Datasets
internal import FoundationEssentials
internal import Platform

/// A source that rclone reaches, by a process for each object.
///
/// Objects are read with `rclone cat`, whose output this process writes and hashes like any other source's: so
/// downloads resume within a file, count their bytes and obey the rate, which `rclone copy` does not offer.
/// That rclone says all went well proves nothing, not even that the object was there.
final class RcloneSource: Source {
    let name: String
    private let rclone: RcloneProgram
    private let cancellation: Cancellation

    /// Takes `rclone:REMOTE:PATH`.
    init(_ text: String, environment: [String: String], cancellation: Cancellation) throws(SourceError) {
        let base = String(text.dropFirst("rclone:".count))
        guard base.dropFirst().contains(":"), !base.hasPrefix("-") else {
            throw SourceError(.misconfigured, "the source is not of the form rclone:REMOTE:PATH")
        }
        // What a connection string sets beside the remote's name may be secret.
        let isSecret = base.contains(",")
        name = isSecret ? "rclone:\(base.prefix { $0 != "," }),…" : text
        rclone = RcloneProgram(base: base, environment: environment, cancellation: cancellation)
        self.cancellation = cancellation
    }

    private func address(_ object: String) -> String { "\(name)/\(object)" }

    // MARK: Fetching

    func fetch(
        _ object: String, unlessMatching validator: ObjectValidator?, bytesMax: Int
    ) throws(SourceError) -> FetchedObject {
        let count = String(bytesMax + 1)
        let (bytes, ending) = try rclone.output(
            ["cat", "--count", count, "--", rclone.remote(object)], bytesMax: bytesMax + 1)
        if ending.code != 0 || bytes.isEmpty {
            guard try size(of: object) != nil else { return .absent }
            guard ending.code == 0 else { throw failure(object, ending) }
        }
        guard bytes.count <= bytesMax else {
            throw SourceError(.corrupt, "\(address(object)) is longer than the \(bytesMax) bytes allowed")
        }
        // One process is dearer than a few bytes: the contents themselves tell whether something is new.
        let found = ObjectValidator(form: .contents, text: SHA256.digest(of: bytes.span).description)
        return found == validator ? .unchanged : .object(bytes: bytes, validator: found)
    }

    private struct Entry: Decodable {
        let Size: Int
        let IsDir: Bool
    }

    /// The size of an object; `nil` where there is none.
    private func size(of object: String) throws(SourceError) -> Int? {
        let (bytes, ending) = try rclone.output(
            ["lsjson", "--stat", "--no-mimetype", "--no-modtime", "--", rclone.remote(object)], bytesMax: 1 << 16)
        if let entry = try? JSONDecoder().decode(Entry.self, from: Data(bytes)), !entry.IsDir { return entry.Size }
        // 3 and 4: rclone found no directory, or no file.
        if ending.code == 0 || ending.code == 3 || ending.code == 4 { return nil }
        throw failure(object, ending)
    }

    private func failure(_ object: String, _ ending: RcloneProgram.Ending) -> SourceError {
        let text = ending.message.lowercased()
        let refusals = [
            "accessdenied", "forbidden", "403", "401", "unauthorized", "permission denied", "signaturedoesnotmatch",
        ]
        let kind: SourceError.Kind =
            if text.contains("didn't find section") || ending.code == 2 {
                .misconfigured
            } else if refusals.contains(where: text.contains) {
                .unauthorised
            } else {
                .unreachable
            }
        return SourceError(kind, "\(address(object)): rclone ends with \(ending.code): \(ending.message)")
    }

    // MARK: Downloading

    func download(_ downloads: [ObjectDownload], options: TransferOptions) throws(SourceError) {
        let transfer = StreamedDownload(downloads, options: options, cancellation: cancellation)
        try transfer.run { (download, landing, transfer) throws(SourceError) in
            var schedule = RetrySchedule(retriesMax: 5)
            while true {
                let before = landing.contiguousBytes
                let ending = try read(download, landing, transfer)
                if landing.contiguousBytes == landing.bytes { return }
                if landing.contiguousBytes > before { schedule.reset() }
                let error = try shortfall(download, landing, ending)
                guard error.isRetryable, let pause = schedule.nextMilliseconds() else { throw error }
                transfer.countRetry(after: error)
                try Pause.milliseconds(pause, cancellation)
            }
        }
    }

    private func read(
        _ download: ObjectDownload, _ landing: Landing, _ transfer: StreamedDownload
    ) throws(SourceError) -> RcloneProgram.Ending {
        let offset = String(landing.contiguousBytes)
        return try rclone.run(["cat", "--offset", offset, "--", rclone.remote(download.object)]) {
            (bytes) throws(SourceError) in
            let start = landing.contiguousBytes
            guard bytes.count <= landing.bytes - start else {
                throw SourceError(
                    .corrupt, "\(address(download.object)) is longer than the \(landing.bytes) bytes promised")
            }
            do throws(SystemError) {
                try landing.file.write(bytes.span, at: start)
            } catch {
                throw .local("write", landing.path, error)
            }
            try transfer.advance(landing, by: bytes.count)
        }
    }

    /// Why fewer bytes came than were promised.
    private func shortfall(
        _ download: ObjectDownload, _ landing: Landing, _ ending: RcloneProgram.Ending
    ) throws(SourceError) -> SourceError {
        let address = address(download.object)
        guard let size = try size(of: download.object) else {
            return SourceError(.absent, "\(address): there is no such object")
        }
        guard size == landing.bytes || size < 0 else {
            return SourceError(.corrupt, "\(address) has \(size) bytes, and \(landing.bytes) are promised")
        }
        if ending.code != 0 { return failure(download.object, ending) }
        return SourceError(.unreachable, "\(address): rclone ended after \(landing.contiguousBytes) bytes")
    }

    // MARK: Publishing

    func upload(_ uploads: [ObjectUpload], options: TransferOptions) throws(SourceError) -> [UploadOutcome] {
        var progress = TransferProgress(
            bytesTotal: uploads.reduce(0) { $0 + $1.bytes }, bytesDone: 0, bytesTransferred: 0,
            filesTotal: uploads.count, filesDone: 0)
        var outcomes: [UploadOutcome] = []
        for upload in uploads {
            if let outcome = try compare(upload.object, upload.bytes, upload.sha256) {
                outcomes.append(outcome)
            } else {
                try copy(upload.path, upload.object, upload.bytes, options)
                outcomes.append(.stored)
                progress.bytesTransferred += upload.bytes
            }
            progress.bytesDone += upload.bytes
            progress.filesDone += 1
            options.onProgress(progress)
        }
        return outcomes
    }

    func put(_ bytes: [UInt8], as object: String, isReplacing: Bool) throws(SourceError) -> UploadOutcome {
        let digest = SHA256.digest(of: bytes.span)
        if !isReplacing, let outcome = try compare(object, bytes.count, digest) { return outcome }
        let directory = rclone.temporaryDirectory
        let path = "\(directory)/almanac-\(UUID().uuidString)"
        defer { try? FileSystem.remove(path) }
        try SourceError.attempt("write", path) { () throws(SystemError) in
            try BulkFile(creating: path).write(bytes.span, at: 0)
        }
        try copy(path, object, bytes.count, TransferOptions())
        guard try compare(object, bytes.count, digest) == .identical else {
            throw SourceError(.corrupt, "\(address(object)): something else is read back than was stored")
        }
        return .stored
    }

    private func copy(_ path: String, _ object: String, _ bytes: Int, _ options: TransferOptions) throws(SourceError) {
        let rate = options.bytesPerSecondMax.map { ["--bwlimit", "\($0)B"] } ?? []
        // Rclone's own idea of what is new shall not keep it from copying.
        let flags = ["copyto", "--ignore-times", "--no-check-dest", "--transfers", "1"]
        var schedule = RetrySchedule(retriesMax: 4)
        while true {
            let (_, ending) = try rclone.output(flags + rate + ["--", path, rclone.remote(object)], bytesMax: 1024)
            if ending.code == 0, try size(of: object) == bytes { return }
            let error = failure(object, ending)
            guard error.isRetryable, let pause = schedule.nextMilliseconds() else { throw error }
            try Pause.milliseconds(pause, cancellation)
        }
    }

    /// How an object that is there already compares; `nil` where there is none.
    private func compare(_ object: String, _ bytes: Int, _ sha256: SHA256Digest) throws(SourceError) -> UploadOutcome? {
        guard let size = try size(of: object) else { return nil }
        guard size == bytes || size < 0 else { return .different }
        final class Running { var hash: SHA256? = SHA256() }
        let running = Running()
        let ending = try rclone.run(["cat", "--", rclone.remote(object)]) { part in running.hash?.update(part.span) }
        guard ending.code == 0 else { throw failure(object, ending) }
        guard let hash = running.hash.take() else { preconditionFailure("a digest is finished once") }
        return hash.finish() == sha256 ? .identical : .different
    }
}
