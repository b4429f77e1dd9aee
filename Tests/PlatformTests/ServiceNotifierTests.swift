import Glibc
import Testing

@testable import Platform

/// SOCK_DGRAM and MSG_DONTWAIT, which `import Glibc` lacks.
private let (datagrams, withoutWaiting): (Int32, Int32) = (2, 0x40)

/// What a service manager would receive.
private final class Mailbox {
    let socket: FileDescriptor
    let name: String

    // `name` is a path, or `@` and a name.
    init(_ name: String) throws {
        self.name = name
        socket = FileDescriptor(
            owning: try check("socket") { Glibc.socket(AF_UNIX, datagrams, 0) })
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let number = socket.rawValue
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        try check("bind") {
            unsafe withUnsafePointer(to: &address) { address in
                unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(number, $0, length) }
            }
        }
    }

    /// The next message; it has been sent already.
    func next() -> String? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe recv(socket.rawValue, &bytes, bytes.count, withoutWaiting)
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

@Suite("What the service manager is told")
struct ServiceNotifierTests {
    @Test("Every kind of news reaches a socket that is a file and one that is only a name", arguments: [true, false])
    func news(isFile: Bool) throws {
        let name = isFile ? "/tmp/almanac-notify-\(getpid())" : "@almanac-notify-\(getpid())"
        defer { if isFile { unsafe unlink(name) } }
        let mailbox = try Mailbox(name)
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": name]))
        try notifier.tell([.ready, .status("serving\nall")])
        #expect(mailbox.next() == "READY=1\nSTATUS=serving all")
        try notifier.tell([.alive])
        #expect(mailbox.next() == "WATCHDOG=1")
        try notifier.tell([.stopping])
        #expect(mailbox.next() == "STOPPING=1")
        let before = Clock.monotonicNanoseconds() / 1_000
        try notifier.tell([.reloading])
        let lines = try #require(mailbox.next()).split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        let time = try #require(lines.last.flatMap { $0.split(separator: "=").last }.flatMap { UInt64($0) })
        #expect(time >= before)
        #expect(mailbox.next() == nil)
    }

    @Test("Nobody is told where nobody asked, and a service manager that is gone is an error")
    func absent() throws {
        for environment in [[:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "vsock:2:1"], ["NOTIFY_SOCKET": "/"]] {
            #expect(ServiceNotifier(environment: environment) == nil)
        }
        let gone = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": "/nonexistent/notify"]))
        #expect(throws: SystemError(call: "sendto", code: ENOENT)) { try gone.tell([.ready]) }
        let long = try #require(
            ServiceNotifier(environment: ["NOTIFY_SOCKET": "/" + String(repeating: "n", count: 108)]))
        #expect(throws: SystemError(call: "sendto", code: ENAMETOOLONG)) { try long.tell([.ready]) }
    }

    @Test("The watchdog's time counts only where it is meant for this process")
    func watchdog() throws {
        func timeout(_ more: [String: String]) -> Duration? {
            ServiceNotifier(environment: more.merging(["NOTIFY_SOCKET": "@n"]) { $1 })?.watchdogTimeout
        }
        #expect(timeout([:]) == nil)
        #expect(timeout(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
        #expect(timeout(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "\(getpid())"]) == .seconds(30))
        #expect(timeout(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"]) == nil)
        for rubbish in ["0", "-1", "x", ""] { #expect(timeout(["WATCHDOG_USEC": rubbish]) == nil) }
    }
}
