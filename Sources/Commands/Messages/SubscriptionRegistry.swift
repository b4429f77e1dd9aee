import Synchronization

/// What a client may subscribe to.
enum SubscriptionKind: Int, Sendable, CaseIterable {
    case channel, pattern, shardChannel
}

/// How many connections subscribe to what, over all loops: for `PUBSUB`, and to bound them all together.
///
/// Any thread.
public final class SubscriptionRegistry: Sendable {
    private struct State {
        /// How many connections have each name, by kind.
        var counts = [[[UInt8]: Int]](repeating: [:], count: SubscriptionKind.allCases.count)
        var nameCount = 0
        var byteCount = 0
    }

    private let state = Mutex(State())
    /// Different names, over all kinds.
    static let nameCountMax = 65_536
    /// Of all subscriptions of all connections, their overhead included.
    static let byteCountMax = 64 << 20
    /// About what a subscription takes besides the bytes of its name.
    static let overheadBytes = 64

    init() {}

    /// Whether nobody subscribes to anything.
    public var isEmpty: Bool { state.withLock { $0.nameCount == 0 } }

    /// Counts one more connection in; false where there are too many subscriptions.
    func add(_ name: [UInt8], _ kind: SubscriptionKind) -> Bool {
        state.withLock { state in
            let count = state.counts[kind.rawValue][name] ?? 0
            let bytes = state.byteCount + name.count + Self.overheadBytes
            guard bytes <= Self.byteCountMax, count > 0 || state.nameCount < Self.nameCountMax else { return false }
            state.counts[kind.rawValue][name] = count + 1
            state.nameCount += count == 0 ? 1 : 0
            state.byteCount = bytes
            return true
        }
    }

    /// Counts a connection out that was counted in before.
    func remove(_ name: [UInt8], _ kind: SubscriptionKind) {
        state.withLock { state in
            guard let count = state.counts[kind.rawValue][name] else { preconditionFailure("never subscribed to") }
            state.counts[kind.rawValue][name] = count > 1 ? count - 1 : nil
            state.nameCount -= count == 1 ? 1 : 0
            state.byteCount -= name.count + Self.overheadBytes
        }
    }

    func count(of name: [UInt8], _ kind: SubscriptionKind) -> Int {
        state.withLock { $0.counts[kind.rawValue][name] ?? 0 }
    }

    /// How many different names of a kind there are.
    func nameCount(_ kind: SubscriptionKind) -> Int { state.withLock { $0.counts[kind.rawValue].count } }

    /// Every name of a kind that somebody subscribes to, in no order.
    func names(_ kind: SubscriptionKind) -> [[UInt8]] {
        state.withLock { Array($0.counts[kind.rawValue].keys) }
    }
}
