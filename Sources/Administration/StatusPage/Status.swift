internal import Commands
internal import Versions

/// All that the page and its JSON are made of, at one moment; a plain value.
struct Status: Sendable {
    /// Since 1970.
    var unixMilliseconds: Int
    var facts: ServerFacts
    /// The last minutes, the oldest first.
    var samples: [StatusSample]
    /// By database number.
    var datasets: [Dataset]

    struct Dataset: Sendable {
        var database: Int
        var facts: DatasetFacts
        var listing = KnownVersions.Listing()
        /// The oldest first.
        var history: [SwapHistory.Entry] = []
    }

    var unixSeconds: Int { unixMilliseconds / 1_000 }
}
