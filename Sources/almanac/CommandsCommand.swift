internal import ArgumentParser
internal import Commands

/// `almanac commands`: lists what clients may ask.
struct CommandsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commands",
        abstract: "Lists every command that the server knows, in Markdown.",
        discussion: """
            Tells for each what it takes, what it does, and whether it is answered, refused as a change of read-only \
            data, or refused for another reason.

            EXAMPLES:
              almanac commands | grep -i scan
            """)

    func run() { print(CommandTable.standard.page, terminator: "") }
}
