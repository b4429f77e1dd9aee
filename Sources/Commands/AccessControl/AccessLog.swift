import RESP
import Synchronization

/// The latest requests and passwords that were refused, for `ACL LOG`.
///
/// Any thread; the lock is held for the copy of a few entries.
public final class AccessLog: Sendable {
    struct Entry: Sendable {
        var count = 1
        let reason: AccessDenial.Reason
        let isInTransaction: Bool
        /// The command, key or channel; for a password, the command that it came with.
        let object: [UInt8]
        let username: [UInt8]
        /// When it last happened, in nanoseconds of the monotonic clock.
        var time: UInt64
        /// The line of `CLIENT LIST`.
        var client: String

        init(
            _ reason: AccessDenial.Reason, isInTransaction: Bool, object: [UInt8], username: [UInt8], time: UInt64,
            client: String
        ) {
            self.reason = reason
            self.isInTransaction = isInTransaction
            self.object = Array(object.prefix(AccessLog.textBytesMax))
            self.username = Array(username.prefix(AccessLog.textBytesMax))
            self.time = time
            self.client = client.utf8.count > AccessLog.textBytesMax ? "" : client
        }

        /// Whether `other` is the same again.
        func matches(_ other: Entry) -> Bool {
            reason == other.reason && isInTransaction == other.isInTransaction && object == other.object
                && username == other.username
                && max(time, other.time) - min(time, other.time) <= AccessLog.groupingNanoseconds
        }
    }

    private struct State {
        /// The newest first.
        var entries: [Entry] = []
        var countMax = 128
    }

    private let state = Mutex(State())

    /// Goes by Redis's `acllog-max-len`: entries that are kept.
    public func configure(countMax: Int) {
        state.withLock { state in
            state.countMax = countMax
            state.entries.removeLast(max(state.entries.count - countMax, 0))
        }
    }

    /// Adds an entry, or counts it with a late one that is the same.
    func add(_ entry: Entry) {
        state.withLock { state in
            if let place = state.entries.prefix(Self.searchedMax).firstIndex(where: { $0.matches(entry) }) {
                var same = state.entries.remove(at: place)
                same.count += 1
                (same.time, same.client) = (entry.time, entry.client)
                state.entries.insert(same, at: 0)
            } else {
                state.entries.insert(entry, at: 0)
                state.entries.removeLast(max(state.entries.count - state.countMax, 0))
            }
        }
    }

    /// At most so many of the newest.
    func entries(_ count: Int) -> [Entry] { state.withLock { Array($0.entries.prefix(count)) } }

    func reset() { state.withLock { $0.entries = [] } }

    /// As far back as Redis looks for the same.
    private static let searchedMax = 10
    private static let groupingNanoseconds: UInt64 = 60_000_000_000
    private static let textBytesMax = 1_024
}

extension AccessLog.Entry {
    /// Writes the seven fields of `ACL LOG`; `now` is in nanoseconds of the monotonic clock.
    func write(now: UInt64, to reply: inout ReplyWriter) {
        reply.map(count: 7)
        reply.bulk("count" as StaticString)
        reply.integer(count)
        reply.bulk("reason" as StaticString)
        reply.bulk(reason.name)
        reply.bulk("context" as StaticString)
        if isInTransaction { reply.bulk("multi" as StaticString) } else { reply.bulk("toplevel" as StaticString) }
        reply.bulk("object" as StaticString)
        reply.bulk(object.span)
        reply.bulk("username" as StaticString)
        reply.bulk(username.span)
        reply.bulk("age-seconds" as StaticString)
        reply.double(Double(max(now, time) - time) / 1e9)
        reply.bulk("client-info" as StaticString)
        reply.bulk(client)
    }
}
