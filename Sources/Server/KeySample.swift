import Bytes
import Synchronization

/// Keys of one dataset that one loop was lately asked for, to warm the next version with.
///
/// Two generations of keys, the older of which is dropped whenever the younger is full, in memory that is reserved
/// once. The loop adds; the control thread copies, and the loop does without meanwhile rather than wait.
final class KeySample: Sendable {
    private struct Generation: ~Copyable {
        var bytes: ByteBuffer
        /// Where each key ends in ``bytes``.
        var ends: [UInt32] = []

        init(keysMax: Int, bytesMax: Int) {
            bytes = ByteBuffer(capacity: bytesMax)
            ends.reserveCapacity(keysMax)
        }

        /// Newest first.
        func appendAll(to keys: inout [[UInt8]]) {
            let bytes = bytes.span
            for index in ends.indices.reversed() {
                let start = index == 0 ? 0 : Int(ends[index - 1])
                let key = bytes.extracting(start..<Int(ends[index]))
                keys.append(key.indices.map { key[$0] })
            }
        }
    }

    private struct State: ~Copyable {
        var young: Generation
        var old: Generation
    }

    private let state: Mutex<State>
    private let keysMax: Int
    private let bytesMax: Int
    /// Longer keys are left out.
    static let keyBytesMax = 512

    /// - Parameters:
    ///   - keysMax: Keys to keep, of which at least half are there once so many have been added.
    ///   - bytesMax: Of those keys together.
    init(keysMax: Int, bytesMax: Int) {
        self.keysMax = keysMax / 2
        self.bytesMax = bytesMax / 2
        let (keys, bytes) = (self.keysMax, self.bytesMax)
        state = Mutex(
            State(
                young: Generation(keysMax: keys, bytesMax: bytes), old: Generation(keysMax: keys, bytesMax: bytes)))
    }

    /// Keeps a key, unless it is too long or the sample is being copied; allocates nothing.
    func add(_ key: Span<UInt8>) {
        guard key.count <= Self.keyBytesMax, key.count <= bytesMax, keysMax > 0 else { return }
        _ = state.withLockIfAvailable { state in
            if state.young.ends.count == keysMax || state.young.bytes.count + key.count > bytesMax {
                swap(&state.young, &state.old)
                state.young.bytes.removeAll()
                state.young.ends.removeAll(keepingCapacity: true)
            }
            state.young.bytes.append(key)
            state.young.ends.append(UInt32(state.young.bytes.count))
        }
    }

    /// The keys, newest first; some may be there more than once.
    func keys() -> [[UInt8]] {
        state.withLock { state in
            var keys: [[UInt8]] = []
            keys.reserveCapacity(state.young.ends.count + state.old.ends.count)
            state.young.appendAll(to: &keys)
            state.old.appendAll(to: &keys)
            return keys
        }
    }
}
