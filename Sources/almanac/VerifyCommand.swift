internal import ArgumentParser
private import DatasetBuild
private import DatasetInspection
private import Storage

/// `almanac verify`: checks every byte of versions.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks every byte of versions and of databases.",
        usage: "almanac verify <path> ... [--all] [--quick] [--json]",
        discussion: """
            A path is a version (a directory with a manifest.json), a data directory, whose current version is meant, \
            or a directory of RocksDB or packed files. Nothing is changed, and what a server on this machine holds in memory stays there.

            CHECKED, IN THIS ORDER:
              files     each is there, in the size and with the SHA-256 that the
                        manifest says; none is there that it does not list
              canaries  keys that must be there have their value, keys that must be
                        absent are
              rows      all are read, in order and with the storage engine's own
                        checksums; their number, the first and the last key and the
                        sizes of values are as the manifest says
              packed    in that format, every byte is checked: each entry of the
                        index leads to its record, all records have an entry and
                        are in their order and segment, counts and padding are right

            A database without a manifest has nothing to be held against but its own checksums. --quick looks at the \
            sizes of files and at canaries only.

            EXAMPLES:
              almanac verify /srv/users
              almanac verify /srv/users/versions/20261121T0300Z --quick
              almanac verify /srv/users --all --json

            EXIT CODES:
              0   all is as it should be
              64  the command line is wrong
              65  something is wrong; each problem has a line
              74  something could not be read
            """)

    @Argument(help: ArgumentHelp("What to check.", valueName: "path"))
    var paths: [String]

    @Flag(help: "Checks every version of a data directory, not its current one only.")
    var all = false

    @Flag(help: "Looks at sizes and canaries only.")
    var quick = false

    @Option(help: ArgumentHelp("How many files to hash at once.", valueName: "count"))
    var threads = 2

    @Flag(help: "Prints the findings as JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Shows no progress, and nothing where all is well.")
    var quiet = false

    func validate() throws {
        guard (1...64).contains(threads) else { throw ValidationError("--threads must be 1 to 64") }
    }

    func run() throws {
        let display = ProgressDisplay(isQuiet: quiet)
        var reports: [VerificationReport] = []
        do throws(InspectionError) {
            for path in paths {
                for directory in try directories(path) {
                    let verification = Verification(
                        directory: directory, isQuick: quick, threadCount: threads
                    ) { (path) throws(EngineError) in try openInspected(path) }
                    let report = verification.run { phase, done, total in
                        switch phase {
                        case .hashing: display.show("hashing files", .bytes, done, of: total)
                        case .reading: display.show("reading rows", .rows, done, of: total)
                        }
                    }
                    display.clear()
                    if !json { Self.show(report, isQuiet: quiet) }
                    reports.append(report)
                }
            }
        } catch {
            throw CommandFailure(error)
        }
        if json { print(try jsonText(reports)) }
        let problems = reports.flatMap(\.problems)
        guard !problems.isEmpty else { return }
        throw problems.allSatisfy(\.isInputOutput) ? ExitCode.ioError : ExitCode.badData
    }

    private func directories(_ path: String) throws(InspectionError) -> [String] {
        let found = try DatasetPath(path)
        guard all, found.kind == .dataDirectory else { return [try found.requireVersion()] }
        guard !found.versionIDs.isEmpty else { throw InspectionError(.badData, "\(path): holds no versions") }
        return found.versionIDs.map { "\(path)/versions/\($0)" }
    }

    private static func show(_ report: VerificationReport, isQuiet: Bool) {
        let name = report.path
        for problem in report.problems {
            let text = problem.description
            writeToStandardError("almanac: \(text.hasPrefix(name) ? text : "\(name): \(text)")\n")
        }
        guard report.problems.isEmpty, !isQuiet else { return }
        var facts: [String] = []
        if report.hasManifest {
            facts.append("\(Quantity.grouped(report.fileCount)) files of \(Quantity.bytes(report.fileBytes))")
        }
        if let keys = report.keyCount { facts.append("\(Quantity.grouped(keys)) keys") }
        if report.hasManifest { facts.append("\(report.canaryCount) canaries") }
        facts.append(Quantity.duration(.seconds(report.seconds)))
        let id = report.versionID.map { "version \($0)" } ?? "no manifest, checksums only"
        print("\(name): \(report.isQuick ? "looks whole" : "whole") (\(id)): \(facts.joined(separator: ", "))")
    }
}
