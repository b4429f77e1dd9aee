internal import Platform
internal import Sync

/// Has a thread of its own receive signals, for as long as the process lives.
///
/// - Parameters:
///   - signals: Made before any other thread was started.
///   - act: Called on that thread.
/// - Throws: Where no thread is to be had.
func receiveSignals(
    _ signals: consuming SignalQueue, _ act: @escaping @Sendable (ProcessSignal) -> Void
) throws(SyncError) {
    let signals = SharedSignals(signals)
    do throws(SystemError) {
        _ = try Thread(name: "signals") {
            while let signal = signals.next() { act(signal) }
        }
    } catch {
        throw SyncError(.inputOutput, "cannot receive signals: \(error)")
    }
}

/// Signals for a thread that outlives the call that started it.
private final class SharedSignals: Sendable {
    private let queue: SignalQueue

    init(_ queue: consuming SignalQueue) { self.queue = queue }

    /// Waits for the next one; `nil` where none can be received any more.
    func next() -> ProcessSignal? {
        while true {
            do {
                if let signal = try queue.next(milliseconds: -1) { return signal }
            } catch {
                return nil
            }
        }
    }
}
