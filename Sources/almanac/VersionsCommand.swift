internal import ArgumentParser
internal import Datasets

/// `almanac versions`: what is in a data directory.
struct VersionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "versions",
        abstract: "Lists the versions in a data directory, or of a running server.",
        usage: """
            almanac versions <dir> [--json]
            almanac versions --server <address> [--dataset <name>] [--json]
            """,
        discussion: """
            STATES, of which a version may be in several:
              current      what the link DIR/current leads to, and servers serve
              pinned       the dataset is to stay with it; see almanac help pin
              quarantined  refused, and why; it is not tried again by itself
              incoming     being downloaded, or left half-way
              available    there, and none of these
              damaged      there, but its manifest cannot be used
              not on disk  spoken of, but gone
            A server also tells which one it is about to take (staged), and which ones it still has open (retired).

            EXAMPLES:
              almanac versions /srv/users
              almanac versions /srv/users --json
              almanac versions --server redis://127.0.0.1:6379/0

            EXIT CODES:
              0   done
              64  the command line is wrong
              69  the server cannot be reached
              74  the directory cannot be read
              78  it is no data directory, or the server refuses
            """)

    @OptionGroup var arguments: VersionsPlaceArguments

    @Flag(help: "Prints JSON: an array of objects.")
    var json = false

    func validate() throws { _ = try arguments.parts(takesVersion: false) }

    func run() throws {
        let rows =
            switch try arguments.open(takesVersion: false).place {
            case .directory(let directory): try directory.entries().reversed().map { VersionRow($0) }
            case .server(let dataset): try dataset.versions()
            }
        print(try json ? VersionTable.json(rows) : VersionTable.text(rows, now: .now))
    }
}
