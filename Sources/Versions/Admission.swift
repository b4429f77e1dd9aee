internal import Commands
internal import Datasets
internal import Platform
internal import Settings
internal import Storage

/// Decides whether a version may serve: opens it, and holds it against its manifest and the version being served.
///
/// Waits for the disk, for as long as it takes, so it runs on a thread of its own.
struct Admission {
    let dataset: DatasetPath
    let settings: ServerSettings
    let trustedKeys: TrustedKeys
    let openEngine: EngineOpener
    /// How many threads may open files.
    var openThreads: Int
    /// Whose files to hash.
    var verification: VerificationPolicy
    /// The version being served, which a new one is compared with; `nil` to compare with none.
    var predecessor: Predecessor?
    let cancellation: SwapCancellation

    /// What a version is compared with.
    struct Predecessor {
        /// `nil` where nothing is known to have been served before; then only `min-keys` counts.
        var id: String?
        var keyCount: Int
    }

    /// Opens the version at `place`.
    ///
    /// - Parameters:
    ///   - place: Where it is.
    ///   - phases: Get how long each step took, also those of an attempt that fails.
    /// - Returns: The version, fit to serve.
    /// - Throws: Why it is not.
    func open(_ place: VersionPlace, phases: inout SwapPhases) throws(AdmissionFailure) -> ServedVersion {
        let directory = VersionDirectory(path: place.path)
        // Held before it is looked at, so that what was looked at stays.
        let hold = try passing { () throws(DataDirectoryError) in try directory.hold() }
        let promised = try manifest(of: directory, place)
        guard promised == nil || hold != nil else { throw .failed("\(place.path) is being deleted") }
        var verified = ServedVersion.Verification.none
        if let promised {
            phases.begin("verify")
            verified = try verify(promised, in: directory)
            try compare(keyCount: promised.manifest.keyCount)
        }
        phases.begin("open")
        try cancellation.check()
        let engine = try openEngine(at: place, promised?.manifest)
        phases.begin("check")
        try cancellation.check()
        if let promised {
            try check(engine, against: promised.manifest)
        } else {
            try compare(keyCount: engine.keyCount.value)
        }
        phases.end()
        return ServedVersion(
            open: OpenVersion(
                DatasetVersion(
                    id: promised?.manifest.versionID ?? place.id, engine: engine,
                    keyCount: promised.map { .exact($0.manifest.keyCount) })),
            manifest: promised?.manifest, manifestSHA256: promised?.digest, verification: verified,
            byteCount: promised?.manifest.byteCount, place: place, hold: hold)
    }

    // MARK: Manifest and files

    private struct Promise {
        let manifest: Manifest
        let digest: SHA256Digest
    }

    /// - Returns: `nil` for a bare directory, which promises nothing.
    private func manifest(
        of directory: VersionDirectory, _ place: VersionPlace
    ) throws(AdmissionFailure) -> Promise? {
        let (manifest, bytes): (Manifest, [UInt8])
        do throws(DataDirectoryError) {
            (manifest, bytes) = try directory.manifest(expecting: place.isInDataDirectory ? place.id : nil)
        } catch {
            switch error.kind {
            case .absent where place.isInDataDirectory: throw .refused(.damaged, error.description)
            case .absent where settings.requiresSignature:
                throw .refused(.signature, "\(place.path) has no manifest that could be signed")
            case .absent: return nil
            case .damaged: throw .refused(.damaged, error.description)
            case .unsupported: throw .refused(.unsupported, error.description)
            default: throw .failed(error.description)
            }
        }
        if settings.requiresSignature { try trustedKeys.check(bytes, in: directory) }
        return Promise(manifest: manifest, digest: SHA256.digest(of: bytes.span))
    }

    private func verify(
        _ promise: Promise, in directory: VersionDirectory
    ) throws(AdmissionFailure) -> ServedVersion.Verification {
        try passing { () throws(DataDirectoryError) in try directory.checkSizes(promise.manifest) }
        let unlisted = try passing { () throws(DataDirectoryError) in try directory.unlistedFiles(promise.manifest) }
        if let path = unlisted.first {
            throw .refused(.damaged, "\(directory.path): \(FileProblem(path: path, reason: .unlisted))")
        }
        if verification != .full, directory.isVerified(manifestSHA256: promise.digest) { return .sealed }
        if verification == .off { return .sizes }
        let verifier = FileVerifier(directory: directory.path, threadCount: 1)
        let cancellation = cancellation
        let problems = verifier.checkContents(promise.manifest.files, isCancelled: { cancellation.isCancelled })
        guard let problems else { throw .cancelled }
        // A disk that cannot be read today may be tomorrow; bytes that are wrong stay so.
        if let wrong = problems.first(where: { !$0.isInputOutput }) {
            throw .refused(.damaged, "\(directory.path): \(wrong)")
        }
        if let unreadable = problems.first { throw .failed("\(directory.path): \(unreadable)") }
        return .full
    }

    // MARK: Engine

    private func openEngine(
        at place: VersionPlace, _ manifest: Manifest?
    ) throws(AdmissionFailure) -> any Engine {
        do throws(EngineError) {
            return try openEngine(place.path, manifest?.format, dataset, openThreads)
        } catch {
            switch error.kind {
            case .damaged: throw .refused(.damaged, error.message)
            case .unsupported: throw .refused(.unsupported, error.message)
            case .missing where place.isInDataDirectory: throw .refused(.damaged, error.message)
            case .missing, .invalid: throw .unusable(error.message)
            case .io: throw .failed(error.message)
            }
        }
    }

    /// Tries what the manifest promises of the contents: the number of keys, and the canaries.
    private func check(_ engine: any Engine, against manifest: Manifest) throws(AdmissionFailure) {
        if case .exact(let count) = engine.keyCount, count != manifest.keyCount {
            throw .refused(.damaged, "it holds \(count) keys, its manifest says \(manifest.keyCount)")
        }
        var batch = engine.makeBatch()
        for canary in manifest.canaries { _ = batch.append(canary.key.bytes.span) }
        engine.lookUp(&batch, in: 0..<batch.count, tier: .anywhere)
        for (index, canary) in manifest.canaries.enumerated() {
            let key = canary.key.printable
            switch (batch.outcome(at: index), canary.sha256) {
            case (.hit, let expected?):
                let found = batch.withValue(at: index) { SHA256.digest(of: $0) }
                guard found == expected else {
                    throw .refused(.canary, "canary \(key) has another value than its manifest says")
                }
            case (.miss, nil): break
            case (.hit, nil): throw .refused(.canary, "canary \(key) is there, and its manifest says it is not")
            case (.miss, _): throw .refused(.canary, "canary \(key) is missing")
            case (.damaged, _), (.pending, _), (.wouldBlock, _):
                let reason = "canary \(key): \(batch.failure?.message ?? "it cannot be read")"
                throw batch.failure?.kind == .io ? .failed(reason) : .refused(.damaged, reason)
            }
        }
    }

    /// The guards: numbers of keys that a sound batch job would not give.
    private func compare(keyCount: Int) throws(AdmissionFailure) {
        guard let predecessor else { return }
        func refuse(_ comparison: String, _ setting: String) throws(AdmissionFailure) {
            throw .refused(.guardrail, "it has \(keyCount) key\(keyCount == 1 ? "" : "s"), \(comparison) (\(setting))")
        }
        if keyCount < settings.keysMin {
            try refuse("fewer than \(settings.keysMin)", "min-keys")
        }
        let served = predecessor.keyCount
        guard let id = predecessor.id, served > 0 else { return }
        let ratio = Double(keyCount) / Double(served)
        if ratio < settings.keysRatioMin {
            try refuse(
                "less than \(settings.keysRatioMin) times the \(served) of \(id)", "min-keys-ratio")
        }
        if settings.keysRatioMax > 0, ratio > settings.keysRatioMax {
            try refuse(
                "more than \(settings.keysRatioMax) times the \(served) of \(id)", "max-keys-ratio")
        }
    }

    /// Turns what a directory says into what it means for the version.
    private func passing<Value>(
        _ body: () throws(DataDirectoryError) -> Value
    ) throws(AdmissionFailure) -> Value {
        do throws(DataDirectoryError) {
            return try body()
        } catch {
            throw error.kind == .damaged ? .refused(.damaged, error.description) : .failed(error.description)
        }
    }
}

/// Why a version does not serve.
enum AdmissionFailure: Error, Equatable {
    /// It is not fit: it goes to quarantine.
    case refused(Refusal.Kind, String)
    /// It cannot be served as the settings have it, such as for a column family that it lacks.
    case unusable(String)
    /// It could not be found out: the next trigger tries again.
    case failed(String)
    case cancelled

    var reason: String {
        switch self {
        case .refused(_, let reason), .unusable(let reason), .failed(let reason): reason
        case .cancelled: "it was cancelled"
        }
    }
}
