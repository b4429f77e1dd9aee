import Bytes
import Glibc
import Platform
import Synchronization

/// A server on a port of its own that does with its first connection what a test says.
final class FakeServer: Sendable {
    let port: UInt16
    private let listener: Listener
    private let thread = Mutex<Thread?>(nil)

    /// Starts it; `serve` runs on a thread of its own.
    init(_ serve: @escaping @Sendable (borrowing Socket) -> Void) throws {
        listener = try Listener(host: "127.0.0.1", port: 0, backlog: 4, sharesPort: false)
        port = listener.port
        let started = try Thread(name: "fake-server") { [self] in
            let deadline = ContinuousClock.now + .seconds(20)
            while ContinuousClock.now < deadline {
                // Whatever a failing accept means, the test will find no server.
                guard let accepted = try? listener.accept() else {
                    usleep(1000)
                    continue
                }
                return serve(Socket(owning: accepted))
            }
        }
        thread.withLock { $0 = started }
    }

    /// Waits until the server's thread has ended.
    func join() {
        thread.withLock { $0.take() }?.join()
    }
}

extension Socket {
    /// Sends all of `text`, waiting for as long as it takes.
    func sendAll(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            switch send(bytes.span.extracting(sent...)) {
            case .bytes(let count): sent += count
            case .wouldBlock: _ = wait(forOutput: true, timeout: .seconds(10))
            default: return
            }
        }
    }

    func sendAll(_ text: String) { sendAll(Array(text.utf8)) }

    /// What has come once there are `count` bytes, or the end.
    func receive(_ count: Int) -> [UInt8] {
        var buffer = ByteBuffer()
        while buffer.count < count {
            switch receive(into: &buffer, byteCountMax: count - buffer.count) {
            case .bytes: continue
            case .wouldBlock: guard wait(forOutput: false, timeout: .seconds(10)) else { return buffer.span.copied() }
            default: return buffer.span.copied()
            }
        }
        return buffer.span.copied()
    }
}
