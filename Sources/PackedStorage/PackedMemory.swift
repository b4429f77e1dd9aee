internal import Synchronization

/// The memory that packed versions of one process may take for their files.
///
/// Any thread.
public final class PackedMemory: Sendable {
    /// In bytes. A version is not kept in memory where it is larger.
    public let byteCountMax: Int
    private let lockedBytes = Atomic<Int>(0)

    /// Without a bound, versions are always in memory, and locked where that is permitted.
    public init(byteCountMax: Int = .max) { self.byteCountMax = byteCountMax }

    /// Bytes that are locked into memory.
    public var lockedByteCount: Int { lockedBytes.load(ordering: .relaxed) }

    /// Whether so many bytes more may be locked; they are then counted as locked.
    ///
    /// Locked memory is out of the kernel's reach. While one version follows another both are in memory, and where
    /// they are too much for it together, the newer is not locked and the kernel may drop what is least used of it.
    func reserve(_ byteCount: Int) -> Bool {
        let before = lockedBytes.wrappingAdd(byteCount, ordering: .relaxed).oldValue
        guard before <= byteCountMax - byteCount else {
            release(byteCount)
            return false
        }
        return true
    }

    func release(_ byteCount: Int) { lockedBytes.wrappingSubtract(byteCount, ordering: .relaxed) }
}
