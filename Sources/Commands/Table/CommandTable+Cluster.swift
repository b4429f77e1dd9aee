extension CommandTable {
    /// The commands of cluster mode, which this server is not in: all are known, and refused alike.
    static let cluster: [Row] = [
        Row(
            "cluster", .container, arity: -2, [], group: .cluster, since: "3.0.0", "Depends on subcommand.",
            "Holds the commands of cluster mode.",
            subcommands: [
                Row(
                    "addslots", .cluster, arity: -3, [.admin, .stale, .noAsyncLoading],
                    group: .cluster, since: "3.0.0", "O(N)", "Gives slots to this node."),
                Row(
                    "addslotsrange", .cluster, arity: -4, [.admin, .stale, .noAsyncLoading],
                    group: .cluster, since: "7.0.0", "O(N)", "Gives ranges of slots to this node."),
                Row(
                    "bumpepoch", .cluster, arity: 2, [.admin, .stale, .noAsyncLoading],
                    tips: ["nondeterministic_output"], group: .cluster, since: "3.0.0", "O(1)",
                    "Raises the node's configuration epoch."),
                Row(
                    "count-failure-reports", .cluster, arity: 3, [.admin, .stale], tips: ["nondeterministic_output"],
                    group: .cluster, since: "3.0.0", "O(N)", "Counts the failure reports about a node."),
                Row(
                    "countkeysinslot", .cluster, arity: 3, .stale, group: .cluster, since: "3.0.0", "O(1)",
                    "Counts the keys of a slot."),
                Row(
                    "delslots", .cluster, arity: -3, [.admin, .stale, .noAsyncLoading],
                    group: .cluster, since: "3.0.0", "O(N)", "Takes slots from a node."),
                Row(
                    "delslotsrange", .cluster, arity: -4, [.admin, .stale, .noAsyncLoading],
                    group: .cluster, since: "7.0.0", "O(N)", "Takes ranges of slots from a node."),
                Row(
                    "failover", .cluster, arity: -2, [.admin, .stale, .noAsyncLoading],
                    group: .cluster, since: "3.0.0", "O(1)", "Makes a replica the primary."),
                Row(
                    "flushslots", .cluster, arity: 2, [.admin, .stale, .noAsyncLoading],
                    group: .cluster, since: "3.0.0", "O(1)", "Takes every slot from this node."),
                Row(
                    "forget", .cluster, arity: 3, [.admin, .stale, .noAsyncLoading],
                    group: .cluster, since: "3.0.0", "O(1)", "Drops a node from the list of nodes."),
                Row(
                    "getkeysinslot", .cluster, arity: 4, .stale, tips: ["nondeterministic_output"],
                    group: .cluster, since: "3.0.0", "O(log(N))", "Gives keys of a slot."),
                Row(
                    "help", .cluster, arity: 2, [.loading, .stale], group: .cluster, since: "5.0.0", "O(1)",
                    "Lists the sub-commands."),
                Row(
                    "info", .cluster, arity: 2, .stale, tips: ["nondeterministic_output"],
                    group: .cluster, since: "3.0.0", "O(1)", "Describes the state of the cluster."),
                Row(
                    "keyslot", .cluster, arity: 3, .stale, group: .cluster, since: "3.0.0", "O(N)",
                    "Gives the slot of a key."),
                Row(
                    "links", .cluster, arity: 2, .stale, tips: ["nondeterministic_output"],
                    group: .cluster, since: "7.0.0", "O(N)", "Lists the connections between nodes."),
                Row(
                    "meet", .cluster, arity: -4, [.admin, .stale, .noAsyncLoading],
                    group: .cluster, since: "3.0.0", "O(1)", "Introduces a node to another."),
                Row(
                    "myid", .cluster, arity: 2, .stale, group: .cluster, since: "3.0.0", "O(1)",
                    "Gives the identifier of this node."),
                Row(
                    "nodes", .cluster, arity: 2, .stale, tips: ["nondeterministic_output"],
                    group: .cluster, since: "3.0.0", "O(N)", "Describes the nodes."),
                Row(
                    "replicas", .cluster, arity: 3, [.admin, .stale], tips: ["nondeterministic_output"],
                    group: .cluster, since: "5.0.0", "O(1)", "Lists the replicas of a node."),
                Row(
                    "replicate", .cluster, arity: 3, [.admin, .stale, .noAsyncLoading],
                    group: .cluster, since: "3.0.0", "O(1)", "Makes this node a replica of another."),
                Row(
                    "reset", .cluster, arity: -2, [.admin, .noscript, .stale],
                    group: .cluster, since: "3.0.0", "O(N)", "Makes a node forget the cluster."),
                Row(
                    "saveconfig", .cluster, arity: 2, [.admin, .stale, .noAsyncLoading],
                    group: .cluster, since: "3.0.0", "O(1)", "Writes the node's configuration to disk."),
                Row(
                    "set-config-epoch", .cluster, arity: 3, [.admin, .stale, .noAsyncLoading],
                    group: .cluster, since: "3.0.0", "O(1)", "Sets a new node's configuration epoch."),
                Row(
                    "setslot", .cluster, arity: -4, [.admin, .stale, .noAsyncLoading],
                    group: .cluster, since: "3.0.0", "O(1)", "Binds a slot to a node."),
                Row(
                    "shards", .cluster, arity: 2, .stale, tips: ["nondeterministic_output"],
                    group: .cluster, since: "7.0.0", "O(N)", "Maps slots to shards."),
                Row(
                    "slaves", .cluster, arity: 3, [.admin, .stale], tips: ["nondeterministic_output"],
                    group: .cluster, since: "3.0.0", "O(1)", "Lists the replicas of a node.",
                    deprecated: ("5.0.0", "`CLUSTER REPLICAS`")),
                Row(
                    "slots", .cluster, arity: 2, .stale, tips: ["nondeterministic_output"],
                    group: .cluster, since: "3.0.0", "O(N)", "Maps slots to nodes.",
                    deprecated: ("7.0.0", "`CLUSTER SHARDS`")),
            ])
    ]
}
