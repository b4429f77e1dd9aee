import Datasets

/// What a client wants of versions: to stay on some, to be told which one answered.
///
/// Belongs to its session.
final class VersionWishes {
    private enum Choice {
        case held(VersionUse)
        /// The version was closed while the connection stayed on it; only its id is left.
        case gone(id: String)
    }

    /// By database number.
    private var choices: [Int: Choice] = [:]
    /// Whether replies that are read from a dataset carry the version's id.
    var tellsVersions = false

    /// Whether there is nothing that a session would have to look at.
    var isEmpty: Bool { choices.isEmpty && !tellsVersions }

    /// Stays on a version in `database`, or follows the latest where `use` is `nil`.
    func choose(_ use: VersionUse?, in database: Int) { choices[database] = use.map(Choice.held) }

    /// The version to stay on; `nil` for the latest.
    func version(in database: Int) -> DatasetVersion? {
        guard case .held(let use) = choices[database] else { return nil }
        return use.open.version
    }

    /// The version that the client wanted to stay on and cannot any more.
    func goneVersion(in database: Int) -> String? {
        guard case .gone(let id) = choices[database] else { return nil }
        return id
    }

    /// Lets go of versions whose time is over at `now`, in nanoseconds of the monotonic clock.
    func dropOver(at now: UInt64) {
        for (database, choice) in choices {
            guard case .held(let use) = choice, use.open.isOver(at: now) else { continue }
            choices[database] = .gone(id: use.open.version.id)
        }
    }

    /// The versions to answer from, where those in `current` are the latest.
    func applied(to current: [DatasetVersion]) -> [DatasetVersion] {
        var versions = current
        for database in versions.indices { versions[database] = version(in: database) ?? versions[database] }
        return versions
    }
}
