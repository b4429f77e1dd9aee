internal import ArgumentParser
internal import Datasets

/// `almanac pin`: stays with a version.
struct PinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin",
        abstract: "Has a dataset stay with a version until it is unpinned.",
        usage: """
            almanac pin <dir> [<version>]
            almanac pin --server <address> [<version>] [--dataset <name>]
            """,
        discussion: """
            Without a VERSION it is the current one. Another becomes current at once. While a dataset is pinned, \
            almanac sync downloads no other version and leaves what is current, and a rollback is refused.

            EXAMPLES:
              almanac pin /srv/users
              almanac pin /srv/users 20261119T0300Z
              almanac pin --server redis://127.0.0.1:6379/0

            EXIT CODES:
              0   done
              64  the command line is wrong
              69  the server cannot be reached
              74  the directory cannot be read or changed
              78  it is no data directory, the version is not there or quarantined, or
                  the server refuses
            """)

    @OptionGroup var arguments: VersionsPlaceArguments

    func validate() throws { _ = try arguments.parts(takesVersion: true) }

    func run() throws {
        let (place, version) = try arguments.open(takesVersion: true)
        switch place {
        case .directory(let directory): try pin(directory, to: version)
        case .server(let dataset): try dataset.perform("PIN", version: version)
        }
    }

    private func pin(_ directory: DataDirectory, to version: String?) throws {
        let current = try directory.currentVersionID()
        guard let id = version ?? current else {
            throw CommandFailure(.badConfiguration, "\(directory.path) has no current version; name one to pin")
        }
        if let refusal = try directory.refusal(of: id) {
            throw CommandFailure(
                .badConfiguration, "cannot pin \(id): it is quarantined (\(refusal.kind.rawValue): \(refusal.reason))")
        }
        // The pin first: whoever changes `current` from now on leaves it at this version.
        try directory.setPin(Pin(versionID: id, pinnedAt: .now))
        guard id != current else { return print("pinned to \(id)") }
        try directory.setCurrent(id)
        print(
            """
            pinned to \(id), which is now current
            \(Almanac.serverAdvice)
            """)
    }
}
