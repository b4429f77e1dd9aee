internal import ArgumentParser
private import Platform

/// The program: hands over to a subcommand, and turns what goes wrong into one line and an exit code.
@main struct Almanac: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "almanac",
        abstract: "Serves datasets that a batch job rebuilds to any Redis client.",
        discussion: """
            A dataset is made once, by almanac build or by any job that writes RocksDB, and is then served read-only: \
            reads answer as Redis does, writes get Redis's own read-only error.

            EXAMPLES:
              almanac build users.csv --key id --output /srv/users
              almanac serve users=/srv/users --port 6379
              redis-cli GET 42

            EXIT CODES:
              0   done
              64  the command line is wrong
              65  the data is wrong or damaged
              69  a source cannot be reached
              74  a file, device or socket failed
              78  the settings are wrong
            """,
        version: version,
        subcommands: [
            BuildCommand.self, PublishCommand.self, SyncCommand.self, ServeCommand.self, VersionsCommand.self,
            RollbackCommand.self, PinCommand.self, UnpinCommand.self, VerifyCommand.self, InspectCommand.self,
            CompareCommand.self, KeygenCommand.self, SignCommand.self, CommandsCommand.self,
        ])

    static func main() {
        // The others end with their terminal.
        if ["serve", "sync"].contains(CommandLine.arguments.dropFirst().first) { SignalQueue.holdReload() }
        // Versions may have thousands of files, and servers as many clients.
        OpenFileLimit.raise()
        do {
            // Every command that opens a packed version reads mapped files.
            try MappingFaults.guardProcess()
            var command = try parseAsRoot()
            try command.run()
        } catch {
            Self.exit(withCode: report(error))
        }
    }
}
