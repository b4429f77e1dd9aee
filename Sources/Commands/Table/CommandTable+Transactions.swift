extension CommandTable {
    /// Commands that run requests together.
    static let transactions: [Row] = [
        Row(
            "multi", .multi, arity: 1, [.noscript, .loading, .stale, .fast, .allowBusy], in: .transaction,
            group: .transactions, since: "1.2.0", "O(1)", "Begins a transaction."),
        Row(
            "exec", .exec, arity: 1, [.noscript, .loading, .stale, .skipSlowlog], in: .transaction,
            group: .transactions, since: "1.2.0", "O(N)", "Runs the requests of a transaction."),
        Row(
            "discard", .discard, arity: 1, [.noscript, .loading, .stale, .fast, .allowBusy], in: .transaction,
            group: .transactions, since: "2.0.0", "O(N)", "Drops a transaction."),
        Row(
            "watch", .watch, arity: -2, [.noscript, .loading, .stale, .fast, .allowBusy], in: .transaction,
            keys: [.keys(1, [.readOnly])], group: .transactions, since: "2.2.0", "O(1)",
            "Calls the next transaction off should one of the keys change."),
        Row(
            "unwatch", .unwatch, arity: 1, [.noscript, .loading, .stale, .fast, .allowBusy], in: .transaction,
            group: .transactions, since: "2.2.0", "O(1)", "Forgets every watched key."),
    ]
}
