internal import Platform
internal import Synchronization

/// The memory that packed versions of one process may take for their files, and a watch over what becomes of it.
///
/// Any thread.
public final class PackedMemory: Sendable {
    /// In bytes; a version is not kept in memory where it is larger.
    public let byteCountMax: Int
    private let lockedBytes = Atomic<Int>(0)
    private let watched = Mutex(Watched())

    private struct Watched {
        var versions: [WeakResidency] = []
        var hasThread = false
    }

    private struct WeakResidency: Sendable {
        weak var residency: PackedResidency?
    }

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

    /// Has a version look again and again at what is in memory, for as long as it is open.
    func watch(_ residency: PackedResidency) throws(SystemError) {
        let needsThread = watched.withLock { watched in
            watched.versions.removeAll { $0.residency == nil }
            if !watched.versions.contains(where: { $0.residency === residency }) {
                watched.versions.append(WeakResidency(residency: residency))
            }
            defer { watched.hasThread = true }
            return !watched.hasThread
        }
        guard needsThread else { return }
        do throws(SystemError) {
            _ = try Thread(name: "residency") { [weak self] in
                var pause: UInt64? = Self.pauseNanosecondsMin
                while let nanoseconds = pause {
                    Thread.sleep(nanoseconds: nanoseconds)
                    pause = self?.refreshAll()
                }
            }
        } catch {
            watched.withLock { $0.hasThread = false }
            throw error
        }
    }

    /// - Returns: How long to wait before the next time, in nanoseconds.
    private func refreshAll() -> UInt64 {
        let start = Clock.monotonicNanoseconds()
        let residencies = watched.withLock { $0.versions.compactMap(\.residency) }
        for residency in residencies { residency.refresh() }
        let taken = Clock.nanoseconds(from: start, to: Clock.monotonicNanoseconds())
        return max(Self.pauseNanosecondsMin, taken * Self.pauseShareMin)
    }

    /// Between two looks: long enough to cost nothing, short enough to notice before much has been dropped.
    private static let pauseNanosecondsMin: UInt64 = 1_000_000_000
    /// Of a terabyte a look takes seconds, and must not keep a core busy.
    private static let pauseShareMin: UInt64 = 20
}
