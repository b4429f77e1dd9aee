internal import ArgumentParser
internal import Datasets

/// `almanac rollback`: goes back to an older version.
struct RollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Goes back to the version before the current one, or to one that is named.",
        usage: """
            almanac rollback <dir> [<version>] [--reason <text>] [--force]
            almanac rollback --server <address> [<version>] [--dataset <name>]
            """,
        discussion: """
            Without a VERSION it is the one that the current version replaced, as its manifest says, or else the \
            next lower id that is there. The version that is left is quarantined: neither almanac sync nor a server \
            takes it up again by itself. A quarantined version is never gone back to.

            With --force it is, where it was left by a rollback or refused for its number of keys; that takes its \
            quarantine away, and quarantines nothing. So a rollback is undone.

            A directory is changed in one step, even while almanac sync runs. With --server the server does it all, \
            and has swapped when the command ends.

            EXAMPLES:
              almanac rollback /srv/users --reason "prices are empty"
              almanac rollback /srv/users 20261119T0300Z
              almanac rollback /srv/users 20261121T0300Z --force
              almanac rollback --server redis://127.0.0.1:6379/0

            EXIT CODES:
              0   done
              64  the command line is wrong
              69  the server cannot be reached
              74  the directory cannot be read or changed
              78  it is no data directory, there is nothing to go back to, or the
                  server refuses
            """)

    @OptionGroup var arguments: VersionsPlaceArguments

    @Option(help: ArgumentHelp("Why, for the record of the version that is left.", valueName: "text"))
    var reason: String?

    @Flag(help: "Goes to a version that was itself left by a rollback, or looked wrong.")
    var force = false

    func validate() throws {
        let version = try arguments.parts(takesVersion: true).version
        guard !force || version != nil else { throw ValidationError("--force needs a VERSION") }
        guard arguments.server == nil || !force && reason == nil else {
            throw ValidationError("--reason and --force are for a data directory, not for a --server")
        }
    }

    func run() throws {
        let (place, version) = try arguments.open(takesVersion: true)
        switch place {
        case .directory(let directory): try rollBack(directory, to: version)
        case .server(let dataset): try dataset.perform("ROLLBACK", version: version)
        }
    }

    private func rollBack(_ directory: DataDirectory, to version: String?) throws {
        let choice = try directory.rollbackChoice()
        let target: String
        do throws(RollbackObstacle) {
            target = try choice.target(version, isForced: force)
        } catch {
            throw CommandFailure(.badConfiguration, "cannot roll back \(directory.path): \(error)")
        }
        guard let left = choice.currentID else { return }
        if choice.refusals.contains(where: { $0.versionID == target }) {
            try directory.release(target)
            try directory.setCurrent(target)
            return print(
                """
                current is now \(target), which is no longer quarantined
                \(Almanac.serverAdvice)
                """)
        }
        try directory.rollBack(
            to: target,
            Refusal(
                versionID: left, kind: .rolledBack, reason: reason ?? "rolled back to \(target)",
                refusedAt: .now, by: "almanac rollback"))
        print(
            """
            current is now \(target); \(left) is quarantined
            \(Almanac.serverAdvice)
            """)
    }
}
