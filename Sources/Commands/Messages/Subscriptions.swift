import Bytes
import ServerMetrics
import Synchronization

/// What one connection subscribes to; it has none of these while it subscribes to nothing.
///
/// Belongs to the session's loop. The registry forgets the connection with the last reference.
final class Subscriptions {
    private let registry: SubscriptionRegistry
    private let metrics: LoopMetrics
    private var names = [Set<[UInt8]>](repeating: [], count: SubscriptionKind.allCases.count)
    private var byteCount = 0
    /// Subscriptions that one connection may have.
    static let countMax = 4_096
    /// Of their names together.
    static let byteCountMax = 1 << 20

    init(_ registry: SubscriptionRegistry, _ metrics: LoopMetrics) {
        self.registry = registry
        self.metrics = metrics
        metrics.subscribedClients.add(1, ordering: .relaxed)
    }

    deinit {
        for kind in SubscriptionKind.allCases {
            for name in names[kind.rawValue] { registry.remove(name, kind) }
        }
        metrics.subscribedClients.subtract(1, ordering: .relaxed)
    }

    var isEmpty: Bool { names.allSatisfy(\.isEmpty) }

    func count(_ kind: SubscriptionKind) -> Int { names[kind.rawValue].count }

    /// In the order of their bytes.
    func all(_ kind: SubscriptionKind) -> [[UInt8]] {
        names[kind.rawValue].sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Subscribes, if not done before; false where there would be too many subscriptions.
    func add(_ name: [UInt8], _ kind: SubscriptionKind) -> Bool {
        if names[kind.rawValue].contains(name) { return true }
        let total = names.reduce(0) { $0 + $1.count }
        guard total < Self.countMax, byteCount + name.count <= Self.byteCountMax, registry.add(name, kind) else {
            return false
        }
        names[kind.rawValue].insert(name)
        byteCount += name.count
        return true
    }

    /// Ends a subscription, if there is one.
    func remove(_ name: [UInt8], _ kind: SubscriptionKind) {
        guard names[kind.rawValue].remove(name) != nil else { return }
        byteCount -= name.count
        registry.remove(name, kind)
    }

    /// What a message on `channel` makes for this connection: one push for the channel, and one for each pattern.
    func pushes(channel: [UInt8], message: [UInt8]) -> [Push] {
        var pushes: [Push] = []
        if names[SubscriptionKind.channel.rawValue].contains(channel) {
            pushes.append(.message(channel: channel, message))
        }
        for pattern in all(.pattern) where GlobPattern(pattern.span).matches(channel.span) {
            pushes.append(.patternMessage(pattern: pattern, channel: channel, message))
        }
        return pushes
    }
}
