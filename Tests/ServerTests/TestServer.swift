import Datasets
import Glibc
import Logging
import Platform
import Server
import Settings
import TestSupport
import Testing

/// All tests of the server: one after the other, as they count descriptors and load both cores.
@Suite("The server", .serialized, .timeLimit(.minutes(10)))
struct ServerTests {}

/// A running server on a port of its own.
final class TestServer {
    let server: Server
    let catalog: Catalog

    /// One loop and four readers, unless `change` has it otherwise.
    init(_ engine: MemoryEngine, _ change: (inout ServerSettings) -> Void = { _ in }) throws {
        catalog = Catalog(names: ["test"], versions: [DatasetVersion(id: "1", engine: engine)])
        server = try Server(settings: Self.settings(change), catalog: catalog, logger: Self.silentLogger)
        try server.listen()
        try server.start()
    }

    static func settings(_ change: (inout ServerSettings) -> Void) -> ServerSettings {
        var settings = ServerSettings()
        settings.bindAddresses = ["127.0.0.1"]
        settings.port = 0
        settings.loopCount = 1
        settings.readerCount = 4
        settings.rowCacheBytes = 0
        change(&settings)
        return settings
    }

    static var silentLogger: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }

    func connect() throws -> TestClient { try TestClient(port: server.port) }

    /// Connections that the server has accepted and answers.
    func connect(_ count: Int) throws -> [TestClient] {
        try (0..<count).map { _ in
            let client = try connect()
            #expect(try client.isAnswered())
            return client
        }
    }
}

/// Lends a running server to `body` and stops it.
func withServer<Result>(
    _ engine: MemoryEngine, _ change: (inout ServerSettings) -> Void = { _ in },
    _ body: (TestServer) throws -> Result
) throws -> Result {
    let server = try TestServer(engine, change)
    defer { server.server.stop() }
    return try body(server)
}

/// Waits until `condition` holds; false where it does not in time.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Clock.monotonicNanoseconds() + 60_000_000_000
    while Clock.monotonicNanoseconds() < deadline {
        if try condition() { return true }
        sched_yield()
    }
    return false
}

/// Sockets of this process that are bound to `port`, so those that a server has on its side.
///
/// Other tests that run beside do not change the count, as a count of all descriptors would.
func socketCount(boundTo port: UInt16) -> Int {
    var count = 0
    for descriptor in 0..<Int32(sysconf(Int32(_SC_OPEN_MAX))) {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        if failed == 0, address.sin_family == sa_family_t(AF_INET), address.sin_port == port.bigEndian { count += 1 }
    }
    return count
}
