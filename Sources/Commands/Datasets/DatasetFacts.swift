public import Storage

/// One dataset: the version of it that is being served, and what has become of others.
///
/// A plain value; what nobody knows stays empty or absent.
public struct DatasetFacts: Sendable, Equatable {
    public enum State: String, Sendable {
        case serving
        /// A version is being opened, checked, warmed or handed to the loops.
        case swapping
    }

    /// What was held against the manifest before the version was served.
    public enum Verification: String, Sendable {
        /// Nothing: there is no manifest, or the operator wants it so.
        case none
        case sizes
        /// Whoever brought the files has checked every byte of them.
        case sealed
        case full
        /// Bytes were found to be wrong after the version had come to be served.
        case damaged
    }

    /// A stage of a swap and how long it took.
    public struct Phase: Sendable, Equatable {
        /// One word in lower case, as in `open`, `check`, `warm`.
        public var name: String
        public var milliseconds: Int

        public init(name: String, milliseconds: Int) {
            self.name = name
            self.milliseconds = milliseconds
        }
    }

    /// A version that was not served, and why.
    public struct Refusal: Sendable, Equatable {
        public var versionID: String
        /// In words, for people; line ends in it are not shown.
        public var reason: String
        /// Since 1970.
        public var unixSeconds: Int

        public init(versionID: String, reason: String, unixSeconds: Int) {
            self.versionID = versionID
            self.reason = reason
            self.unixSeconds = unixSeconds
        }
    }

    /// A version that was replaced and is still open.
    public struct Retired: Sendable, Equatable {
        public var versionID: String
        /// Connections that have chosen to stay on it.
        public var userCount: Int

        public init(versionID: String, userCount: Int) {
            self.versionID = versionID
            self.userCount = userCount
        }
    }

    public var name: String
    /// What the operator said is to be served.
    public var path: String?
    public var versionID: String
    /// Since when the version is served, in seconds since 1970.
    public var servingSinceUnixSeconds: Int?
    public var format: String
    public var keyCount: Int
    public var isKeyCountExact: Bool
    /// When the version was built, in seconds since 1970.
    public var createdUnixSeconds: Int?
    /// Of all its files.
    public var byteCount: Int?
    public var verification = Verification.none
    public var isPinned = false
    /// The version that is opened and ready, and not yet served.
    public var stagedVersionID: String?
    /// The newest first.
    public var retired: [Retired] = []
    public var state = State.serving
    /// Since the server began.
    public var swapCount = 0
    /// When the last swap ended, in seconds since 1970.
    public var lastSwapUnixSeconds: Int?
    /// From the trigger to the last loop.
    public var lastSwapMilliseconds: Int?
    public var lastSwapPhases: [Phase] = []
    public var lastRefusal: Refusal?
    /// `nil` where the engine's caches decide what is in memory.
    public var residency: EngineResidency?

    public init(name: String, versionID: String, format: String, keyCount: Int, isKeyCountExact: Bool) {
        self.name = name
        self.versionID = versionID
        self.format = format
        self.keyCount = keyCount
        self.isKeyCountExact = isKeyCountExact
    }
}

extension DatasetFacts {
    /// The lines of `INFO dataset` about the dataset with this number: one value each, as exporters read them.
    ///
    /// Empty stands for none, and -1 for a number that is not known.
    func fields(number: Int, unixSeconds: Int) -> [ServerFacts.Field] {
        let age = createdUnixSeconds.map { max(unixSeconds - $0, 0) }
        var fields = [
            ("name", name), ("version", versionID), ("format", format), ("state", state.rawValue),
            ("age_seconds", "\(age ?? -1)"), ("keys", "\(keyCount)"), ("keys_exact", isKeyCountExact ? "1" : "0"),
            ("bytes", "\(byteCount ?? -1)"), ("verified", verification.rawValue), ("pinned", isPinned ? "1" : "0"),
            ("staged", stagedVersionID ?? ""), ("swaps", "\(swapCount)"),
            ("last_swap_time", "\(lastSwapUnixSeconds ?? -1)"), ("last_swap_ms", "\(lastSwapMilliseconds ?? -1)"),
        ]
        fields += lastSwapPhases.map { ("last_swap_\($0.name)_ms", "\($0.milliseconds)") }
        fields += [
            ("last_refusal_version", lastRefusal?.versionID ?? ""), ("last_refusal_reason", lastRefusal?.reason ?? ""),
            ("last_refusal_time", "\(lastRefusal?.unixSeconds ?? -1)"),
        ]
        if let residency {
            fields += [
                ("residency", residency.mode.rawValue), ("residency_wanted_bytes", "\(residency.wantedByteCount)"),
                ("residency_resident_bytes", "\(residency.residentByteCount)"),
                ("residency_complete", residency.isComplete ? "1" : "0"),
                ("residency_locked", residency.isLocked ? "1" : "0"),
                ("index_bytes", "\(residency.indexByteCount)"),
            ]
        }
        return fields.map { ("dataset\(number)_\($0.0)", Self.oneLine($0.1)) }
    }

    /// `text` without anything that could end a line.
    private static func oneLine(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars { line.unicodeScalars.append(scalar.value < 32 ? " " : scalar) }
        return line
    }
}
