internal import Commands
internal import Datasets
internal import Exposition
internal import Storage
internal import Versions

/// What there is to tell of each dataset, as metrics.
struct DatasetFamilies {
    private let datasets: [DatasetFacts]
    private let swaps: [(name: String, counts: SwapCounts)]
    private let unixSeconds: Double

    /// - Parameters:
    ///   - datasets: By database number.
    ///   - swaps: By database number.
    ///   - unixSeconds: Now, since 1970.
    init(_ datasets: [DatasetFacts], _ swaps: [SwapCounts], unixSeconds: Double) {
        self.datasets = datasets
        self.swaps = zip(datasets.map(\.name), swaps).map { ($0, $1) }
        self.unixSeconds = unixSeconds
    }

    var all: [MetricFamily] { [served] + ages + sizes + residency + changes }

    private var served: MetricFamily {
        MetricFamily(
            "almanac_dataset_info", .info, help: "The version that each dataset is served from.",
            samples: datasets.map { dataset in
                .init(
                    .count(1),
                    [
                        .init("dataset", dataset.name), .init("version", dataset.versionID),
                        .init("format", dataset.format), .init("verified", dataset.verification.rawValue),
                    ])
            })
    }

    /// Without a manifest nobody knows when a version was made: there is no sample then, rather than a guess.
    private var ages: [MetricFamily] {
        [
            gauge(
                "almanac_dataset_created_timestamp_seconds",
                "When the version being served was made; absent where it has no manifest."
            ) { $0.createdUnixSeconds.map { .count($0) } },
            gauge(
                "almanac_dataset_age_seconds",
                "Time since the version being served was made; absent where it has no manifest."
            ) { [unixSeconds] in $0.createdUnixSeconds.map { .number(max(unixSeconds - Double($0), 0)) } },
            MetricFamily(
                "almanac_dataset_last_swap_timestamp_seconds", .gauge,
                help: "When the version being served began to be.",
                samples: swaps.map { .init(.count($0.counts.servingSinceUnixSeconds), [.init("dataset", $0.name)]) }),
            gauge(
                "almanac_dataset_last_refusal_timestamp_seconds", "When a version was last refused; absent for never."
            ) { $0.lastRefusal.map { .count($0.unixSeconds) } },
        ]
    }

    private var sizes: [MetricFamily] {
        [
            gauge("almanac_dataset_keys", "Keys of the version being served, some estimated.") { .count($0.keyCount) },
            gauge("almanac_dataset_bytes", "All files of the version being served.") {
                $0.byteCount.map { .count($0) }
            },
            gauge("almanac_dataset_pinned", "Whether the dataset stays with its version whatever is announced.") {
                .count($0.isPinned ? 1 : 0)
            },
            gauge("almanac_dataset_swapping", "Whether another version is being opened, checked or warmed.") {
                .count($0.state == .swapping ? 1 : 0)
            },
            gauge("almanac_dataset_damaged", "Whether bytes of the version being served were found to be wrong.") {
                .count($0.verification == .damaged ? 1 : 0)
            },
        ]
    }

    /// Of the formats whose engine decides what is in memory.
    private var residency: [MetricFamily] {
        [
            gauge("almanac_dataset_resident_bytes", "What is in memory of what is to be.") {
                $0.residency.map { .count($0.residentByteCount) }
            },
            gauge("almanac_dataset_wanted_resident_bytes", "What is to be in memory.") {
                $0.residency.map { .count($0.wantedByteCount) }
            },
            gauge("almanac_dataset_index_bytes", "The index alone.") { $0.residency.map { .count($0.indexByteCount) } },
        ]
    }

    private var changes: [MetricFamily] {
        [
            bySwap(
                "almanac_swaps_total", .counter,
                "Ends of wishes for another version: swapped, rolled back, refused for good, or failed for now."
            ) { counts in
                SwapCounts.Outcome.allCases.map {
                    ([.init("outcome", $0.rawValue)], .count(counts.outcomes[$0] ?? 0))
                }
            },
            bySwap("almanac_swap_duration_seconds", .histogram, "How long each step of a swap took.") { counts in
                counts.phases.map {
                    ([.init("phase", $0.name)], .histogram($0.times, bounds: BucketBounds.swaps))
                }
            },
            bySwap("almanac_refusals_total", .counter, "Versions put in quarantine, by what was wrong.") { counts in
                Refusal.Kind.allCases.map { ([.init("reason", $0.rawValue)], .count(counts.refusals[$0] ?? 0)) }
            },
        ]
    }

    private func gauge(
        _ name: String, _ help: String, _ value: (DatasetFacts) -> MetricFamily.Value?
    ) -> MetricFamily {
        MetricFamily(
            name, .gauge, help: help,
            samples: datasets.compactMap { dataset in
                value(dataset).map { .init($0, [.init("dataset", dataset.name)]) }
            })
    }

    private func bySwap(
        _ name: String, _ kind: MetricFamily.Kind, _ help: String,
        _ values: (SwapCounts) -> [([MetricFamily.Label], MetricFamily.Value)]
    ) -> MetricFamily {
        MetricFamily(
            name, kind, help: help,
            samples: swaps.flatMap { dataset in
                values(dataset.counts).map { .init($1, [.init("dataset", dataset.name)] + $0) }
            })
    }
}
