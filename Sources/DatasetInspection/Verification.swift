internal import Bytes
internal import Datasets
internal import Platform
public import Storage

/// Checks one version: its files against its manifest, and what its engine gives against both.
public struct Verification: Sendable {
    /// The version's directory.
    public let directory: String
    /// Looks at sizes and canaries only, which takes no time.
    public var isQuick: Bool
    /// How many files may be hashed at once.
    public var threadCount: Int
    private let openEngine: @Sendable (String) throws(EngineError) -> any Engine

    /// What is under way, for a display of progress.
    public enum Phase: Sendable {
        /// In bytes.
        case hashing
        /// In rows.
        case reading
    }

    public typealias Progress = @Sendable (_ phase: Phase, _ done: Int, _ total: Int?) -> Void

    /// - Parameters:
    ///   - directory: A version's directory, or a bare database.
    ///   - isQuick: Whether to look at sizes and canaries only.
    ///   - threadCount: How many files may be hashed at once; 1 to 64.
    ///   - openEngine: Opens the engine of the version in a directory.
    public init(
        directory: String, isQuick: Bool = false, threadCount: Int = 2,
        openEngine: @escaping @Sendable (String) throws(EngineError) -> any Engine
    ) {
        self.directory = directory
        self.isQuick = isQuick
        self.threadCount = threadCount
        self.openEngine = openEngine
    }

    /// Does all of it, and waits for the disk.
    ///
    /// Where files are wrong, the engine is not asked: it could only say the same again.
    ///
    /// - Parameter progress: Told now and then how much is done, on several threads at once.
    /// - Returns: All that is wrong, and what there is.
    public func run(progress: @escaping Progress = { _, _, _ in }) -> VerificationReport {
        let start = ContinuousClock.now
        var report = VerificationReport(path: directory, isQuick: isQuick)
        do throws(InspectionError) {
            let manifest = try DatasetPath.manifest(in: directory)
            report.versionID = manifest?.versionID
            report.hasManifest = manifest != nil
            if let manifest { checkFiles(manifest, &report, progress) }
            if report.problems.isEmpty { checkEngine(manifest, &report, progress) }
        } catch {
            report.problems.append(VerificationProblem(error))
        }
        report.seconds = (ContinuousClock.now - start) / .seconds(1)
        return report
    }

    private func checkFiles(_ manifest: Manifest, _ report: inout VerificationReport, _ progress: @escaping Progress) {
        let verifier = FileVerifier(directory: directory, threadCount: threadCount)
        let total = manifest.files.reduce(0) { $0 + $1.bytes }
        var problems: [FileProblem]
        if isQuick {
            problems = verifier.checkSizes(manifest.files)
        } else {
            let done = SharedCount()
            // Never `nil`, as nobody cancels it.
            let found = verifier.checkContents(
                manifest.files, progress: { bytes in progress(.hashing, done.add(bytes), total) })
            problems = found ?? []
        }
        report.fileCount = manifest.files.count
        report.fileBytes = total
        do throws(DataDirectoryError) {
            for path in try VersionDirectory(path: directory).unlistedFiles(manifest) {
                problems.append(FileProblem(path: path, reason: .unlisted))
            }
        } catch {
            problems.append(FileProblem(path: ".", reason: .unreadable(error.description)))
        }
        report.problems += problems.map(VerificationProblem.init)
    }

    private func checkEngine(
        _ manifest: Manifest?, _ report: inout VerificationReport, _ progress: Progress
    ) {
        do throws(EngineError) {
            let engine = try openEngine(directory)
            report.format = engine.format
            if let manifest { checkCanaries(manifest.canaries, engine, &report) }
            guard !isQuick else { return checkCount(engine, manifest, &report) }
            let expected = manifest?.keyCount ?? engine.keyCount.value
            let found = try RowStatistics(of: engine) { progress(.reading, $0, expected) }
            guard found.problems.isEmpty else {
                report.problems += found.problems.map {
                    VerificationProblem(subject: "", message: $0, isInputOutput: false)
                }
                return
            }
            report.keyCount = found.keyCount
            report.valueBytes = found.valueBytes
            compare(found, with: manifest, &report)
            if case .exact(let count) = engine.keyCount, count != found.keyCount {
                report.note("the engine", "counts \(count) keys, a full walk found \(found.keyCount)")
            }
        } catch {
            report.problems.append(VerificationProblem(InspectionError(error, reading: directory)))
        }
    }

    private func checkCount(_ engine: any Engine, _ manifest: Manifest?, _ report: inout VerificationReport) {
        guard case .exact(let count) = engine.keyCount else { return }
        report.keyCount = count
        if let manifest, manifest.keyCount != count {
            report.note("keys", "there are \(count), the manifest says \(manifest.keyCount)")
        }
    }

    private func compare(_ found: RowStatistics, with manifest: Manifest?, _ report: inout VerificationReport) {
        guard let manifest else { return }
        func hold(_ subject: String, _ actual: some CustomStringConvertible, _ expected: some CustomStringConvertible) {
            guard actual.description != expected.description else { return }
            report.note(subject, "\(actual), the manifest says \(expected)")
        }
        hold("number of keys", found.keyCount, manifest.keyCount)
        hold("first key", Self.shown(found.minKey), Self.shown(manifest.minKey))
        hold("last key", Self.shown(found.maxKey), Self.shown(manifest.maxKey))
        if let sizes = manifest.valueBytes {
            hold("bytes of all values", found.valueBytes, sizes.total)
            hold("bytes of the shortest value", found.shortestValue, sizes.min)
            hold("bytes of the longest value", found.longestValue, sizes.max)
        }
    }

    private static func shown(_ key: ManifestKey?) -> String { key?.printable ?? "none" }

    private func checkCanaries(_ canaries: [Manifest.Canary], _ engine: any Engine, _ report: inout VerificationReport)
    {
        report.canaryCount = canaries.count
        var batch = engine.makeBatch()
        for canary in canaries { _ = batch.append(canary.key.bytes.span) }
        engine.lookUp(&batch, in: 0..<batch.count, tier: .anywhere)
        for (index, canary) in canaries.enumerated() {
            let name = "canary \(canary.key.printable)"
            switch (batch.outcome(at: index), canary.sha256) {
            case (.hit, let expected?):
                let actual = SHA256.digest(of: batch[valueAt: index])
                if actual != expected {
                    report.note(name, "its value has SHA-256 \(actual), the manifest says \(expected)")
                }
            case (.hit, nil): report.note(name, "is there, and must be absent")
            case (.miss, _?): report.note(name, "is missing")
            case (.miss, nil): break
            case (.damaged, _), (.pending, _), (.wouldBlock, _):
                report.note(name, "cannot be read: \(batch.failure?.message ?? "no reason given")")
            }
        }
    }
}
