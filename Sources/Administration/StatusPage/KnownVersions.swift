internal import Datasets
internal import Platform
internal import Synchronization
internal import Versions

/// The versions in the data directory of one dataset, as they were a moment ago.
///
/// To read them takes a look at each manifest, so one thread does that at a time, and rests for longer than it took.
/// Whoever asks meanwhile, or again soon, is given what was found last.
final class KnownVersions: Sendable {
    struct Listing: Sendable, Equatable {
        /// The newest first.
        var entries: [VersionEntry] = []
        /// Those beyond the limit, which are older.
        var leftOutCount = 0
        /// Why there are none.
        var problem: String?
    }

    private struct State {
        var listing = Listing()
        /// In nanoseconds of the monotonic clock.
        var staleAt: UInt64 = 0
        var isReading = false
    }

    private let path: ServedPath
    private let state = Mutex(State())

    /// What a page shows of one dataset.
    static let countMax = 20

    init(path: String) { self.path = ServedPath(path: path) }

    /// What is known; reads the disk where that is long ago.
    func listing() -> Listing {
        let begunAt = Clock.monotonicNanoseconds()
        let known: Listing? = state.withLock { state in
            guard !state.isReading, begunAt >= state.staleAt else { return state.listing }
            state.isReading = true
            return nil
        }
        if let known { return known }
        let found = read()
        let now = Clock.monotonicNanoseconds()
        state.withLock { state in
            state.listing = found
            state.staleAt = now + max(Self.restNanoseconds, 20 * Clock.nanoseconds(from: begunAt, to: now))
            state.isReading = false
        }
        return found
    }

    private func read() -> Listing {
        guard let directory = path.dataDirectory else { return Listing() }
        do throws(DataDirectoryError) {
            let entries = try directory.entries()
            return Listing(
                entries: entries.suffix(Self.countMax).reversed(), leftOutCount: max(0, entries.count - Self.countMax))
        } catch {
            return Listing(problem: error.description)
        }
    }

    private static let restNanoseconds: UInt64 = 1_000_000_000
}
