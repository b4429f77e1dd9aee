import Synchronization

/// The datasets of this server, by database number, and the version of each that is current.
///
/// Any thread may publish; each loop reads through a ``Reader`` of its own. A reader looks at one
/// counter and takes the lock only after a swap, so steady reads write to nothing that threads share.
public final class Catalog: Sendable {
    /// The datasets' names; a name's place is its database number.
    public let names: [String]
    private let current: Mutex<[DatasetVersion]>
    /// How many swaps there have been; written under `current`'s lock only.
    private let epoch = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - names: At least one.
    ///   - versions: The first version of each dataset, in the order of `names`.
    public init(names: [String], versions: [DatasetVersion]) {
        precondition(names.count == versions.count && !names.isEmpty)
        self.names = names
        current = Mutex(versions)
    }

    /// The current version of every dataset, by database number.
    public var versions: [DatasetVersion] { current.withLock { $0 } }

    /// Makes `version` current in `database`.
    ///
    /// Requests that began before keep the version they began with, so wake every loop afterwards: an
    /// idle one would hold the old version for as long as it sleeps.
    ///
    /// - Returns: The replaced version. Keep it until nobody else holds it: closing an engine takes
    ///   milliseconds, and whoever drops the last reference pays them.
    public func publish(_ version: DatasetVersion, in database: Int) -> DatasetVersion {
        current.withLock { versions in
            let replaced = versions[database]
            versions[database] = version
            epoch.add(1, ordering: .releasing)
            return replaced
        }
    }

    public func makeReader() -> Reader { Reader(catalog: self) }

    /// One thread's view of the catalog.
    public struct Reader: ~Copyable {
        private let catalog: Catalog
        private var epoch = UInt64.max
        public private(set) var versions: [DatasetVersion] = []

        fileprivate init(catalog: Catalog) {
            self.catalog = catalog
            _ = refresh()
        }

        /// Takes over what has been published since the last call; whether there was anything.
        @inline(__always)
        public mutating func refresh() -> Bool {
            guard catalog.epoch.load(ordering: .acquiring) != epoch else { return false }
            (versions, epoch) = catalog.current.withLock { ($0, catalog.epoch.load(ordering: .relaxed)) }
            return true
        }
    }
}
