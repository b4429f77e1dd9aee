/// What `CLIENT LIST` and `CLIENT INFO` tell about a connection.
public struct ClientFacts: Sendable {
    public var id = 0
    /// Both ends as `address:port`, or `path:0` for a Unix socket.
    public var address = ""
    public var localAddress = ""
    public var fileDescriptor = 0
    public var name = ""
    /// Whom the client has shown the password of.
    public var username = "default"
    public var ageSeconds = 0
    public var idleSeconds = 0
    public var kind = Kind.normal
    public var database = 0
    public var subscriptionCount = 0
    public var patternSubscriptionCount = 0
    public var shardSubscriptionCount = 0
    /// Requests queued in a transaction, or `nil` outside of one.
    public var queuedRequestCount: Int?
    /// What those requests take up.
    public var transactionBytes = 0
    /// Received and not yet understood.
    public var inputBytes = 0
    /// Of the prefixes of keys that it wants to be told of.
    public var trackingBytes = 0
    public var inputFreeBytes = 0
    /// Written and not yet sent.
    public var outputBytes = 0
    public var totalMemoryBytes = 0
    /// The latest command, as `get` or `client|list`.
    public var lastCommand = "NULL"
    /// As the client introduced itself by `CLIENT SETINFO`.
    public var libraryName = ""
    public var libraryVersion = ""
    /// 2 or 3.
    public var protocolVersion = 2
    /// Where messages about its cache go: -1 nowhere, 0 to itself, or the number of another client.
    public var redirection = -1
    public var isRedirectionBroken = false
    /// Whether it wants those messages for keys that it has not asked for as well.
    public var isTrackingBroadcast = false
    public var isNoEvict = false
    public var isNoTouch = false
    public var isMonitor = false
    /// Whether the connection closes once its replies are sent.
    public var isEnding = false
    /// The index of the loop that has it.
    public var loop = 0

    public init() {}

    /// What Redis calls the type of a client.
    public enum Kind: String, Sendable {
        case normal, replica, master, pubsub
    }

    /// The line of `CLIENT LIST`, as of Redis 7.4 and with the connection's loop, without the line feed behind it.
    public var line: String {
        """
        id=\(id) addr=\(address) laddr=\(localAddress) fd=\(fileDescriptor) name=\(name) age=\(ageSeconds) \
        idle=\(idleSeconds) flags=\(flags) db=\(database) sub=\(subscriptionCount) psub=\(patternSubscriptionCount) \
        ssub=\(shardSubscriptionCount) multi=\(queuedRequestCount ?? -1) watch=0 qbuf=\(inputBytes) qbuf-free=\(inputFreeBytes) argv-mem=0 \
        multi-mem=\(transactionBytes) rbs=0 rbp=0 obl=0 oll=\(outputBytes > 0 ? 1 : 0) omem=\(outputBytes) \
        tot-mem=\(totalMemoryBytes) events=\(outputBytes > 0 ? "rw" : "r") \
        cmd=\(lastCommand) user=\(username) redir=\(redirection) resp=\(protocolVersion) lib-name=\(libraryName) \
        lib-ver=\(libraryVersion) loop=\(loop)
        """
    }

    /// Redis's letters, `N` for none.
    private var flags: String {
        var flags = ""
        if isMonitor { flags += "O" }
        if kind == .pubsub { flags += "P" }
        if queuedRequestCount != nil { flags += "x" }
        if redirection >= 0 { flags += "t" }
        if isRedirectionBroken { flags += "R" }
        if isTrackingBroadcast { flags += "B" }
        if isEnding { flags += "c" }
        if address.hasPrefix("/") { flags += "U" }
        if isNoEvict { flags += "e" }
        if isNoTouch { flags += "T" }
        return flags.isEmpty ? "N" : flags
    }

    /// `name` as text, or `nil` where Redis would refuse it as the name of a client or of its library.
    ///
    /// The empty name is valid and takes a name away.
    static func validName(_ name: Span<UInt8>) -> String? {
        for index in name.indices where !(UInt8(ascii: "!")...UInt8(ascii: "~")).contains(name[index]) { return nil }
        return String(copying: name)
    }
}
