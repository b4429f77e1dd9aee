import Datasets
import Foundation
import Glibc
import Platform
import Server
import Settings
import TestSupport
import Testing

extension ServerTests {
    /// Where a server listens, and where it refuses to.
    @Suite("Listening")
    struct Listening {
        private func makeServer(_ change: (inout ServerSettings) -> Void) throws -> Server {
            let catalog = Catalog(
                names: ["test"], versions: [DatasetVersion(id: "1", engine: MemoryEngine(text: ["key": "value"]))])
            return try Server(
                settings: TestServer.settings(change), catalog: catalog, logger: TestServer.silentLogger)
        }

        /// Expects that a server with these settings does not listen, for this reason.
        private func expectRefusal(
            _ expected: String, _ change: (inout ServerSettings) -> Void, _ location: SourceLocation = #_sourceLocation
        ) throws {
            let server = try makeServer(change)
            let error = #expect(throws: ListenError.self, sourceLocation: location) { try server.listen() }
            #expect(error?.description == expected, sourceLocation: location)
        }

        /// Lends a path in a directory of its own.
        private func withPath(_ body: (String) throws -> Void) throws {
            let directory = FileManager.default.temporaryDirectory.path + "/almanac-\(UUID().uuidString.prefix(8))"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: directory) }  // Nothing depends on its being gone.
            try body(directory + "/socket")
        }

        private func status(_ path: String) -> stat? {
            var status = stat()
            return unsafe lstat(path, &status) == 0 ? status : nil
        }

        @Test("A port that another program listens on is refused", arguments: [1, 2])
        func portTaken(loopCount: Int) throws {
            let other = try Listener(host: "127.0.0.1", port: 0, backlog: 1, sharesPort: false)
            let port = other.port
            try expectRefusal("cannot listen on 127.0.0.1:\(port): Address already in use") {
                ($0.port, $0.loopCount) = (port, loopCount)
            }
        }

        @Test("Two servers never share a port, though the loops of one do", arguments: [1, 2])
        func portOfAnotherServer(loopCount: Int) throws {
            try withServer(MemoryEngine(text: [:]), { $0.loopCount = loopCount }) { server in
                let port = server.server.port
                let expected = "cannot listen on 127.0.0.1:\(port): Address already in use"
                try expectRefusal(expected) { ($0.port, $0.loopCount) = (port, loopCount) }
                try expectRefusal(expected) { ($0.port, $0.bindAddresses) = (port, ["-127.0.0.1"]) }
                #expect(try server.connect().isAnswered())
            }
        }

        @Test("A port is free again once its server has stopped")
        func portFreed() throws {
            let port = try withServer(MemoryEngine(text: [:])) { server in
                let isAnswered = try server.connect().isAnswered()
                #expect(isAnswered)
                return server.server.port
            }
            try withServer(MemoryEngine(text: [:]), { $0.port = port }) { server in
                let isAnswered = try server.connect().isAnswered()
                #expect(isAnswered)
            }
        }

        @Test("IPv6 and every address are served", arguments: [["127.0.0.1", "::1"], ["*"], ["::", "-192.0.2.1"]])
        func addresses(bind: [String]) throws {
            // The port that is free on one family may be taken on the other.
            var found: TestServer?
            for _ in 0..<20 where found == nil {
                found = try? TestServer(MemoryEngine(text: ["key": "value"])) {
                    ($0.bindAddresses, $0.loopCount) = (bind, 2)
                }
            }
            let server = try #require(found)
            defer { server.server.stop() }
            let port = server.server.port
            #expect(try TestClient(port: port, isVersion6: true).isAnswered())
            if bind.first != "::" { #expect(try TestClient(port: port).isAnswered()) }
            let expected = [
                "127.0.0.1": ["127.0.0.1:\(port)", "[::1]:\(port)"], "*": ["0.0.0.0:\(port)", "[::]:\(port)"],
                "::": ["[::]:\(port)"],
            ]
            #expect(server.server.addresses == expected[bind[0]])
        }

        @Test("An address of no interface of this machine is refused, unless it is optional")
        func foreignAddress() throws {
            try expectRefusal("cannot listen on 192.0.2.1:0: Cannot assign requested address") {
                $0.bindAddresses = ["192.0.2.1"]
            }
            try expectRefusal("cannot listen on any address: Cannot assign requested address") {
                $0.bindAddresses = ["-192.0.2.1"]
            }
        }

        @Test("A port that is taken on IPv6 alone is refused, also where every address is asked for")
        func portTakenOnOneFamily() throws {
            let other = try Listener(host: "::1", port: 0, backlog: 1, sharesPort: false)
            let port = other.port
            try expectRefusal("cannot listen on [::1]:\(port): Address already in use") {
                ($0.port, $0.bindAddresses) = (port, ["127.0.0.1", "::1"])
            }
            try expectRefusal("cannot listen on [::]:\(port): Address already in use") {
                ($0.port, $0.bindAddresses) = (port, ["*"])
            }
        }

        @Test("A Unix socket has its mode, is shown to clients by its path, and is gone at the end")
        func unixSocket() throws {
            try withPath { path in
                let change = { (settings: inout ServerSettings) in
                    settings.bindAddresses = []
                    settings.unixSocketPath = path
                    settings.unixSocketMode = 0o640
                    settings.loopCount = 2
                }
                try withServer(MemoryEngine(text: ["key": "value"]), change) { server in
                    #expect(server.server.addresses == [path])
                    #expect((status(path)?.st_mode ?? 0) & 0o7777 == 0o640)
                    let clients = try (0..<4).map { _ in try TestClient(unixPath: path) }
                    for client in clients {
                        try client.send(["GET", "key"])
                        #expect(try client.receives(bulk("value")))
                    }
                    let lines = try ClientLine.all(clients[0])
                    #expect(lines.map { $0["addr"] } == Array(repeating: "\(path):0", count: 4))
                    #expect(lines.map { $0["laddr"] } == Array(repeating: "\(path):0", count: 4))
                }
                #expect(status(path) == nil)
            }
        }

        @Test("A Unix socket that a server lives on is refused")
        func unixSocketTaken() throws {
            try withPath { path in
                try withServer(MemoryEngine(text: [:]), { $0.unixSocketPath = path }) { server in
                    try expectRefusal("cannot listen on \(path): Address already in use") { $0.unixSocketPath = path }
                    #expect(try TestClient(unixPath: path).isAnswered())
                }
            }
        }

        @Test("The Unix socket of a killed server is replaced")
        func staleUnixSocket() throws {
            try withPath { path in
                let old = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                var address = sockaddr_un()
                address.sun_family = sa_family_t(AF_UNIX)
                unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
                let failed = unsafe withUnsafePointer(to: &address) {
                    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        unsafe bind(old, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                    }
                }
                #expect(failed == 0)
                close(old)
                #expect(status(path) != nil)
                try withServer(MemoryEngine(text: [:]), { $0.unixSocketPath = path }) { _ in
                    let isAnswered = try TestClient(unixPath: path).isAnswered()
                    #expect(isAnswered)
                }
            }
        }

        @Test("A file that is no socket stays, and the server does not start")
        func noSocket() throws {
            try withPath { path in
                try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
                try expectRefusal("cannot listen on \(path): Address already in use") { $0.unixSocketPath = path }
                #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
            }
        }

        @Test("A path too long for a Unix socket is refused")
        func longPath() throws {
            let path = "/tmp/" + String(repeating: "x", count: 120)
            try expectRefusal("cannot listen on \(path): File name too long") { $0.unixSocketPath = path }
        }
    }
}
