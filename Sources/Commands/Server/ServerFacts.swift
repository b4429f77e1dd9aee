import RESP
public import ServerMetrics

/// What `INFO` tells: the state of the whole server at one time.
///
/// A plain value, gathered by whoever runs the server; what it does not know stays zero or empty.
public struct ServerFacts: Sendable {
    /// What clients are told to expect; several refuse client-side caching below 7.4.
    public static let redisVersion = "7.4.0"

    /// This server's own version.
    public var version = ""
    public var processID = 0
    /// 40 hexadecimal digits, another for each run.
    public var runID = ""
    public var tcpPort = 0
    /// As `uname` says: name, release and machine.
    public var operatingSystem = ""
    public var executablePath = ""
    public var configurationPath = ""
    /// Since 1970.
    public var unixMicroseconds = 0
    public var uptimeSeconds = 0
    public var loopCount = 0
    public var readerCount = 0

    public var connectedClients = 0
    public var maxClients = 0
    /// What connections take up, with the requests and replies that they hold.
    public var clientBytes = 0
    /// Closed because all together held too much.
    public var clientsEvicted = 0
    /// Closed for requests that piled up, and for replies left unread.
    public var queryBufferDisconnections = 0
    public var outputBufferDisconnections = 0
    /// Waiting for a reader.
    public var waitingClients = 0
    /// That are told when what they have cached is out of date.
    public var trackingClients = 0
    /// Connections that subscribe to something.
    public var subscribedClients = 0

    /// On the heap.
    public var usedMemoryBytes = 0
    public var usedMemoryPeakBytes = 0
    /// On the heap when the server began.
    public var startupMemoryBytes = 0
    /// What the heap has from the kernel, used or not.
    public var heapMappedBytes = 0
    public var residentMemoryBytes = 0
    public var systemMemoryBytes = 0

    public var connectionsReceived = 0
    public var connectionsRejected = 0
    public var commandsProcessed = 0
    public var commandsPerSecond = 0
    public var bytesReceived = 0
    public var bytesSent = 0
    public var bytesReceivedPerSecond = 0
    public var bytesSentPerSecond = 0
    /// Receives that found something, and sends.
    public var reads = 0
    public var writes = 0
    public var keyspaceHits = 0
    public var keyspaceMisses = 0
    public var errorReplies = 0
    /// Refused by a user's rules, or for want of the right password.
    public var deniedCommands = 0
    public var deniedKeys = 0
    public var deniedLogins = 0
    public var deniedChannels = 0
    /// Names that somebody subscribes to, each once.
    public var channelCount = 0
    public var patternCount = 0
    public var shardChannelCount = 0
    /// Look-ups that had to read the disk.
    public var coldLookups = 0
    /// Look-ups that failed.
    public var damagedLookups = 0

    public var systemCPUMicroseconds = 0
    public var userCPUMicroseconds = 0

    /// By database number.
    public var datasets: [DatasetFacts] = []
    /// When the newest of the versions being served began to be served, in seconds since 1970.
    public var lastSwapUnixSeconds = 0
    /// How often each command ran, by its full name; empty where that is not counted.
    public var commandStatistics: [CommandStatistics] = []
    /// How often an error of each code was sent; empty where that is not counted.
    public var errorStatistics: [(code: String, count: Int)] = []

    public init() {}

    public struct CommandStatistics: Sendable {
        public var name: String
        public var calls: Int
        public var microseconds: Int
        /// Refused before they ran.
        public var rejectedCalls: Int
        public var failedCalls: Int
        /// Of the calls that have ended.
        public var times: LatencyHistogram

        public init(
            name: String, calls: Int, microseconds: Int, rejectedCalls: Int, failedCalls: Int,
            times: LatencyHistogram = LatencyHistogram()
        ) {
            self.name = name
            self.calls = calls
            self.microseconds = microseconds
            self.rejectedCalls = rejectedCalls
            self.failedCalls = failedCalls
            self.times = times
        }
    }

    /// These facts with every counter as if it had begun at `start`, for `CONFIG RESETSTAT`.
    func counting(from start: ServerFacts) -> ServerFacts {
        var facts = self
        for counter in Self.counters { facts[keyPath: counter] -= start[keyPath: counter] }
        let commands = Dictionary(uniqueKeysWithValues: start.commandStatistics.map { ($0.name, $0) })
        facts.commandStatistics = commandStatistics.compactMap { now in
            guard let then = commands[now.name] else { return now }
            let since = CommandStatistics(
                name: now.name, calls: now.calls - then.calls, microseconds: now.microseconds - then.microseconds,
                rejectedCalls: now.rejectedCalls - then.rejectedCalls, failedCalls: now.failedCalls - then.failedCalls,
                times: now.times.subtracting(then.times))
            return since.calls + since.rejectedCalls + since.failedCalls > 0 ? since : nil
        }
        let errors = Dictionary(uniqueKeysWithValues: start.errorStatistics.map { ($0.code, $0.count) })
        facts.errorStatistics = errorStatistics.map { ($0.code, $0.count - (errors[$0.code] ?? 0)) }.filter { $0.1 > 0 }
        return facts
    }

    private static var counters: [WritableKeyPath<ServerFacts, Int>] {
        [
            \.connectionsReceived, \.connectionsRejected, \.commandsProcessed, \.bytesReceived, \.bytesSent, \.reads,
            \.writes, \.keyspaceHits, \.keyspaceMisses, \.errorReplies, \.coldLookups, \.damagedLookups,
            \.clientsEvicted, \.queryBufferDisconnections, \.outputBufferDisconnections,
        ]
    }

    /// Writes the reply of `HELLO`, in the form that `reply` has by now.
    ///
    /// In RESP3 the dataset and its version follow what Redis tells. In RESP2, where the map is a list, there are
    /// clients that count its elements.
    static func writeHello(clientID: Int, dataset: String, version: String, to reply: inout ReplyWriter) {
        let form = reply.version
        reply.map(count: form == .resp3 ? 9 : 7)
        reply.bulk("server" as StaticString)
        reply.bulk("redis" as StaticString)
        reply.bulk("version" as StaticString)
        reply.bulk(redisVersion)
        reply.bulk("proto" as StaticString)
        reply.integer(Int(form.rawValue))
        reply.bulk("id" as StaticString)
        reply.integer(clientID)
        reply.bulk("mode" as StaticString)
        reply.bulk("standalone" as StaticString)
        reply.bulk("role" as StaticString)
        // Some clients connect to nothing that calls itself a replica.
        reply.bulk("master" as StaticString)
        reply.bulk("modules" as StaticString)
        reply.array(count: 0)
        guard form == .resp3 else { return }
        reply.bulk("dataset" as StaticString)
        reply.bulk(dataset)
        // Not `version`: a client that makes a map of the reply would lose Redis's field of this name.
        reply.bulk("dataset_version" as StaticString)
        reply.bulk(version)
    }
}
