extension CommandTable {
    /// Sub-commands of `CLIENT` about caches, about replies, and about holding requests back.
    static let clientModes: [Row] = [
        Row(
            "tracking", .clientTracking, arity: -3, ofConnection, in: .connection,
            group: .connection, since: "6.0.0", "O(1)",
            "Has this client told when what it has cached is out of date: at each change of version.",
            usage: "<ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] "
                + "[NOLOOP]"),
        Row(
            "trackinginfo", .clientTrackingInfo, arity: 2, ofConnection, in: .connection,
            group: .connection, since: "6.2.0", "O(1)", "Tells whether and how this client's cache is kept current."),
        Row(
            "caching", .clientCaching, arity: 3, ofConnection, in: .connection,
            group: .connection, since: "6.0.0", "O(1)", "Says whether the next request's keys are cached.",
            usage: "<YES | NO>"),
        Row(
            "getredir", .clientGetRedirection, arity: 2, ofConnection, in: .connection,
            group: .connection, since: "6.0.0", "O(1)", "Gives the client that is told instead of this one."),
        Row(
            "reply", .clientReply, arity: 3, ofConnection, in: .connection,
            group: .connection, since: "3.2.0", "O(1)", "Leaves replies out, or sends them again.",
            usage: "<ON | OFF | SKIP>"),
        Row(
            "pause", .clientPause, arity: -3, ofEveryone, in: .connection,
            group: .connection, since: "2.9.50", "O(1)", "Holds every client's requests back for some time.",
            usage: "timeout [WRITE | ALL]"),
        Row(
            "unpause", .clientUnpause, arity: 2, ofEveryone, in: .connection,
            group: .connection, since: "6.2.0", "O(N)", "Ends a pause."),
    ]

    private static let ofConnection: CommandFlags = [.noscript, .loading, .stale]
    private static let ofEveryone: CommandFlags = [.admin, .noscript, .loading, .stale]
}
