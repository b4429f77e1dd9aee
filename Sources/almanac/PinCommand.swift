internal import ArgumentParser
internal import Datasets
internal import Glibc

/// `almanac pin`: stays with a version.
struct PinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin",
        abstract: "Has a dataset stay with a version until it is unpinned.",
        discussion: """
            Without a VERSION it is the current one. Another becomes current at once. While a dataset is pinned, \
            almanac sync goes on downloading but does not change what is current, and a rollback is refused.

            EXAMPLES:
              almanac pin /srv/users
              almanac pin /srv/users 20261119T0300Z

            EXIT CODES:
              0   done
              64  the command line is wrong
              74  the directory cannot be read or changed
              78  it is no data directory, or the version is not there or quarantined
            """)

    @OptionGroup var directory: DataDirectoryArgument

    @Argument(help: ArgumentHelp("The version to stay with.", valueName: "version"))
    var version: String?

    func run() throws {
        let directory = try directory.open()
        let current = try directory.currentVersionID()
        guard let id = version ?? current else {
            throw CommandFailure(.badConfiguration, "\(directory.path) has no current version; name one to pin")
        }
        if let refusal = try directory.refusal(of: id) {
            throw CommandFailure(
                .badConfiguration, "cannot pin \(id): it is quarantined (\(refusal.kind.rawValue): \(refusal.reason))")
        }
        // The pin first: whoever changes `current` from now on leaves it at this version.
        try directory.setPin(Pin(versionID: id, pinnedAt: ManifestTime(unixSeconds: Int64(time(nil)))))
        guard id != current else { return print("pinned to \(id)") }
        try directory.setCurrent(id)
        print(
            """
            pinned to \(id), which is now current
            \(Almanac.serverAdvice)
            """)
    }
}
