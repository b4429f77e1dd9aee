private import Synchronization

/// The context that new sessions are made with, which another may replace at any time; for any thread.
public final class TLSContextSlot: Sendable {
    private let slot: Mutex<TLSContext?>

    public init(_ context: TLSContext? = nil) { slot = Mutex(context) }

    /// `nil` where there is no TLS.
    public var current: TLSContext? {
        get { slot.withLock { $0 } }
        set { slot.withLock { $0 = newValue } }
    }
}
