internal import ArgumentParser
private import DatasetBuild
internal import DatasetInspection
private import Datasets
private import Platform
private import Storage

/// `almanac inspect`: prints what is inside.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Prints what is inside a version, a data directory or a database.",
        usage: """
            almanac inspect <path> [--json]
            almanac inspect <path> --key <key> [--raw]
            almanac inspect <path> --keys <prefix> [--limit <n>]
            """,
        discussion: """
            Where the files do not open, what the manifest says is printed all the same, and the exit code is 65. \
            Nothing is verified: that is what almanac verify does.

            EXAMPLES:
              almanac inspect /srv/users
              almanac inspect /srv/users --key 42 --raw > ada.json
              almanac inspect /srv/users --keys user: --limit 5

            EXIT CODES:
              0   done
              1   there is no such key
              64  the command line is wrong
              65  no dataset, or one that cannot be opened
              74  a file could not be read
            """)

    @Argument(
        help: ArgumentHelp("A version, a data directory, or a directory of RocksDB or packed files.", valueName: "path")
    )
    var path: String

    @Option(help: ArgumentHelp("Prints the value of this key instead.", valueName: "key"))
    var key: String?

    @Option(help: ArgumentHelp("Prints the keys that begin so instead; '' for any.", valueName: "prefix"))
    var keys: String?

    @Option(help: ArgumentHelp("How many keys to print.", valueName: "n"))
    var limit = 100

    @Flag(help: "Prints a value byte for byte, without quotes and without a newline.")
    var raw = false

    @Flag(help: "Prints JSON.")
    var json = false

    func validate() throws {
        guard key == nil || keys == nil else { throw ValidationError("--key and --keys exclude each other") }
        guard !raw || (key != nil && !json) else { throw ValidationError("--raw goes with --key, and not with --json") }
        guard limit >= 1 else { throw ValidationError("--limit must be at least 1") }
    }

    func run() throws {
        do {
            let location = try DatasetPath(path)
            if let key {
                try printValue(of: Array(key.utf8), in: try location.requireVersion())
            } else if let keys {
                try printKeys(Array(keys.utf8), in: try location.requireVersion())
            } else {
                try printReport(location)
            }
        } catch let error as InspectionError {
            throw CommandFailure(error)
        }
    }

    private func printReport(_ location: DatasetPath) throws {
        var report = try InspectionReport(location)
        if let directory = report.directory {
            do throws(EngineError) {
                let engine = try openInspected(directory)
                report.add(engine, details: storageDetails(engine))
            } catch {
                report.engineProblem = InspectionError(error, reading: directory).description
            }
        }
        print(json ? try jsonText(report) : InspectionText(report).text)
        guard let problem = report.engineProblem else { return }
        throw CommandFailure(.badData, problem)
    }

    private func printValue(of key: [UInt8], in directory: String) throws {
        let engine = try open(directory)
        guard let value = try KeyReading.value(of: key, in: engine, path: directory) else {
            // Said where it cannot be taken for a value.
            writeToStandardError("almanac: \(directory): no key \(Printable.text(key.span))\n")
            throw ExitCode(1)
        }
        if raw {
            let code = write(value, to: 1)
            guard code == 0 else { throw SystemError(call: "write", code: code) }
        } else if json {
            print(try jsonText(["key": ManifestKey(key), "value": ManifestKey(value)]))
        } else {
            print(Printable.text(value.span, limit: .max))
        }
    }

    private func printKeys(_ prefix: [UInt8], in directory: String) throws {
        let engine = try open(directory)
        let found = try KeyReading.keys(beginningWith: prefix, limit: limit, in: engine, path: directory)
        if json {
            print(try jsonText(found.map(ManifestKey.init)))
        } else {
            for key in found { print(Printable.text(key.span, limit: .max)) }
        }
    }

    private func open(_ directory: String) throws(InspectionError) -> any Engine {
        do throws(EngineError) {
            return try openInspected(directory)
        } catch {
            throw InspectionError(error, reading: directory)
        }
    }
}
