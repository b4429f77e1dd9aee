/// Which version a rollback goes to: one rule for the server and for the command line.
///
/// A value: it looks at nothing but what it was given, see ``DataDirectory/rollbackChoice()``.
public struct RollbackChoice: Sendable, Equatable {
    /// The version to leave; `nil` where none is current.
    public var currentID: String?
    /// The version that the current one replaced, as its manifest says.
    public var parentID: String?
    /// Every version that is there, in any order.
    public var versionIDs: [String]
    /// Every version that is quarantined, whether it is there or not.
    public var refusals: [Refusal]
    /// The version that the dataset is to stay with.
    public var pinnedID: String?

    public init(
        currentID: String?, parentID: String?, versionIDs: [String], refusals: [Refusal], pinnedID: String?
    ) {
        self.currentID = currentID
        self.parentID = parentID
        self.versionIDs = versionIDs
        self.refusals = refusals
        self.pinnedID = pinnedID
    }

    /// The version to go to: the one asked for, else the current one's parent, else the next lower id.
    ///
    /// A version that is quarantined is never chosen; one that is asked for may be, where `isForced` and the
    /// refusal lets itself be overruled. `id` is what the operator asks for; `nil` leaves the choice to the rule.
    public func target(_ id: String? = nil, isForced: Bool = false) throws(RollbackObstacle) -> String {
        guard let currentID else { throw .nothingCurrent }
        if let pinnedID, id != pinnedID { throw .pinned(pinnedID) }
        guard let id else { return try older(than: currentID) }
        guard id != currentID else { throw .current(id) }
        guard versionIDs.contains(id) else { throw .absent(id) }
        if let refusal = refusals.first(where: { $0.versionID == id }), !(isForced && refusal.kind.canBeForced) {
            throw .refused(refusal)
        }
        return id
    }

    private func older(than currentID: String) throws(RollbackObstacle) -> String {
        let refused = Set(refusals.map(\.versionID))
        let good = versionIDs.filter { $0 != currentID && !refused.contains($0) }
        if let parentID, good.contains(parentID) { return parentID }
        guard let next = good.filter({ $0 < currentID }).max() else {
            let quarantined = versionIDs.filter { $0 < currentID && refused.contains($0) }
            throw .nothingOlder(than: currentID, quarantined: quarantined.sorted())
        }
        return next
    }
}

/// Why there is no version to go back to.
public enum RollbackObstacle: Error, Sendable, Equatable, CustomStringConvertible {
    /// No version is current, so that there is none to leave.
    case nothingCurrent
    /// The dataset is to stay with this version.
    case pinned(String)
    /// The version asked for is current already.
    case current(String)
    /// The version asked for is not there.
    case absent(String)
    /// The version asked for is quarantined.
    case refused(Refusal)
    /// No good version is older; these older ones are there, and quarantined.
    case nothingOlder(than: String, quarantined: [String])

    /// One line for an operator.
    public var description: String {
        switch self {
        case .nothingCurrent: "no version is current, so there is none to roll back from"
        case .pinned(let id): "the dataset is pinned to version \(id); unpin it first"
        case .current(let id): "version \(id) is current already"
        case .absent(let id): "there is no version \(id)"
        case .refused(let refusal):
            "version \(refusal.versionID) is quarantined (\(refusal.kind.rawValue): \(refusal.reason))"
        case .nothingOlder(let id, let quarantined):
            quarantined.isEmpty
                ? "there is no version older than \(id)"
                : "there is no good version older than \(id); quarantined: \(quarantined.joined(separator: ", "))"
        }
    }
}

extension DataDirectory {
    /// What a rollback chooses from, as it is on the disk now.
    public func rollbackChoice() throws(DataDirectoryError) -> RollbackChoice {
        let currentID = try currentVersionID()
        // A current version that is damaged has no parent to tell of, and is all the more to be left.
        let parentID = currentID.flatMap { (try? manifest(of: $0))?.manifest.parent }
        return RollbackChoice(
            currentID: currentID, parentID: parentID, versionIDs: try versionIDs(), refusals: try refusals(),
            pinnedID: try pin()?.versionID)
    }

    /// Leaves the current version for another, and never to take it up again by itself.
    ///
    /// The order is what survives a process that dies halfway: a version that is quarantined and still current is
    /// left by whoever looks next, while one that was left without a record would be taken up again. `refusal` is of
    /// the version that is left.
    public func rollBack(to id: String, _ refusal: Refusal) throws(DataDirectoryError) {
        guard try has(id) else { throw DataDirectoryError(.absent, "\(path) has no version \(id)") }
        try quarantine(refusal)
        try setCurrent(id)
    }
}
