/// What a command does to the server and when it may run, in Redis's terms.
public struct CommandFlags: OptionSet, Sendable, BitwiseCopyable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let write = Self(rawValue: 1 << 0)
    public static let readonly = Self(rawValue: 1 << 1)
    /// Refused where memory is short.
    public static let denyoom = Self(rawValue: 1 << 2)
    public static let admin = Self(rawValue: 1 << 3)
    public static let pubsub = Self(rawValue: 1 << 4)
    /// Not allowed in scripts.
    public static let noscript = Self(rawValue: 1 << 5)
    public static let blocking = Self(rawValue: 1 << 6)
    /// Allowed while data is being loaded.
    public static let loading = Self(rawValue: 1 << 7)
    /// Allowed on a replica that lost its primary.
    public static let stale = Self(rawValue: 1 << 8)
    public static let skipMonitor = Self(rawValue: 1 << 9)
    public static let skipSlowlog = Self(rawValue: 1 << 10)
    /// Answered for slots that are being imported.
    public static let asking = Self(rawValue: 1 << 11)
    public static let fast = Self(rawValue: 1 << 12)
    /// Allowed before `AUTH`.
    public static let noAuth = Self(rawValue: 1 << 13)
    public static let mayReplicate = Self(rawValue: 1 << 14)
    public static let noMandatoryKeys = Self(rawValue: 1 << 15)
    public static let noAsyncLoading = Self(rawValue: 1 << 16)
    /// Not allowed in transactions.
    public static let noMulti = Self(rawValue: 1 << 17)
    /// The first, last and step of its keys do not tell all of them.
    public static let movableKeys = Self(rawValue: 1 << 18)
    /// Allowed while a script runs for too long.
    public static let allowBusy = Self(rawValue: 1 << 19)

    /// Redis's spelling of each, in the order of its replies.
    static let names: [(flag: Self, name: StaticString)] = [
        (.write, "write"), (.readonly, "readonly"), (.denyoom, "denyoom"), (.admin, "admin"), (.pubsub, "pubsub"),
        (.noscript, "noscript"), (.blocking, "blocking"), (.loading, "loading"), (.stale, "stale"),
        (.skipMonitor, "skip_monitor"), (.skipSlowlog, "skip_slowlog"), (.asking, "asking"), (.fast, "fast"),
        (.noAuth, "no_auth"), (.mayReplicate, "may_replicate"), (.noMandatoryKeys, "no_mandatory_keys"),
        (.noAsyncLoading, "no_async_loading"), (.noMulti, "no_multi"), (.movableKeys, "movablekeys"),
        (.allowBusy, "allow_busy"),
    ]
}

/// The sets of commands that Redis's access control lists name.
public struct CommandCategories: OptionSet, Sendable, BitwiseCopyable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let keyspace = Self(rawValue: 1 << 0)
    public static let read = Self(rawValue: 1 << 1)
    public static let write = Self(rawValue: 1 << 2)
    public static let set = Self(rawValue: 1 << 3)
    public static let sortedSet = Self(rawValue: 1 << 4)
    public static let list = Self(rawValue: 1 << 5)
    public static let hash = Self(rawValue: 1 << 6)
    public static let string = Self(rawValue: 1 << 7)
    public static let bitmap = Self(rawValue: 1 << 8)
    public static let hyperloglog = Self(rawValue: 1 << 9)
    public static let geo = Self(rawValue: 1 << 10)
    public static let stream = Self(rawValue: 1 << 11)
    public static let pubsub = Self(rawValue: 1 << 12)
    public static let admin = Self(rawValue: 1 << 13)
    public static let fast = Self(rawValue: 1 << 14)
    public static let slow = Self(rawValue: 1 << 15)
    public static let blocking = Self(rawValue: 1 << 16)
    public static let dangerous = Self(rawValue: 1 << 17)
    public static let connection = Self(rawValue: 1 << 18)
    public static let transaction = Self(rawValue: 1 << 19)
    public static let scripting = Self(rawValue: 1 << 20)
    public static let array = Self(rawValue: 1 << 21)
    public static let vectorSet = Self(rawValue: 1 << 22)

    /// Redis's spelling of each, in the order of its replies.
    static let names: [(category: Self, name: StaticString)] = [
        (.keyspace, "@keyspace"), (.read, "@read"), (.write, "@write"), (.set, "@set"), (.sortedSet, "@sortedset"),
        (.list, "@list"), (.hash, "@hash"), (.string, "@string"), (.bitmap, "@bitmap"),
        (.hyperloglog, "@hyperloglog"), (.geo, "@geo"), (.stream, "@stream"), (.pubsub, "@pubsub"),
        (.admin, "@admin"), (.fast, "@fast"), (.slow, "@slow"), (.blocking, "@blocking"),
        (.dangerous, "@dangerous"), (.connection, "@connection"), (.transaction, "@transaction"),
        (.scripting, "@scripting"), (.array, "@array"), (.vectorSet, "@vectorset"),
    ]

    /// The categories that a command is in by its flags alone.
    static func implied(by flags: CommandFlags) -> Self {
        var categories: Self = flags.contains(.fast) ? .fast : .slow
        if flags.contains(.write) { categories.insert(.write) }
        if flags.contains(.readonly) { categories.insert(.read) }
        if flags.contains(.admin) { categories.formUnion([.admin, .dangerous]) }
        if flags.contains(.pubsub) { categories.insert(.pubsub) }
        if flags.contains(.blocking) { categories.insert(.blocking) }
        return categories
    }
}
