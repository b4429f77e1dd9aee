import RESP
import Synchronization

/// The latest requests that took long, for `SLOWLOG`.
///
/// Any thread may call; the lock is held for the copy of one entry, or of as many as are asked for.
public final class SlowLog: Sendable {
    public struct Entry: Sendable, Equatable {
        /// From 0, growing; not used again after a reset.
        public internal(set) var id = 0
        public internal(set) var unixSeconds: Int
        public internal(set) var microseconds: Int
        public internal(set) var arguments: [[UInt8]]
        /// Empty where the time is that of a whole turn of several clients, or the client has gone.
        public internal(set) var address: String
        public internal(set) var name: String
        /// What the time went into, in order, as far as that is known.
        public internal(set) var phases: [Phase] = []
        /// The version that was read; `nil` where none was, or several were.
        public internal(set) var versionID: String?
    }

    /// A part of a request's time.
    public struct Phase: Sendable, Equatable {
        public enum Name: String, Sendable {
            /// Behind other requests of the same turn, and until all of them had been understood.
            case queue
            /// Of keys in memory.
            case lookUp = "look-up"
            /// Making replies and giving them to the kernel.
            case write
            /// Behind the jobs of others, for a reader.
            case readerQueue = "reader-queue"
            /// Reads of the disk and of what it had in memory by then.
            case disk
            /// A reader's work on what is no look-up.
            case work
            /// From a reader's end until the loop took its result up.
            case handOver = "hand-over"
        }

        public let name: Name
        public let microseconds: Int
    }

    /// The entries in a ring, so that one more costs the same however many are kept.
    private struct State {
        /// The oldest is at `oldest`, and those after it follow; from the last place they go on at the first.
        var entries: [Entry] = []
        /// 0 as long as there is room for more.
        var oldest = 0
        var nextID = 0
        var countMax = 128

        mutating func add(_ entry: Entry) {
            if entries.count < countMax {
                entries.append(entry)
            } else if !entries.isEmpty {
                entries[oldest] = entry
                oldest = (oldest + 1) % entries.count
            }
        }

        /// At most `count`, the newest first.
        func newest(_ count: Int) -> [Entry] {
            (0..<min(count, entries.count)).map { age in
                entries[(oldest + entries.count - 1 - age) % entries.count]
            }
        }

        /// Keeps the newest of them.
        mutating func keep(_ countMax: Int) {
            let kept = newest(countMax)
            entries = kept.reversed()
            oldest = 0
            self.countMax = countMax
        }
    }

    private let state = Mutex(State())
    private let threshold = Atomic<UInt64>(.max)

    /// In nanoseconds; what takes less is not noted, and `UInt64.max` means that nothing is.
    public var thresholdNanoseconds: UInt64 { threshold.load(ordering: .relaxed) }

    var isOn: Bool { thresholdNanoseconds < .max }

    /// Goes by Redis's settings of the same names.
    ///
    /// - Parameters:
    ///   - microseconds: Requests that take less are not noted; negative turns the log off.
    ///   - countMax: Entries that are kept.
    public func configure(slowerThan microseconds: Int, countMax: Int) {
        threshold.store(microseconds < 0 ? .max : UInt64(microseconds) * 1_000, ordering: .relaxed)
        state.withLock { $0.keep(countMax) }
    }

    /// Adds an entry, whose id is chosen here.
    func add(_ entry: Entry) {
        state.withLock { state in
            var entry = entry
            entry.id = state.nextID
            state.nextID += 1
            state.add(entry)
        }
    }

    /// The newest entries, at most `count`; all of them for -1.
    public func entries(_ count: Int) -> [Entry] {
        state.withLock { $0.newest(count < 0 ? .max : count) }
    }

    var count: Int { state.withLock { $0.entries.count } }

    func reset() { state.withLock { ($0.entries, $0.oldest) = ([], 0) } }

    /// A request's arguments as the log keeps them: no more than 32, the first 128 bytes of each, and no passwords.
    static func cut(_ request: borrowing Request, of command: CommandRow) -> [[UInt8]] {
        let kept = keptArguments(of: request.count)
        var arguments: [[UInt8]] = []
        var secrets = Secrets(of: command, argumentCount: request.count)
        for index in 0..<kept {
            let isSecret = index > 0 && secrets.cover(index, request[index])
            arguments.append(isSecret ? Array("\(Secrets.replacement)".utf8) : cut(request[index]))
        }
        if kept < request.count { arguments.append(omission(of: request.count - kept)) }
        return arguments
    }

    /// How many of so many arguments are kept, besides the ``omission(of:)`` of the others.
    static func keptArguments(of count: Int) -> Int { count > argumentsMax ? argumentsMax - 1 : count }

    static func omission(of count: Int) -> [UInt8] { Array("... (\(count) more arguments)".utf8) }

    /// The first 128 bytes of an argument, and how many there are more.
    static func cut(_ argument: Span<UInt8>) -> [UInt8] {
        guard argument.count > argumentBytesMax else { return [UInt8](copying: argument) }
        return [UInt8](copying: argument.extracting(..<argumentBytesMax))
            + "... (\(argument.count - argumentBytesMax) more bytes)".utf8
    }

    private static let argumentsMax = 32
    private static let argumentBytesMax = 128
}

extension SlowLog.Entry {
    /// Writes the six fields of `SLOWLOG GET`.
    func write(to reply: inout ReplyWriter) {
        reply.array(count: 6)
        reply.integer(id)
        reply.integer(unixSeconds)
        reply.integer(microseconds)
        reply.array(count: arguments.count)
        for argument in arguments { reply.bulk(argument.span) }
        reply.bulk(address)
        reply.bulk(name)
    }
}
