extension CommandTable {
    /// Commands about messages; the server alone publishes any.
    static let pubSub: [Row] = [
        Row(
            "subscribe", .subscribe, arity: -2, subscribing, group: .pubsub, since: "2.0.0", "O(N)",
            "Has the messages of channels sent."),
        Row(
            "unsubscribe", .unsubscribe, arity: -1, subscribing, group: .pubsub, since: "2.0.0", "O(N)",
            "Has the messages of channels sent no more."),
        Row(
            "psubscribe", .psubscribe, arity: -2, subscribing, group: .pubsub, since: "2.0.0", "O(N)",
            "Has the messages of channels sent whose names match patterns."),
        Row(
            "punsubscribe", .punsubscribe, arity: -1, subscribing, group: .pubsub, since: "2.0.0", "O(N)",
            "Has the messages of patterns sent no more."),
        Row(
            "ssubscribe", .ssubscribe, arity: -2, subscribing, keys: [.keys(1, [.notKey])],
            group: .pubsub, since: "7.0.0", "O(N)", "Has the messages of shard channels sent."),
        Row(
            "sunsubscribe", .sunsubscribe, arity: -1, subscribing, keys: [.keys(1, [.notKey])],
            group: .pubsub, since: "7.0.0", "O(N)", "Has the messages of shard channels sent no more."),
        Row(
            "publish", .publish, arity: 3, [.pubsub, .loading, .stale, .fast],
            group: .pubsub, since: "2.0.0", "O(1)", "Sends a message: refused."),
        Row(
            "spublish", .publish, arity: 3, [.pubsub, .loading, .stale, .fast], keys: [.key(1, [.notKey])],
            group: .pubsub, since: "7.0.0", "O(1)", "Sends a message to a shard channel: refused."),
        Row(
            "pubsub", .container, arity: -2, [], group: .pubsub, since: "2.8.0", "Depends on subcommand.",
            "Holds the commands about subscriptions.",
            subcommands: [
                Row(
                    "channels", .pubsubChannels, arity: -2, [.pubsub, .loading, .stale],
                    group: .pubsub, since: "2.8.0", "O(N)", "Lists the channels that somebody subscribes to."),
                Row(
                    "numsub", .pubsubNumsub, arity: -2, [.pubsub, .loading, .stale],
                    group: .pubsub, since: "2.8.0", "O(N)", "Counts the subscribers of channels."),
                Row(
                    "numpat", .pubsubNumpat, arity: 2, [.pubsub, .loading, .stale],
                    group: .pubsub, since: "2.8.0", "O(N)", "Counts the patterns that somebody subscribes to."),
                Row(
                    "shardchannels", .pubsubShardChannels, arity: -2, [.pubsub, .loading, .stale],
                    group: .pubsub, since: "7.0.0", "O(N)", "Lists the shard channels that somebody subscribes to."),
                Row(
                    "shardnumsub", .pubsubShardNumsub, arity: -2, [.pubsub, .loading, .stale],
                    group: .pubsub, since: "7.0.0", "O(N)", "Counts the subscribers of shard channels."),
                Row(
                    "help", .pubsubHelp, arity: 2, [.loading, .stale], group: .pubsub, since: "6.2.0", "O(1)",
                    "Lists the sub-commands."),
            ]),
    ]

    private static let subscribing: CommandFlags = [.pubsub, .noscript, .loading, .stale]
}
