internal import ArgumentParser
internal import Datasets

/// `almanac unpin`: lets a dataset follow its source again.
struct UnpinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin",
        abstract: "Lets a dataset follow its source again.",
        discussion: """
            What is current stays so until almanac sync, or you, change it.

            EXAMPLES:
              almanac unpin /srv/users

            EXIT CODES:
              0   done, or it was not pinned
              64  the command line is wrong
              74  the directory cannot be changed
              78  it is no data directory
            """)

    @OptionGroup var directory: DataDirectoryArgument

    func run() throws {
        let directory = try directory.open()
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
