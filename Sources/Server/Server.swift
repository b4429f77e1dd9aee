public import Commands
public import Datasets
public import Logging
public import Platform
import RESP
import ServerMetrics
public import Settings
import Synchronization
import Tracing

/// A whole server: listeners, loops and readers around a catalog of datasets.
///
/// Used from one thread, the control thread, beside which loops and readers run.
public final class Server {
    private let settings: ServerSettings
    private let logger: Logger
    let group: LoopGroup
    private let limits: Loop.Limits
    let readers: ReaderPool
    private let memory: MemoryReturn
    let state: ServerState
    private var listeners: [[Loop.ListenerBox]] = []
    private var loopThreads: [Thread] = []
    private var readerThreads: [Thread] = []
    /// Where the server listens, ready for a log line: `127.0.0.1:6379`, `/run/almanac.sock`.
    public private(set) var addresses: [String] = []
    /// The same of those where clients must use TLS.
    public private(set) var encryptedAddresses: [String] = []
    /// The TCP port, also where the kernel chose it; 0 without TCP.
    public private(set) var port: UInt16 = 0
    /// The TCP port where clients must use TLS; 0 without one.
    public private(set) var encryptedPort: UInt16 = 0

    public init(settings: ServerSettings, catalog: Catalog, logger: Logger) throws(SystemError) {
        self.settings = settings
        self.logger = logger
        refusedPasswords = LoginLog(logger)
        limits = Loop.Limits(settings)
        group = try LoopGroup(
            loopCount: settings.loopCount, datasetCount: catalog.names.count, warmKeys: limits.warmKeys)
        group.isProtected.store(settings.access.isProtected, ordering: .relaxed)
        readers = ReaderPool(count: settings.readerCount, queueMax: settings.readQueueMax)
        memory = MemoryReturn(group, logger, release: ProcessStatistics.releaseFreeMemory)
        let facts = FactsGatherer(settings: settings, catalog: catalog, group: group, readers: readers)
        state = ServerState(
            table: CommandTable.standard, catalog: catalog, configuration: settings.configurationPairs(),
            replyBytesMax: settings.outputBufferBytesMax, releaseMemory: ProcessStatistics.releaseFreeMemory
        ) { facts.gather() }
        state.keysReplyMax = settings.keysReplyMax
        state.hotKeySource = { [group] database, count in
            group.hotKeys(database: database, count: count, now: Clock.monotonicNanoseconds())
        }
        self.facts = facts
        state.access.onChange = { [group] in
            for mailbox in group.mailboxes { mailbox.post(.usersChanged(from: 0)) }
        }
        exchange = VersionExchange(
            catalog: catalog, group: group, rowCacheBytes: limits.rowCacheBytes, latency: state.latency)
        monitor(by: settings)
        state.debugAccess =
            switch settings.debugCommand {
            case .no: .nobody
            case .local: .local
            case .yes: .everybody
            }
    }

    private func monitor(by settings: ServerSettings) {
        state.access.log.configure(countMax: settings.access.logCountMax)
        state.slowLog.configure(slowerThan: settings.slowLogMicroseconds, countMax: settings.slowLogCountMax)
        state.latency.setThreshold(milliseconds: settings.latencyThresholdMilliseconds)
    }

    let facts: FactsGatherer
    /// Of those that are not shown by commands.
    let refusedPasswords: LoginLog
    /// The default user's password as the settings last had it.
    var adoptedPassword: String?
    /// The password as the settings' file last had it; `nil` where it is not in a file.
    var passwordOfFile: String?
    /// Whether the users are those that the settings spelled out, which go when the settings do not any more.
    var hasUsersOfSettings = false
    /// For whoever opens and closes versions.
    public let exchange: VersionExchange

    /// Whoever manages the datasets, for `DATASET` and `INFO dataset`; kept until ``stop()``.
    public var control: (any DatasetControl)? {
        get { state.control }
        set { state.control = newValue }
    }

    /// Whoever changes the settings, for `CONFIG SET`; kept until ``stop()``.
    public var settingsControl: (any SettingsControl)? {
        get { state.settingsControl }
        set { state.settingsControl = newValue }
    }

    /// Opens every listener; nobody is answered before ``start()``.
    ///
    /// - Parameters:
    ///   - plain: Listened on instead of the addresses and the port of the settings, if there are any; a Unix socket
    ///     among them instead of theirs.
    ///   - encrypted: The same, where clients must use TLS.
    /// - Throws: ``ListenError``, naming the address that could not be had.
    public func listen(
        inheriting plain: [InheritedSocket] = [], encrypted: [InheritedSocket] = []
    ) throws(ListenError) {
        listeners = Array(repeating: [], count: settings.loopCount)
        let hasUnixSocket = try inherit(plain, isEncrypted: false)
        _ = try inherit(encrypted, isEncrypted: true)
        // As in Redis, port 0 beside a port with TLS is no port at all.
        if plain.isEmpty, settings.port != 0 || settings.tls.port == 0 && encrypted.isEmpty {
            port = try listen(at: settings.port, isEncrypted: false)
        }
        if encrypted.isEmpty, settings.tls.port != 0 {
            encryptedPort = try listen(at: settings.tls.port, isEncrypted: true)
        }
        if !hasUnixSocket, let path = settings.unixSocketPath { try listen(onUnixSocket: path) }
        guard !addresses.isEmpty || !encryptedAddresses.isEmpty else {
            throw ListenError(address: "any address", cause: .addressUnavailable("bind"))
        }
        facts.setPort(port != 0 ? port : encryptedPort)
    }

    /// Each socket goes to one loop: whichever loop accepts a connection, it gives it to the one with the fewest.
    ///
    /// - Returns: Whether there is a Unix socket among them.
    private func inherit(_ sockets: [InheritedSocket], isEncrypted: Bool) throws(ListenError) -> Bool {
        var hasUnixSocket = false
        for (place, socket) in sockets.enumerated() {
            do throws(SystemError) {
                let listener = try Listener(inheriting: socket, backlog: settings.listenBacklog)
                if listener.port == 0 { hasUnixSocket = true }
                if isEncrypted {
                    encryptedAddresses.append(listener.address)
                    if encryptedPort == 0 { encryptedPort = listener.port }
                } else {
                    addresses.append(listener.address)
                    if port == 0 { port = listener.port }
                }
                listeners[place % listeners.count].append(Loop.ListenerBox(listener, isEncrypted: isEncrypted))
            } catch {
                throw ListenError(address: "\(socket)", cause: error)
            }
        }
        return hasUnixSocket
    }

    private func listen(onUnixSocket path: String) throws(ListenError) {
        do throws(SystemError) {
            let listener = try Listener(unixPath: path, mode: settings.unixSocketMode, backlog: settings.listenBacklog)
            addresses.append(path)
            listeners[0].append(Loop.ListenerBox(listener))
        } catch {
            throw ListenError(address: path, cause: error)
        }
    }

    /// Listens on every address that the settings name, all on one port, and tells which that is.
    private func listen(at wanted: UInt16, isEncrypted: Bool) throws(ListenError) -> UInt16 {
        var port = wanted
        for host in settings.bindAddresses.flatMap(ListenHost.all) {
            do throws(SystemError) {
                port = try listen(on: host.address, port, isEncrypted: isEncrypted)
            } catch {
                // Only a missing address may be missing: one that is taken is somebody else's, and its
                // clients would never find this server.
                guard error.isAddressUnavailable, host.mayBeMissing else {
                    let address = host.address.contains(":") ? "[\(host.address)]" : host.address
                    throw ListenError(address: "\(address):\(port)", cause: error)
                }
            }
        }
        return port
    }

    private func listen(on host: String, _ port: UInt16, isEncrypted: Bool) throws(SystemError) -> UInt16 {
        // The kernel lets every process of one user join a shared port, so ask first whether it is free.
        let probe = try Listener(host: host, port: port, backlog: nil, sharesPort: false)
        let chosen = probe.port
        _ = consume probe
        for loop in 0..<settings.loopCount {
            let listener = try Listener(
                host: host, port: chosen, backlog: settings.listenBacklog, sharesPort: true)
            if loop == 0 {
                if isEncrypted {
                    encryptedAddresses.append(listener.address)
                } else {
                    addresses.append(listener.address)
                }
            }
            listeners[loop].append(Loop.ListenerBox(listener, isEncrypted: isEncrypted))
        }
        return chosen
    }

    /// Starts readers and loops.
    public func start() throws(SystemError) {
        readerThreads = try readers.start(group.tracer)
        try memory.start()
        for index in 0..<settings.loopCount {
            let (group, readers, state, logger) = (group, readers, state, logger)
            let limits = Loop.Limits(settings)
            let handover = ListenerHandover(listeners[index])
            loopThreads.append(
                try Thread(name: "loop-\(index)") {
                    do throws(SystemError) {
                        let loop = try Loop(
                            index: index, group: group, readers: readers, server: state, listeners: handover.take(),
                            limits: limits, logger: logger)
                        loop.run()
                    } catch {
                        logger.critical("a loop cannot start", metadata: ["cause": "\(error)"])
                        preconditionFailure("a loop cannot start: \(error)")
                    }
                })
        }
        listeners = []
    }

    /// Tells the loops that the catalog has changed; ``VersionExchange`` does this by itself.
    public func announceVersions() {
        for mailbox in group.mailboxes { mailbox.post(.versionsChanged(nil)) }
    }

    /// Sends messages to clients; for any thread.
    public var publisher: Publisher { Publisher(group: group) }

    /// As ``Publisher/publish(channel:message:)``.
    public func publish(channel: String, message: [UInt8]) { publisher.publish(channel: channel, message: message) }

    /// Has the loops go by the settings that can change while they run, and waits until all do.
    ///
    /// The wait is a millisecond or two, and a second at most, after which slow loops follow when they can.
    public func apply(_ settings: ServerSettings) {
        state.configuration = settings.configurationPairs()
        state.keysReplyMax = settings.keysReplyMax
        state.replyBytesMax = settings.outputBufferBytesMax
        facts.setClientsMax(settings.clientsMax)
        group.isProtected.store(settings.access.isProtected, ordering: .relaxed)
        monitor(by: settings)
        let limits = Loop.Limits(settings)
        let adoption = Adoption(loopCount: group.mailboxes.count)
        for mailbox in group.mailboxes where !mailbox.post(.limits(limits, adoption)) { adoption.arrive() }
        adoption.wait(until: Clock.monotonicNanoseconds() + 1_000_000_000)
    }

    /// Accepts nothing more and lets the loops answer what has been received.
    public func drain() {
        group.tracer.cancel()
        for mailbox in group.mailboxes { mailbox.post(.drain) }
    }

    /// How many connections are open.
    public var connectionCount: Int { group.connectionCount }

    /// Ends every loop and reader, whatever is left, and waits for the loops' threads.
    ///
    /// - Returns: Whether the readers have ended too. One that is inside a read of the disk that never returns is
    ///   not waited for; nothing that it may use can then be torn down before the process ends.
    @discardableResult
    public func stop() -> Bool {
        group.tracer.cancel()
        memory.stop()
        for mailbox in group.mailboxes { mailbox.post(.stop) }
        for thread in loopThreads { thread.join() }
        loopThreads = []
        state.control = nil
        state.settingsControl = nil
        let isIdle = readers.isIdle
        readers.close()
        guard isIdle else { return false }
        for thread in readerThreads { thread.join() }
        readerThreads = []
        return true
    }

    /// A line for the log about what the server is doing.
    public var report: Logger.Metadata {
        [
            "connections": "\(group.connectionCount)",
            "commands": "\(group.metrics.total { $0.commandsProcessed.total })",
            "hits": "\(group.metrics.total { $0.keyspaceHits.total })",
            "misses": "\(group.metrics.total { $0.keyspaceMisses.total })",
            "cold-lookups": "\(group.metrics.total { $0.coldLookups.total })",
            "damaged-lookups": "\(group.metrics.total { $0.damagedLookups.total })",
            "reader-queue": "\(readers.waitingCount)",
        ]
    }
}

/// Gives a loop its listeners for good: what its thread's closure held could not close before the thread ends.
private final class ListenerHandover: Sendable {
    private let boxes: Mutex<[Loop.ListenerBox]>

    init(_ boxes: [Loop.ListenerBox]) { self.boxes = Mutex(boxes) }

    func take() -> [Loop.ListenerBox] {
        boxes.withLock { boxes in
            defer { boxes = [] }
            return boxes
        }
    }
}

/// An address that the server could not listen on.
public struct ListenError: Error, CustomStringConvertible {
    public let address: String
    public let cause: SystemError

    public var description: String { "cannot listen on \(address): \(cause.reason)" }
}
