import RESP
import Synchronization

/// The latest requests that took long, for `SLOWLOG`.
///
/// Any thread may call; the lock is held for the copy of one entry, or of as many as are asked for.
public final class SlowLog: Sendable {
    struct Entry: Sendable, Equatable {
        /// From 0, growing; not used again after a reset.
        var id = 0
        var unixSeconds: Int
        var microseconds: Int
        var arguments: [[UInt8]]
        /// Empty where the time is that of a whole turn, which is of several clients.
        var address: String
        var name: String
    }

    private struct State {
        /// The newest first.
        var entries: [Entry] = []
        var nextID = 0
        var countMax = 128

        mutating func trim() {
            if entries.count > countMax { entries.removeLast(entries.count - countMax) }
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
        state.withLock { state in
            state.countMax = countMax
            state.trim()
        }
    }

    /// Adds an entry, whose id is chosen here.
    func add(_ entry: Entry) {
        state.withLock { state in
            var entry = entry
            entry.id = state.nextID
            state.nextID += 1
            state.entries.insert(entry, at: 0)
            state.trim()
        }
    }

    /// The newest entries, at most `count`; all of them for -1.
    func entries(_ count: Int) -> [Entry] {
        state.withLock { count < 0 ? $0.entries : Array($0.entries.prefix(count)) }
    }

    var count: Int { state.withLock { $0.entries.count } }

    func reset() { state.withLock { $0.entries = [] } }

    /// A request's arguments as the log keeps them: the first 32 of them, and the first 128 bytes of each.
    static func cut(_ request: borrowing Request) -> [[UInt8]] {
        let kept = min(request.count, argumentsMax)
        var arguments: [[UInt8]] = []
        for index in 0..<kept {
            if index == argumentsMax - 1, request.count > argumentsMax {
                arguments.append(Array("... (\(request.count - kept + 1) more arguments)".utf8))
            } else {
                arguments.append(cut(request[index]))
            }
        }
        return arguments
    }

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
