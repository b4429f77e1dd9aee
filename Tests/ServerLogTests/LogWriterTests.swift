import Foundation
import Logging
import Platform
import Synchronization
import Testing

@testable import ServerLog

/// Lends a path in a directory of its own, and removes both.
private func withLogPath(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.path + "/almanac-log-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }  // Nothing depends on its being gone.
    try body(directory + "/log")
}

private func lines(_ path: String) throws -> [Substring] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
}

/// The number of lines that reports in `lines` call dropped.
private func reportedDrops(_ lines: [Substring]) -> Int {
    lines.compactMap { line in
        guard let range = line.range(of: " lines dropped"), line.contains(" log: ") else { return nil }
        return line[..<range.lowerBound].split(separator: " ").last.flatMap { Int($0) }
    }.reduce(0, +)
}

private let patience = Duration.seconds(60)

/// A pipe whose ends are closed with it.
private final class TestPipe: Sendable {
    let readEnd: Int32
    let writeEnd: Int32
    private let isReadEndOpen = Mutex(true)

    init(isNonBlocking: Bool = false) {
        var ends: [Int32] = [0, 0]
        precondition(unsafe pipe(&ends) == 0)
        (readEnd, writeEnd) = (ends[0], ends[1])
        if isNonBlocking { _ = fcntl(writeEnd, F_SETFL, O_NONBLOCK) }
    }

    func closeReadEnd() {
        isReadEndOpen.withLock { isOpen in
            if isOpen { close(readEnd) }
            isOpen = false
        }
    }

    /// Reads until `count` lines have come, or the other end is closed.
    func readLines(_ count: Int = .max) -> [Substring] {
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var found = 0
        while found < count {
            let length = unsafe read(readEnd, &chunk, chunk.count)
            guard length > 0 else { break }
            text += chunk[..<length]
            found += chunk[..<length].count { $0 == UInt8(ascii: "\n") }
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n")
    }

    deinit {
        closeReadEnd()
        close(writeEnd)
    }
}

@Suite("The writer of the log")
struct LogWriterTests {
    @Test("What loggers log is in the file after a flush, in order, from the writer's level up")
    func order() throws {
        try withLogPath { path in
            let log = try LogWriter(destination: .file(path: path), format: .text, level: .notice)
            var logger = log.logger(label: "test")
            logger[metadataKey: "own"] = "1"
            for number in 0..<5_000 {
                logger.info("not this")
                logger.notice("line", metadata: ["n": "\(number)"])
            }
            #expect(log.flush(timeout: patience))
            let found = try lines(path)
            #expect(found.count == 5_000)
            #expect(found.enumerated().allSatisfy { $1.hasSuffix("Z notice test: line n=\($0) own=1") })
            #expect(log.droppedCount == 0)
        }
    }

    @Test("The level can change at any time, and a logger may have its own")
    func levels() throws {
        try withLogPath { path in
            let log = try LogWriter(destination: .file(path: path), format: .text)
            let logger = log.logger(label: "a")
            var own = log.logger(label: "b")
            own.logLevel = .error
            logger.debug("1")
            log.level = .debug
            logger.debug("2")
            own.warning("3")
            own.error("4")
            log.level = .critical
            logger.error("5")
            #expect(log.flush(timeout: patience))
            #expect(try lines(path).compactMap(\.last) == ["2", "4"])
        }
    }

    @Test("Lines of each thread keep their order, and every line is whole")
    func threads() throws {
        try withLogPath { path in
            let log = try LogWriter(destination: .file(path: path), format: .text)
            let logger = log.logger(label: "t")
            DispatchQueue.concurrentPerform(iterations: 8) { thread in
                for number in 0..<1_000 { logger.info("line", metadata: ["t": "\(thread)", "n": "\(number)"]) }
            }
            #expect(log.flush(timeout: patience))
            var next = [Int](repeating: 0, count: 8)
            let found = try lines(path)
            #expect(found.count == 8_000)
            for line in found {
                let fields = line.split(separator: " ").suffix(2).compactMap { Int($0.drop { $0 != "=" }.dropFirst()) }
                try #require(fields.count == 2)
                #expect(next[fields[1]] == fields[0])
                next[fields[1]] += 1
            }
        }
    }

    @Test("A pipe that nobody reads never holds up a caller, and what it costs is counted and reported")
    func blockedPipe() throws {
        let pipe = TestPipe()
        let log = try LogWriter(destination: .descriptor(pipe.writeEnd), format: .text)
        let logger = log.logger(label: "t")
        // Were any call to wait for the pipe, this loop would never end: nobody reads before it has.
        for number in 0..<100_000 { logger.info("a line that is long enough to fill any pipe \(number)") }
        #expect(!log.flush(timeout: .milliseconds(10)))
        let dropped = log.droppedCount
        #expect(dropped > 0)
        let collected = Mutex<[Substring]>([])
        let reader = try Thread(name: "reader") {
            let lines = pipe.readLines(100_000 - dropped + 1)
            collected.withLock { $0 = lines }
        }
        #expect(log.flush(timeout: patience))
        reader.join()
        let found = collected.withLock { $0 }
        #expect(found.count == 100_000 - dropped + 1)
        #expect(reportedDrops(found) == dropped)
        #expect(found.first?.hasSuffix(" 0") == true)
        #expect(found.last?.contains("\(dropped) lines dropped reason=\"logged faster than written\"") == true)
    }

    @Test("A pipe that is full and does not block is waited for, and loses nothing")
    func nonBlockingPipe() throws {
        let pipe = TestPipe(isNonBlocking: true)
        let log = try LogWriter(destination: .descriptor(pipe.writeEnd), format: .text)
        let logger = log.logger(label: "t")
        for number in 0..<10_000 { logger.info("a line that is long enough to fill any pipe \(number)") }
        let found = pipe.readLines(10_000)
        #expect(found.count == 10_000)
        #expect(found.last?.hasSuffix(" 9999") == true)
        #expect(log.droppedCount == 0)
    }

    @Test("A queue holds as many records and bytes as it may, and not one more")
    func bounds() {
        let queue = LogQueue(bounds: .init(recordsMax: 3, bytesMax: 1_000))
        func record(_ byteCount: Int) -> LogRecord {
            let text = String(repeating: "x", count: byteCount - 128)
            return LogRecord(time: 0, level: .info, label: "", message: text)
        }
        var batch = LogQueue.Batch()
        for _ in 0..<5 { queue.push(record(200)) }
        queue.take(into: &batch)
        #expect(batch.records.count == 3)
        #expect(batch.droppedCount == 2)
        for byteCount in [700, 301, 300, 128] { queue.push(record(byteCount)) }
        queue.take(into: &batch)
        #expect(batch.records.map(\.byteCount) == [700, 300])
        #expect(batch.droppedCount == 2)
        #expect(queue.droppedCount == 4)
        var large = record(200)
        large.metadata = [["key": .string(String(repeating: "v", count: 798))]]
        queue.push(large)
        queue.push(record(200))
        queue.take(into: &batch)
        #expect(batch.records.map(\.byteCount) == [200])
        #expect(batch.droppedCount == 1)
    }

    @Test("After the file was renamed, lines go on in the old one until it is reopened, then in a new one")
    func rotation() throws {
        try withLogPath { path in
            let log = try LogWriter(destination: .file(path: path), format: .text)
            let logger = log.logger(label: "t")
            for round in 0..<3 {
                logger.info("before \(round)")
                #expect(log.flush(timeout: patience))
                try FileManager.default.moveItem(atPath: path, toPath: path + ".\(round)")
                logger.info("between \(round)")
                log.reopen()
                logger.info("after \(round)")
                #expect(log.flush(timeout: patience))
                let old = try lines(path + ".\(round)").suffix(2)
                #expect(old.first?.hasSuffix(" before \(round)") == true)
                #expect(old.last?.hasSuffix(" between \(round)") == true)
                #expect(try lines(path).map { $0.suffix(7) } == ["after \(round)"])
            }
        }
    }

    @Test("A file that cannot be reopened stays in use and says so; one that cannot be opened is an error at once")
    func unopenable() throws {
        try withLogPath { path in
            let log = try LogWriter(destination: .file(path: path), format: .text)
            try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            log.reopen()
            log.logger(label: "t").info("still here")
            #expect(log.flush(timeout: patience))
            let found = try lines(path + ".old")
            #expect(found.first?.contains("cannot be opened again") == true)
            #expect(found.last?.hasSuffix("still here") == true)
            #expect(throws: SystemError(call: "open", code: EISDIR)) {
                try LogWriter(destination: .file(path: path), format: .text)
            }
            // Nobody reads this pipe, so opening it must not wait for a reader.
            unsafe precondition(mkfifo(path + ".pipe", 0o600) == 0)
            #expect(throws: SystemError(call: "open", code: ENXIO)) {
                try LogWriter(destination: .file(path: path + ".pipe"), format: .text)
            }
        }
    }

    @Test("A log that its reader closed costs its lines, not the process")
    func closedPipe() throws {
        let pipe = TestPipe()
        let log = try LogWriter(destination: .descriptor(pipe.writeEnd), format: .text)
        let logger = log.logger(label: "t")
        pipe.closeReadEnd()
        // SIGPIPE would end this process here.
        for number in 0..<10 { logger.info("\(number)") }
        #expect(log.flush(timeout: patience))
    }

    @Test("Lines that a full disk refused are reported once it takes some again")
    func fullDisk() throws {
        // /dev/full refuses every write with ENOSPC, and stands for the disk until the path leads elsewhere.
        try withLogPath { path in
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
            let log = try LogWriter(destination: .file(path: path), format: .text)
            let logger = log.logger(label: "t")
            for number in 0..<10 {
                logger.info("lost \(number)")
                #expect(log.flush(timeout: patience))
            }
            try FileManager.default.removeItem(atPath: path)
            log.reopen()
            logger.info("kept")
            #expect(log.flush(timeout: patience))
            let found = try lines(path)
            #expect(found.count == 2)
            #expect(found.first?.hasSuffix(#" log: 10 lines dropped reason="write: No space left on device""#) == true)
            #expect(found.last?.hasSuffix(" kept") == true)
        }
    }

    @Test("What was logged is written even when writer and loggers are given up without a flush")
    func givenUp() throws {
        let pipe = TestPipe()
        for number in 0..<20 {
            let log = try LogWriter(destination: .descriptor(pipe.writeEnd), format: .json)
            log.logger(label: "t").info("\(number)")
        }
        #expect(pipe.readLines(20).count == 20)
    }

    @Test("Metadata of a provider and of the call are written, and errors too")
    func providers() throws {
        let pipe = TestPipe()
        let log = try LogWriter(destination: .descriptor(pipe.writeEnd), format: .text)
        var handler = QueueLogHandler(label: "t", writer: log)
        handler.metadataProvider = .init { ["provided": "1", "both": "provider"] }
        handler.metadata = ["own": "1"]
        var logger = Logger(label: "t") { _ in handler }
        logger.logLevel = .trace
        logger.trace("m", metadata: ["both": "call"])
        #expect(pipe.readLines(1).first?.hasSuffix("Z trace t: m both=call own=1 provided=1") == true)
    }
}
