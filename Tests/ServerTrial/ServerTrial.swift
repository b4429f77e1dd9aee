import CMutexAnnotations
import Datasets
import Glibc
import Logging
import Platform
import Server
import SessionSupport
import Settings
import Synchronization
import TestSupport

/// Runs a real server for some time: its loops and readers, clients that say anything, versions that change.
///
/// `ServerTrial SECONDS [SEED]`. Stops where a reply breaks a promise; meant to be built with the thread sanitizer.
@main
enum ServerTrial {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        let seconds = arguments.first ?? 10
        let seed = arguments.dropFirst().first ?? 1
        let served = ServedVersions()
        let names = (0..<VersionedWorld.databaseCount).map { "dataset\($0)" }
        let catalog = Catalog(
            names: names, versions: names.indices.map { VersionedWorld.make(0, of: $0, coldBits: 0x55) })
        let server = try Server(settings: settings(), catalog: catalog, logger: silentLogger)
        try server.listen()
        try server.start()
        let port = server.port
        let isEnding = Flag()
        let counts = (0..<clientCount).map { _ in Counter() }
        var threads: [Thread] = []
        for number in 0..<clientCount {
            threads.append(
                try Thread(name: "client-\(number)") {
                    var client = TrialClient(port: port, seed: seed &* 1_000 &+ UInt64(number), served: served)
                    while !isEnding.isSet {
                        client.converse()
                        counts[number].add()
                    }
                })
        }
        let swapCount = swap(on: server, served, seconds: seconds, seed: seed)
        isEnding.set()
        for thread in threads { thread.join() }
        _ = server.stop()
        let mutexes = almanac_annotates_mutexes() != 0 ? "mutexes are annotated" : "no thread sanitizer"
        print(
            "\(counts.reduce(0) { $0 + $1.value }) conversations of \(clientCount) clients, \(swapCount) swaps, "
                + "\(seconds) s, seed \(seed), \(mutexes)")
    }

    private static let clientCount = 6

    /// Swaps versions in as fast as the loops take them over, some with views made beforehand.
    private static func swap(on server: Server, _ served: ServedVersions, seconds: UInt64, seed: UInt64) -> Int {
        var random = SeededRandom(seed: seed)
        let end = Clock.monotonicNanoseconds() + seconds * 1_000_000_000
        var retired: [DatasetVersion] = []
        var count = 0
        while Clock.monotonicNanoseconds() < end {
            let database = random.pick(0...VersionedWorld.databaseCount - 1)
            let number = served.begin(in: database)
            let version = VersionedWorld.make(
                number, of: database, coldBits: UInt32(truncatingIfNeeded: random.next()))
            let views = random.oneIn(3) ? [] : server.exchange.makeViews(for: version)
            let start = Clock.monotonicNanoseconds()
            retired.append(server.exchange.adopt(version, views: views, in: database))
            // After a second the call no longer waits for slow loops.
            served.complete(isCertain: Clock.monotonicNanoseconds() - start < 800_000_000)
            count += 1
            server.publish(channel: "swaps", message: Array("version \(number)".utf8))
            server.exchange.discardRetired()
            for index in retired.indices.reversed() where isKnownUniquelyReferenced(&retired[index]) {
                retired.remove(at: index)
            }
            Thread.sleep(nanoseconds: UInt64(random.pick(0...8)) * 1_000_000)
        }
        return count
    }

    private static func settings() -> ServerSettings {
        var settings = ServerSettings()
        settings.bindAddresses = ["127.0.0.1"]
        settings.port = 0
        settings.loopCount = 2
        settings.readerCount = 3
        settings.rowCacheBytes = 1 << 20
        return settings
    }

    private static var silentLogger: Logger { Logger(label: "trial", factory: { _ in SwiftLogNoOpLogHandler() }) }
}

/// Set once.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}

final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add() { count.add(1, ordering: .relaxed) }
}
