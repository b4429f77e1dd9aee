internal import ArgumentParser
internal import Datasets

/// `almanac unpin`: lets a dataset follow its source again.
struct UnpinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin",
        abstract: "Lets a dataset follow its source again.",
        usage: """
            almanac unpin <dir>
            almanac unpin --server <address> [--dataset <name>]
            """,
        discussion: """
            What is current stays so until almanac sync, or you, change it.

            EXAMPLES:
              almanac unpin /srv/users
              almanac unpin --server redis://127.0.0.1:6379/0

            EXIT CODES:
              0   done, or it was not pinned
              64  the command line is wrong
              69  the server cannot be reached
              74  the directory cannot be changed
              78  it is no data directory, or the server refuses
            """)

    @OptionGroup var arguments: VersionsPlaceArguments

    func validate() throws { _ = try arguments.parts(takesVersion: false) }

    func run() throws {
        switch try arguments.open(takesVersion: false).place {
        case .directory(let directory): try unpin(directory)
        case .server(let dataset): try dataset.perform("UNPIN")
        }
    }

    private func unpin(_ directory: DataDirectory) throws {
        // A record that cannot be understood goes like any other.
        let pinned = Result { try directory.pin() }
        try directory.setPin(nil)
        switch pinned {
        case .success(nil): print("it was not pinned")
        case .success(.some(let pin)): print("no longer pinned to \(pin.versionID)")
        case .failure: print("no longer pinned; the record could not be understood")
        }
    }
}
