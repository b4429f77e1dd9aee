internal import ArgumentParser
internal import Settings

extension ServeOptions {
    /// What operators look in through.
    struct AdministrationOptions: ParsableArguments {
        @Option(help: help("admin-port")) var adminPort: String?

        var values: [String: String?] {
            ["admin-port": adminPort]
        }
    }
}
