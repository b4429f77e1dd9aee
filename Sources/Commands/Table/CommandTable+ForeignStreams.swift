extension CommandTable {
    /// Reads of streams, of which there are none here.
    static let foreignStreamReads: [Row] = [
        Row(
            "xlen", .foreignRead, arity: 2, [.readonly, .fast], in: .stream, keys: [.key(1, [.readOnly])],
            group: .stream, since: "5.0.0", "O(1)", "Counts the entries of a stream."),
        Row(
            "xpending", .foreignRead, arity: -3, .readonly, in: .stream, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .stream, since: "5.0.0", "O(N)",
            "Lists what a consumer group has not confirmed."),
        Row(
            "xrange", .foreignRead, arity: -4, .readonly, in: .stream, keys: [.key(1, [.readOnly, .access])],
            group: .stream, since: "5.0.0", "O(N)", "Gives the entries between two identifiers."),
        Row(
            "xread", .foreignRead, arity: -4, [.readonly, .blocking], in: .stream,
            keys: [.after("STREAMS", from: 1, last: -1, limit: 2, [.readOnly, .access])], group: .stream,
            since: "5.0.0", "O(N)", "Gives the entries behind an identifier, of several streams."),
        Row(
            "xrevrange", .foreignRead, arity: -4, .readonly, in: .stream, keys: [.key(1, [.readOnly, .access])],
            group: .stream, since: "5.0.0", "O(N)", "Gives the entries between two identifiers, the newest first."),
        Row(
            "xinfo", .container, arity: -2, [], group: .stream, since: "5.0.0", "Depends on subcommand.",
            "Holds the commands that describe streams.",
            subcommands: [
                Row(
                    "consumers", .foreignRead, arity: 4, .readonly, in: .stream, keys: [.key(2, [.readOnly, .access])],
                    tips: ["nondeterministic_output"], group: .stream, since: "5.0.0", "O(1)",
                    "Lists the members of a consumer group."),
                Row(
                    "groups", .foreignRead, arity: 3, .readonly, in: .stream, keys: [.key(2, [.readOnly, .access])],
                    group: .stream, since: "5.0.0", "O(1)", "Lists the consumer groups of a stream."),
                Row(
                    "stream", .foreignRead, arity: -3, .readonly, in: .stream, keys: [.key(2, [.readOnly, .access])],
                    group: .stream, since: "5.0.0", "O(1)", "Describes a stream."),
                Row(
                    "help", .xinfoHelp, arity: 2, [.loading, .stale], in: .stream, group: .stream, since: "5.0.0",
                    "O(1)", "Lists the sub-commands."),
            ]),
    ]
}
