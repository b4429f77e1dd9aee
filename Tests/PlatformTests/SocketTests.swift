import Bytes
import Glibc
import Testing

@testable import Platform

@Suite("Sockets and descriptors")
struct SocketTests {
    private func bytes(_ buffer: borrowing ByteBuffer) -> [UInt8] {
        var bytes: [UInt8] = []
        for index in buffer.span.indices { bytes.append(buffer.span[index]) }
        return bytes
    }

    @Test("What is sent arrives, in pieces as large as the receiver allows, then the end")
    func transfer() {
        let pair = SocketPair()
        var buffer = ByteBuffer()
        var transfer: Socket.Transfer?
        transfer = pair.near.receive(into: &buffer, byteCountMax: 10)
        #expect(transfer == .wouldBlock)
        let isEmpty = buffer.isEmpty
        #expect(isEmpty)
        #expect(pair.send([1, 2, 3, 4, 5]) == .bytes(5))
        pair.endSending()
        transfer = pair.near.receive(into: &buffer, byteCountMax: 3)
        #expect(transfer == .bytes(3))
        transfer = pair.near.receive(into: &buffer, byteCountMax: 3)
        #expect(transfer == .bytes(2))
        transfer = pair.near.receive(into: &buffer, byteCountMax: 3)
        #expect(transfer == .end)
        let received = bytes(buffer)
        #expect(received == [1, 2, 3, 4, 5])
        // The other direction is still open.
        #expect(pair.near.send([6].span) == .bytes(1))
        transfer = pair.far?.receive(into: &buffer, byteCountMax: 3)
        #expect(transfer == .bytes(1))
    }

    @Test("A full socket would block, and one whose peer is gone fails")
    func failures() {
        let pair = SocketPair()
        let chunk = [UInt8](repeating: 7, count: 1 << 16)
        var sent = 0
        filling: while sent < 1 << 30 {
            switch pair.near.send(chunk.span) {
            case .bytes(let count): sent += count
            case let other:
                #expect(other == .wouldBlock)
                break filling
            }
        }
        #expect(sent > 0)
        pair.closeFar()
        #expect(pair.near.send(chunk.span) == .failed(EPIPE))
        // Whether the peer left bytes unread decides between an end and a reset.
        let other = SocketPair()
        other.closeFar()
        var buffer = ByteBuffer()
        var transfer: Socket.Transfer?
        transfer = other.near.receive(into: &buffer, byteCountMax: 10)
        #expect(transfer == .end)
    }

    @Test("A descriptor is closed with its owner, unless it was given up")
    func ownership() {
        let number: Int32
        do {
            let descriptor = FileDescriptor(owning: dup(0))
            number = descriptor.rawValue
            #expect(fcntl(number, F_GETFD) >= 0)
            let same = descriptor.relinquish()
            #expect(same == number)
        }
        #expect(fcntl(number, F_GETFD) >= 0)
        close(number)
    }

    @Test("Accepted connections never block, are not inherited, and tell both their addresses")
    func accept() throws {
        let listener = try Listener(host: "127.0.0.1", port: 0, backlog: 4, sharesPort: false)
        #expect(listener.address == "127.0.0.1:\(listener.port)")
        let none = try listener.accept() == nil
        #expect(none)

        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(client) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = listener.port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let connected = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        #expect(connected == 0)
        var epoll = try Epoll()
        try listener.register(with: epoll, token: Epoll.Token(place: 1, generation: 0))
        let count = try epoll.wait(milliseconds: 10_000)
        #expect(count == 1)
        guard let descriptor = try listener.accept() else {
            Issue.record("nobody waits")
            return
        }
        #expect(fcntl(descriptor.rawValue, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(descriptor.rawValue, F_GETFD) & FD_CLOEXEC != 0)
        let accepted = Socket(owning: descriptor)
        accepted.configure(keepaliveSeconds: 30)
        let addresses = accepted.addresses()
        #expect(addresses.local == listener.address)
        #expect(addresses.peer.hasPrefix("127.0.0.1:"))
        #expect(addresses.peer != addresses.local)
        listener.unregister(from: epoll)
    }

    @Test("Listeners share a port only where all of them say so")
    func sharedPort() throws {
        let first = try Listener(host: "127.0.0.1", port: 0, backlog: 4, sharesPort: true)
        let second = try Listener(host: "127.0.0.1", port: first.port, backlog: 4, sharesPort: true)
        #expect(second.port == first.port)
        let error = #expect(throws: SystemError.self) {
            _ = try Listener(host: "127.0.0.1", port: first.port, backlog: 4, sharesPort: false)
        }
        #expect(error?.code == EADDRINUSE)
        #expect(error?.reason == "Address already in use")
        withExtendedLifetime(second.port) {}
    }

    @Test("A name that is no address is unavailable")
    func noAddress() {
        let error = #expect(throws: SystemError.self) {
            _ = try Listener(host: "no address", port: 0, backlog: 4, sharesPort: false)
        }
        #expect(error?.isAddressUnavailable == true)
    }

    @Test("The operating system tells of this process")
    func statistics() {
        let first = ProcessStatistics()
        #expect(first.processID == Int(getpid()))
        #expect(first.operatingSystem.hasPrefix("Linux "))
        #expect(first.executablePath.hasPrefix("/"))
        #expect(first.residentBytes > 1 << 20)
        #expect(first.residentPeakBytes >= first.residentBytes / 2)
        #expect(first.physicalMemoryBytes > first.residentBytes)
        let start = Clock.monotonicNanoseconds()
        while ProcessStatistics().userCPUMicroseconds == first.userCPUMicroseconds,
            Clock.monotonicNanoseconds() - start < 30_000_000_000
        {}
        #expect(ProcessStatistics().userCPUMicroseconds > first.userCPUMicroseconds)
        #expect(Clock.monotonicNanoseconds() > start)
        // After 2020 and before 2100.
        #expect((1_577_836_800_000_000..<4_102_444_800_000_000).contains(Clock.wallMicroseconds()))
    }
}
