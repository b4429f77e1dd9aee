import Foundation
import Testing

@testable import Platform

@Suite("Privileges and inherited sockets")
struct PrivilegesTests {
    @Test("An account is a user by name or number, never root")
    func accounts() throws {
        let nobody = try #require(Privileges.Account("nobody"))
        #expect(nobody.user != 0 && nobody.group != 0)
        #expect(Privileges.Account("\(nobody.user)") == nobody)
        // A user of a container that no file knows.
        let unknown = try #require(Privileges.Account("987654"))
        #expect(unknown.user == 987_654 && unknown.group == 987_654)
        // Root's group may read and write what no other user may.
        #expect(Privileges.Account(user: 1_000, group: 0) == nil)
        for text in ["root", "0", "no-such-user", "4294967295", ""] { #expect(Privileges.Account(text) == nil) }
    }

    @Test("Who has become another user stays that, without groups and capabilities", .enabled(if: geteuid() == 0))
    func becoming() async {
        await #expect(processExitsWith: .exitCode(7)) {
            guard let account = Privileges.Account("987654") else { exit(1) }
            try Privileges.forbidMore()
            try Privileges.become(account)
            precondition(!Privileges.isRoot && Privileges.user == 987_654)
            let text = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
            for name in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
                precondition(text.contains("\(name):\t0000000000000000\n"), text)
            }
            precondition(text.contains("Groups:\t \n"), text)
            precondition(text.contains("NoNewPrivs:\t1\n"))
            // Its own files of /proc are still its own.
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
            precondition(!descriptors.isEmpty)
            exit(7)
        }
    }

    @Test("Sockets are inherited where they are promised to this very process")
    func promises() async throws {
        let own = "\(getpid())"
        #expect(try InheritedSocket.all(environment: [:]).isEmpty)
        #expect(try InheritedSocket.all(environment: ["LISTEN_PID": "1", "LISTEN_FDS": "1"]).isEmpty)
        #expect(try InheritedSocket.all(environment: ["LISTEN_PID": own, "LISTEN_FDS": "0"]).isEmpty)
        for count in ["-1", "65", "x", ""] {
            let error = #expect(throws: HandoverError.self) {
                _ = try InheritedSocket.all(environment: ["LISTEN_PID": own, "LISTEN_FDS": count])
            }
            #expect(error?.description == "LISTEN_FDS is \"\(count)\", which is no number from 0 to 64")
        }
        let error = #expect(throws: HandoverError.self) {
            _ = try InheritedSocket.all(
                environment: ["LISTEN_PID": own, "LISTEN_FDS": "2", "LISTEN_FDNAMES": "redis:tls:admin"])
        }
        #expect(error?.description == "LISTEN_FDS promises 2 sockets, and LISTEN_FDNAMES names 3")
        await #expect(processExitsWith: .exitCode(7)) {
            // More than this process has open.
            do throws(HandoverError) {
                _ = try InheritedSocket.all(environment: ["LISTEN_PID": "\(getpid())", "LISTEN_FDS": "64"])
            } catch {
                precondition(error.description.hasSuffix("cannot be had: Bad file descriptor"), error.description)
                exit(7)
            }
        }
    }

    @Test("A reserved port listens once it is taken over, and nothing but a stream to listen on is")
    func takeover() throws {
        let reserved = try Listener.reserve(host: "127.0.0.1", port: 0, name: "redis")
        let listener = try Listener(inheriting: reserved, backlog: 5)
        let (address, port) = (listener.address, listener.port)
        #expect(address == "127.0.0.1:\(port)" && port > 0)
        let client = try Socket.connecting(host: "127.0.0.1", port: port, timeout: .seconds(10))
        var accepted = try listener.accept()
        let deadline = Clock.monotonicNanoseconds() + 10_000_000_000
        while accepted == nil, Clock.monotonicNanoseconds() < deadline { accepted = try listener.accept() }
        let isAccepted = accepted != nil
        #expect(isAccepted)
        _ = consume client

        var pair: [Int32] = [0, 0]
        let failure = unsafe socketpair(AF_UNIX, 1, 0, &pair)
        #expect(failure == 0)
        let end = FileDescriptor(owning: pair[1])
        #expect(throws: SystemError(call: "listen", code: EINVAL)) {
            _ = try Listener(inheriting: InheritedSocket(name: "", number: pair[0]), backlog: 5)
        }
        _ = consume end
    }
}
