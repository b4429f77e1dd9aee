internal import ArgumentParser

@main struct Almanac: ParsableCommand {
    static let version = "0.1.0"
    static let configuration = CommandConfiguration(commandName: "almanac", subcommands: [BuildCommand.self])
}
