/// One row of the command table in full: what runs a command and what `COMMAND` tells about it.
///
/// Facts follow Redis 7.0 where Redis has the command, in its own spelling, for clients route by them.
public struct Command: Sendable {
    /// Lower case, without its container: `get`, `setname`.
    public let name: String
    /// As errors and `COMMAND` spell it: `client|setname`.
    public let fullName: String
    public let action: Action
    /// Arguments, the name included; negative where that is the least number.
    public let arity: Int
    public let flags: CommandFlags
    public let categories: CommandCategories
    public let keys: [KeySpecification]
    /// Hints for proxies and cluster clients.
    public let tips: [String]
    public let group: CommandGroup
    /// The first Redis version that has it.
    public let since: String
    public let complexity: String
    public let summary: String
    /// What the row itself says of its arguments, else ``usages`` tells.
    private let ownUsage: String?
    /// Whether this server does what the command asks for.
    public let standing: Standing
    public let deprecation: Deprecation?
    /// Meant for servers and their makers, not for users.
    public let isInternal: Bool
    public let subcommands: [Command]
    /// Where keys are, as far as a first, a last and a step can tell.
    public let keyRange: KeyRange

    /// What to use instead of a command, and since which Redis version.
    public struct Deprecation: Sendable {
        public let since: String
        public let replacement: String
    }

    init(
        _ name: String, _ action: Action, arity: Int, _ flags: CommandFlags, in categories: CommandCategories = [],
        keys: [KeySpecification] = [], tips: [String] = [], group: CommandGroup, since: String, _ complexity: String,
        _ summary: String, usage: String? = nil,
        deprecated: (since: String, replacement: String)? = nil, standing: Standing? = nil,
        isInternal: Bool = false,
        subcommands: [Command] = []
    ) {
        let derived = KeyRange.covering(keys)
        self.name = name
        fullName = name
        self.action = action
        self.arity = arity
        self.flags = derived.isPartial ? flags.union(.movableKeys) : flags
        // Who may run scripts is not decided by what they do.
        let implied = CommandCategories.implied(by: flags)
        self.categories = categories.union(categories.contains(.scripting) ? implied.subtracting(.read) : implied)
        self.keys = keys
        self.tips = tips
        self.group = group
        self.since = since
        self.complexity = complexity
        self.summary = summary
        ownUsage = usage
        self.standing = standing ?? .usual(action)
        deprecation = deprecated.map { Deprecation(since: $0.since, replacement: $0.replacement) }
        self.isInternal = isInternal
        self.subcommands = subcommands.map { Command($0, inside: name) }
        keyRange = derived.range
    }

    private init(_ other: Command, inside container: String) {
        name = other.name
        fullName = "\(container)|\(other.name)"
        action = other.action
        arity = other.arity
        flags = other.flags
        categories = other.categories
        keys = other.keys
        tips = other.tips
        group = other.group
        since = other.since
        complexity = other.complexity
        summary = other.summary
        ownUsage = other.ownUsage
        standing = other.standing
        deprecation = other.deprecation
        isInternal = other.isInternal
        subcommands = other.subcommands
        keyRange = other.keyRange
    }

    public var isContainer: Bool { !subcommands.isEmpty }

    /// The arguments, in the notation that ``UsageParser`` reads; `nil` where nobody has written them down.
    public var usage: String? {
        if let ownUsage { return ownUsage }
        let isSubcommand = fullName != name
        return arity == (isSubcommand ? 2 : 1) ? "" : Self.usages[fullName]
    }
}

/// Redis's section of the manual that a command is in.
public enum CommandGroup: String, Sendable, CaseIterable {
    case array, bitmap, cluster, connection, generic, geo, hash, hyperloglog, list, pubsub, scripting, server, set
    case sortedSet = "sorted-set"
    case stream, string, transactions
    case vectorSet = "vector_set"
}
