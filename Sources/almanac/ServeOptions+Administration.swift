internal import ArgumentParser
internal import Settings

extension ServeOptions {
    /// What operators look in through.
    struct AdministrationOptions: ParsableArguments {
        @Option(help: help("admin-port")) var adminPort: String?
        // An address that may be missing starts with a dash.
        @Option(parsing: .unconditionalSingleValue, help: help("admin-bind")) var adminBind: [String] = []
        @Option(help: help("admin-tls")) var adminTls: String?
        @Option(help: help("drain-delay")) var drainDelay: String?

        var values: [String: String?] {
            ["admin-port": adminPort, "admin-tls": adminTls, "drain-delay": drainDelay]
        }
    }
}
