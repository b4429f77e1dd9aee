extension CommandTable {
    /// What test suites need of `DEBUG`; refused unless the settings allow it.
    static let debugging: [Row] = [
        Row(
            "debug", .debug, arity: -2, [.admin, .noscript, .loading, .stale], group: .server, since: "1.0.0", "O(1)",
            "Does what tests of servers and clients need.", isInternal: true)
    ]
}
