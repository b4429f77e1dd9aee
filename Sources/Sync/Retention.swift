internal import Datasets

/// Which versions of a data directory may go.
///
/// A value: it looks at nothing but what it was given. That a version is open somewhere is found out by whoever deletes.
struct Retention: Sendable, Equatable {
    /// How many of the newest good versions stay; at least 1.
    var keepCount: Int
    /// Every version that is there.
    var versionIDs: [String]
    var refusals: [Refusal]
    /// What stays whatever its age: current, pinned, being served, next for a rollback.
    var neededIDs: Set<String>

    /// The versions to delete, oldest first.
    ///
    /// The newest refused version stays while an operator may still force it, or wants to look at it.
    var deletableIDs: [String] {
        let refused = Set(refusals.map(\.versionID))
        let ascending = versionIDs.sorted()
        let good = ascending.filter { !refused.contains($0) }
        var kept = neededIDs.union(good.suffix(max(keepCount, 1)))
        if let last = ascending.last(where: refused.contains) { kept.insert(last) }
        return ascending.filter { !kept.contains($0) }
    }
}
