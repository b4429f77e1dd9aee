public import Commands

/// What became of the versions that were lately to be served in one dataset, the oldest first.
///
/// A plain value with a limit: what is older than the last ``countMax`` ends is forgotten.
public struct SwapHistory: Sendable, Equatable {
    public private(set) var entries: [Entry] = []

    /// A few days of hourly versions; some ten KiB a dataset.
    public static let countMax = 100

    init() {}

    mutating func note(_ entry: Entry) {
        if entries.count == Self.countMax { entries.removeFirst() }
        entries.append(entry)
    }

    /// The end of one attempt to serve a version, or of the trust in one.
    public struct Entry: Sendable, Equatable {
        public var outcome: Outcome
        public var cause: Cause
        /// The version that was to be served.
        public var versionID: String
        /// The version that was being served before; it still is, unless there was a swap.
        public var previousID: String
        /// When it ended, since 1970.
        public var unixMilliseconds: Int
        /// From the trigger to the last loop.
        public var milliseconds: Int
        /// In the order in which they came, as far as it got; empty where nothing was opened.
        public var phases: [DatasetFacts.Phase] = []
        /// Of a version that came to be served.
        public var keyCount: Int?
        /// Of a refusal, in one word that does not change between releases: `guardrail`, `damaged`.
        public var kind: String?
        /// One line for an operator, where something went wrong; ``reasonBytesMax`` bytes at most.
        public var reason: String?

        /// Enough for the first of many damaged files.
        public static let reasonBytesMax = 1_000
    }

    public enum Outcome: String, Sendable {
        /// Every loop answers from the version.
        case swapped
        /// The version was found wanting, and is in quarantine.
        case refused
        /// The operating system was in the way; it may be tried again.
        case failed
        /// Something else was wanted before it came to an end.
        case calledOff = "called off"
        /// The version was being served when bytes of it were found to be wrong.
        case damaged
    }

    /// Why a version was looked at.
    public enum Cause: String, Sendable {
        case reload
        case rollback
        case pin
        /// Its files were hashed or brought into memory, behind the requests or because an operator asked.
        case verification
    }
}
