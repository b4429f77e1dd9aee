internal import ArgumentParser
internal import Settings

extension ServeOptions {
    /// Who may connect, and what each may do.
    struct AccessOptions: ParsableArguments {
        @Option(help: help("protected-mode")) var protectedMode: String?

        var values: [String: String?] {
            ["protected-mode": protectedMode]
        }
    }
}
