import Bytes
public import Datasets
import Storage

/// A view of a version on its way between the control thread and a loop, so that no loop makes or ends one itself.
///
/// Making a view maps the memory for the rows that it keeps, ending one gives that memory back: both can take
/// milliseconds, and a loop has none to spare.
public final class PreparedView: Sendable {
    public let version: DatasetVersion
    // Safety: one owner at a time. Whoever holds the only reference to this object may use the view; it is handed
    // from thread to thread in a `Mutex`, and whoever takes the view leaves nothing behind.
    nonisolated(unsafe) private var view: VersionView?

    /// - Parameters:
    ///   - version: What the look-ups are answered from.
    ///   - rowCacheBytes: As in `Engine.makeBatch(rowCacheBytes:)`.
    public init(_ version: DatasetVersion, rowCacheBytes: Int) {
        self.version = version
        unsafe view = VersionView(version, rowCacheBytes: rowCacheBytes)
    }

    /// Wraps a view that a loop needs no more, to be dropped elsewhere.
    public init(retiring view: VersionView) {
        version = view.version
        unsafe self.view = view
    }

    /// The view, once.
    public func take() -> VersionView? { unsafe view.take() }

    /// Looks keys up as clients would, so that the first of them find what they need in memory.
    ///
    /// May wait for the disk. To be called by one thread, before the view is handed to a loop.
    public func warm(keys: some Sequence<[UInt8]>) -> WarmingResult {
        var result = WarmingResult()
        guard let view = unsafe view else { return result }
        for key in keys {
            _ = view.lookups.append(key.span)
            if view.lookups.count == Self.batchLookups { Self.lookUp(in: view, &result) }
        }
        if !view.lookups.isEmpty { Self.lookUp(in: view, &result) }
        return result
    }

    private static func lookUp(in view: VersionView, _ result: inout WarmingResult) {
        view.lookUp(in: 0..<view.lookups.count, tier: .anywhere)
        for index in 0..<view.lookups.count {
            switch view.lookups.outcome(at: index) {
            case .hit:
                result.hitCount += 1
                result.valueBytes += view.lookups[valueAt: index].count
            case .miss: result.missCount += 1
            case .pending, .wouldBlock, .damaged: result.damagedCount += 1
            }
        }
        view.lookups.removeAll()
    }

    /// Values found together stay in memory together, and may be large.
    private static let batchLookups = 16
}

/// What became of the keys that a view was warmed with.
public struct WarmingResult: Sendable, Equatable {
    public var hitCount = 0
    public var missCount = 0
    /// Look-ups that failed.
    public var damagedCount = 0
    /// Of all values found.
    public var valueBytes = 0

    public init() {}
}
