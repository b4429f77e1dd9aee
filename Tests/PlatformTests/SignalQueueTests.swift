import Glibc
import Testing

@testable import Platform

/// Each in a process of its own, as signals are the process's.
@Suite("The signal queue")
struct SignalQueueTests {
    @Test("Signals are read like any other input, and the process lives on")
    func signals() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let queue = try SignalQueue()
            for (number, expected) in [
                (SIGHUP, ProcessSignal.reload), (SIGTERM, .stop), (SIGINT, .stop), (SIGUSR1, .report),
            ] {
                raise(number)
                let signal = try queue.next(milliseconds: 10_000)
                precondition(signal == expected)
            }
            let none = try queue.next(milliseconds: 0)
            precondition(none == nil)
            exit(7)
        }
    }

    @Test("Threads started afterwards do not die of a signal to the process")
    func threads() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let queue = try SignalQueue()
            let thread = try Thread(name: "victim") { raise(SIGHUP) }
            thread.join()
            // It was for that thread, which is gone: to others it never came.
            let none = try queue.next(milliseconds: 0)
            precondition(none == nil)
            exit(7)
        }
    }

    @Test("A write to a peer that is gone is an error and not the end")
    func brokenPipe() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let queue = try SignalQueue()
            var ends: [Int32] = [-1, -1]
            precondition(unsafe pipe(&ends) == 0)
            close(ends[0])
            precondition(unsafe write(ends[1], [1], 1) == -1 && errno == EPIPE)
            let none = try queue.next(milliseconds: 0)
            precondition(none == nil)
            exit(7)
        }
    }

    @Test("Other signals mean nothing", arguments: [SIGUSR2, SIGPIPE, SIGCHLD, 0])
    func others(number: Int32) {
        #expect(ProcessSignal(number: number) == nil)
    }
}
