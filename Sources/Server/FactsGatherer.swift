import Commands
import Datasets
import Platform
import ServerMetrics
import Settings
import Storage
import Synchronization

/// Puts together what `INFO` tells, from the counters of all loops and the operating system.
///
/// Any thread may call, but no loop does: it reads files of `/proc`.
final class FactsGatherer: Sendable {
    private let settings: ServerSettings
    private let catalog: Catalog
    private let group: LoopGroup
    private let readers: ReaderPool
    private let startedAt = Clock.monotonicNanoseconds()
    private let startupHeapBytes = ProcessStatistics().heapBytes
    private let startedAtUnixSeconds = Clock.wallMicroseconds() / 1_000_000
    private let runID: String
    private let port = Atomic<Int>(0)
    private let clientsMax: Atomic<Int>
    private let rates = Mutex(Rates())

    /// Counters at the last look, for what changed per second since.
    private struct Rates {
        var sampledAt: UInt64 = 0
        var last = (commands: 0, received: 0, sent: 0)
        var perSecond = (commands: 0, received: 0, sent: 0)
    }

    init(settings: ServerSettings, catalog: Catalog, group: LoopGroup, readers: ReaderPool) {
        self.settings = settings
        self.catalog = catalog
        self.group = group
        self.readers = readers
        clientsMax = Atomic(settings.clientsMax)
        var generator = SystemRandomNumberGenerator()
        runID = (0..<40).map { _ in String(generator.next(upperBound: 16 as UInt64), radix: 16) }.joined()
    }

    /// Tells the port once the kernel has chosen one.
    func setPort(_ number: UInt16) { port.store(Int(number), ordering: .relaxed) }

    func setClientsMax(_ number: Int) { clientsMax.store(number, ordering: .relaxed) }

    func gather() -> ServerFacts {
        let now = Clock.monotonicNanoseconds()
        let process = ProcessStatistics()
        let metrics = group.metrics
        var facts = ServerFacts()
        facts.version = BuildVersion.number
        facts.processID = process.processID
        facts.runID = runID
        facts.tcpPort = port.load(ordering: .relaxed)
        facts.operatingSystem = process.operatingSystem
        facts.executablePath = process.executablePath
        facts.unixMicroseconds = Clock.wallMicroseconds()
        facts.uptimeSeconds = Int(Clock.nanoseconds(from: startedAt, to: now) / 1_000_000_000)
        facts.loopCount = settings.loopCount
        facts.readerCount = settings.readerCount
        facts.connectedClients = group.connectionCount
        facts.maxClients = clientsMax.load(ordering: .relaxed)
        facts.clientBytes = group.heldBytes + facts.connectedClients * Connection.plainBytes
        facts.clientsEvicted = metrics.total { $0.clientsEvicted.total }
        facts.queryBufferDisconnections = metrics.total { $0.queryBufferDisconnections.total }
        facts.outputBufferDisconnections = metrics.total { $0.outputBufferDisconnections.total }
        facts.waitingClients = readers.waitingCount
        facts.trackingClients = metrics.total { $0.trackingClients.load(ordering: .relaxed) }
        facts.subscribedClients = metrics.total { $0.subscribedClients.load(ordering: .relaxed) }
        facts.usedMemoryBytes = process.heapBytes
        facts.usedMemoryPeakBytes = max(process.residentPeakBytes, process.heapBytes)
        facts.startupMemoryBytes = startupHeapBytes
        facts.heapMappedBytes = process.heapMappedBytes
        facts.residentMemoryBytes = process.residentBytes
        facts.systemMemoryBytes = process.physicalMemoryBytes
        facts.systemCPUMicroseconds = process.systemCPUMicroseconds
        facts.userCPUMicroseconds = process.userCPUMicroseconds
        facts.connectionsReceived = metrics.total { $0.connectionsAccepted.total }
        facts.connectionsRejected = metrics.total { $0.connectionsRejected.total }
        facts.commandsProcessed = metrics.total { $0.commandsProcessed.total }
        facts.bytesReceived = metrics.total { $0.bytesReceived.total }
        facts.bytesSent = metrics.total { $0.bytesSent.total }
        facts.keyspaceHits = metrics.total { $0.keyspaceHits.total }
        facts.keyspaceMisses = metrics.total { $0.keyspaceMisses.total }
        facts.errorReplies = metrics.total { $0.errorReplies.total }
        facts.coldLookups = metrics.total { $0.coldLookups.total }
        facts.damagedLookups = metrics.total { $0.damagedLookups.total }
        facts.reads = metrics.total { $0.reads.total }
        facts.writes = metrics.total { $0.writes.total }
        facts.commandStatistics = metrics.commandStatistics(of: .standard)
        facts.errorStatistics = metrics.errorStatistics
        facts.lastSwapUnixSeconds = startedAtUnixSeconds
        facts.datasets = zip(catalog.names, catalog.versions).map { name, version in
            let count = version.keyCount
            return DatasetFacts(
                name: name, versionID: version.id, format: version.engine.format, keyCount: count.value,
                isKeyCountExact: count == .exact(count.value))
        }
        addRates(to: &facts, now: now)
        return facts
    }

    private func addRates(to facts: inout ServerFacts, now: UInt64) {
        let current = (commands: facts.commandsProcessed, received: facts.bytesReceived, sent: facts.bytesSent)
        let perSecond = rates.withLock { rates in
            // Another thread may have looked after this one had read the clock.
            let elapsed = Clock.nanoseconds(from: rates.sampledAt, to: now)
            // Closer together, two looks tell more of chance than of the load.
            guard elapsed >= 500_000_000 else { return rates.perSecond }
            if rates.sampledAt > 0 {
                let seconds = Double(elapsed) / 1e9
                rates.perSecond = (
                    Int(Double(current.commands - rates.last.commands) / seconds),
                    Int(Double(current.received - rates.last.received) / seconds),
                    Int(Double(current.sent - rates.last.sent) / seconds)
                )
            }
            rates.last = current
            rates.sampledAt = now
            return rates.perSecond
        }
        facts.commandsPerSecond = perSecond.commands
        facts.bytesReceivedPerSecond = perSecond.received
        facts.bytesSentPerSecond = perSecond.sent
    }
}

extension [LoopMetrics] {
    /// What there is to tell of each command that has been asked for, in the order of the table.
    func commandStatistics(of table: CommandTable) -> [ServerFacts.CommandStatistics] {
        var sums: [Int: ServerFacts.CommandStatistics] = [:]
        for metrics in self {
            for (command, counters) in metrics.commands.all {
                let name = table.commands[command].fullName
                var sum =
                    sums[command]
                    ?? ServerFacts.CommandStatistics(
                        name: name, calls: 0, microseconds: 0, rejectedCalls: 0, failedCalls: 0)
                sum.calls += counters.calls.total
                sum.rejectedCalls += counters.rejectedCalls.total
                sum.failedCalls += counters.failedCalls.total
                sum.times += counters.times
                sum.microseconds = sum.times.nanoseconds / 1_000
                sums[command] = sum
            }
        }
        return sums.sorted { $0.key < $1.key }.map(\.value)
    }

    /// How often an error of each code was sent, the codes in their order.
    var errorStatistics: [(code: String, count: Int)] {
        var sums: [String: Int] = [:]
        for metrics in self {
            for (code, count) in metrics.errors.all { sums[code, default: 0] += count }
        }
        return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
