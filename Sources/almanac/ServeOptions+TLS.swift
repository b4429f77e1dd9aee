internal import ArgumentParser
internal import Settings

extension ServeOptions {
    /// Encrypted connections.
    struct TLSOptions: ParsableArguments {
        @Option(help: help("tls-port")) var tlsPort: String?

        var values: [String: String?] {
            ["tls-port": tlsPort]
        }
    }
}
