public import ArgumentParser
private import DatasetBuild
public import DatasetInspection
private import Datasets
private import RedisClient
private import Storage

/// `almanac compare`: counts the differences of two datasets.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Counts the differences of two datasets, or of a dataset and a server.",
        usage: """
            almanac compare <a> <b> [--tolerate <n>] [--samples <n>] [--json]
            almanac compare <a> --server <address> [...]
            """,
        discussion: """
            Each side is a version, a data directory, whose current version is meant, a directory of RocksDB or packed files, or the \
            database of a running server, Redis or Almanac: redis://[[user:]password@]host[:port][/db] or \
            unix:///path. --server HOST:PORT/DB is another way to name side B (given twice: both sides).

            Two datasets of one storage format are walked over side by side, in little memory, whatever their size; of \
            two formats, one is walked over and each key looked up in the other. A server is asked \
            with MGET, TYPE, SCAN and DBSIZE. Keys of a live Redis that hold no string are counted apart. A Redis \
            that is written to meanwhile makes the counts inexact, and the output says so.

            COUNTED:
              equal    keys with the same value on both sides
              changed  keys on both sides with different values
              missing  keys in A only
              new      keys in B only

            EXAMPLES:
              almanac compare /srv/users/versions/v1 /srv/users/versions/v2
              almanac compare /srv/users --server 127.0.0.1:6379/0 --tolerate 0.1%
              almanac compare redis://old:6379 redis://new:6379 --json

            EXIT CODES:
              0   equal, or no more differences than tolerated
              1   different
              64  the command line is wrong
              65  a side holds no dataset, or is damaged
              69  a server cannot be reached
              74  a file could not be read
            """)

    @Argument(
        help: ArgumentHelp("A, then B: a path, or a server's address with redis:// or unix://.", valueName: "side"))
    var sides: [String] = []

    @Option(help: ArgumentHelp("A server as side B; may be given twice.", valueName: "address"))
    var server: [String] = []

    @OptionGroup var password: ServerPassword

    @Option(help: ArgumentHelp("Passes with up to this many differences, or percent of the keys.", valueName: "n|p%"))
    var tolerate = Tolerance.keys(0)

    @Option(help: ArgumentHelp("How many example keys to show of each kind.", valueName: "n"))
    var samples = 10

    @Flag(help: "Prints the result as JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Shows no progress.")
    var quiet = false

    func validate() throws {
        guard sides.count + server.count == 2 else {
            throw ValidationError("there must be two sides, as paths or by --server")
        }
        guard (0...10_000).contains(samples) else { throw ValidationError("--samples must be 0 to 10000") }
    }

    func run() throws {
        let display = ProgressDisplay(isQuiet: quiet)
        let names = sides + server
        let result: ComparisonResult
        do throws(InspectionError) {
            let opened = [try open(names[0], isServer: sides.isEmpty), try open(names[1], isServer: sides.count < 2)]
            let comparison = Comparison(samplesMax: samples) { display.show("comparing", .rows, $0, of: $1) }
            result = try comparison.run(opened[0], opened[1])
        } catch {
            display.clear()
            throw CommandFailure(error)
        }
        display.clear()
        let passes = tolerate.allows(result)
        if json {
            print(
                try jsonText(Output(a: Self.shown(names[0]), b: Self.shown(names[1]), passes: passes, result: result)))
        } else {
            show(result, names, passes)
        }
        if !passes { throw ExitCode(1) }
    }

    private func open(_ name: String, isServer: Bool) throws(InspectionError) -> Comparison.Side {
        guard isServer || name.contains("://") else {
            let directory = try DatasetPath(name).requireVersion()
            do throws(EngineError) {
                return .engine(try openInspected(directory), path: directory)
            } catch {
                throw InspectionError(error, reading: directory)
            }
        }
        do throws(RedisClientError) {
            return .server(try RedisClient(password.address(name)))
        } catch {
            throw InspectionError(error)
        }
    }

    /// A side's name without a password.
    private static func shown(_ name: String) -> String {
        // What is no address is a path.
        guard name.contains("://") || name.contains("@"), let address = try? RedisAddress(name) else { return name }
        return address.description
    }

    private func show(_ result: ComparisonResult, _ names: [String], _ passes: Bool) {
        print("A  \(Self.shown(names[0])): \(Quantity.grouped(result.keysOfA)) keys")
        print("B  \(Self.shown(names[1])): \(Quantity.grouped(result.keysOfB)) keys")
        let rows: [(String, Int, [ManifestKey])] = [
            ("equal  ", result.equal, []), ("changed", result.changed, result.samples.changed),
            ("missing", result.missing, result.samples.missing), ("new    ", result.new, result.samples.new),
        ]
        for (word, count, keys) in rows {
            print("  \(word)  \(Quantity.grouped(count))")
            for key in keys { print("    \(Printable.text(key.bytes.span))") }
        }
        if result.notStrings > 0 {
            print("  \(Quantity.grouped(result.notStrings)) of these keys hold no string")
        }
        for note in result.notes { print("  not exact: \(note)") }
        let rate = Double(result.keysOfA + result.keysOfB) / max(result.seconds, 0.001)
        print("  time     \(Quantity.duration(.seconds(result.seconds))), \(Quantity.grouped(Int(rate))) rows/s")
        print(result.differences == 0 ? "equal" : passes ? "different, as tolerated" : "different")
    }

    private struct Output: Encodable {
        let a: String
        let b: String
        let passes: Bool
        let result: ComparisonResult
    }
}

extension Tolerance: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }

    public var defaultValueDescription: String {
        switch self {
        case .keys(let count): "\(count)"
        case .percent(let share): "\(share)%"
        }
    }
}
