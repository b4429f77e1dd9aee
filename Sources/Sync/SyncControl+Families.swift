internal import Datasets
public import Exposition
internal import Platform
internal import RemoteStorage

extension SyncControl {
    /// What the synchronizer has done and how things stand, for a scrape.
    ///
    /// Any thread may call; it looks at the data directory's file system, and so may wait for a disk.
    public func families() -> [MetricFamily] {
        let counts = metrics.counts
        let free = counts.diskPath.flatMap { path in
            // A file system that cannot be asked has no sample, which alerts can tell from an empty one.
            try? FileSystem.availableBytes(at: path)
        }
        return Self.families(
            counts, state: state, freeBytes: free, monotonic: Clock.monotonicNanoseconds(),
            wallSeconds: Clock.wallMicroseconds() / 1_000_000)
    }

    /// The same of given readings.
    ///
    /// - Parameters:
    ///   - counts: What has been counted.
    ///   - state: What is going on.
    ///   - freeBytes: Of the data directory's file system, to this user; `nil` where that is not known.
    ///   - monotonic: Now, in nanoseconds of the monotonic clock.
    ///   - wallSeconds: Now, in seconds since 1970.
    /// - Returns: Each family once.
    static func families(
        _ counts: SyncMetrics.Counts, state: SyncState, freeBytes: Int?, monotonic: UInt64, wallSeconds: Int
    ) -> [MetricFamily] {
        polls(counts, monotonic) + versions(counts, state, wallSeconds) + downloads(counts, state)
            + disk(freeBytes)
    }

    private static func polls(_ counts: SyncMetrics.Counts, _ monotonic: UInt64) -> [MetricFamily] {
        // Before the first success the age is that of the process: an alert on it fires without one, too.
        let age = Clock.nanoseconds(from: counts.succeededAt ?? counts.startedAt, to: monotonic)
        return [
            MetricFamily(
                "almanac_sync_polls_total", .counter, help: "Looks at the source, by how they ended.",
                samples: SyncMetrics.PollOutcome.allCases.map { outcome in
                    .init(.count(counts.pollsByOutcome[outcome] ?? 0), [.init("outcome", outcome.rawValue)])
                }),
            MetricFamily(
                "almanac_sync_failures_total", .counter, help: "Looks at the source that failed, by what went wrong.",
                samples: SyncError.Kind.counted.map { kind, name in
                    .init(.count(counts.failuresByKind[kind] ?? 0), [.init("kind", name)])
                }),
            MetricFamily(
                "almanac_sync_failures_in_a_row", .gauge, help: "Failed looks since the last one that succeeded.",
                samples: [.init(.count(counts.failuresInARow))]),
            MetricFamily(
                "almanac_sync_last_success_age_seconds", .gauge,
                help: "Time since the last look that succeeded, or since the start where none has.",
                samples: [.init(.number(Double(age) / 1e9))]),
        ]
    }

    private static func versions(
        _ counts: SyncMetrics.Counts, _ state: SyncState, _ wallSeconds: Int
    ) -> [MetricFamily] {
        var families = [
            MetricFamily(
                "almanac_sync_versions_total", .counter,
                help: "Versions announced by the source, by what came of them.",
                samples: SyncMetrics.VersionOutcome.allCases.map { outcome in
                    .init(.count(counts.versionsByOutcome[outcome] ?? 0), [.init("outcome", outcome.rawValue)])
                })
        ]
        if let announced = counts.announced {
            // The publisher's clock may be ahead of this one.
            let lag =
                announced.id == counts.settledID ? 0 : max(wallSeconds - Int(announced.publishedAt.unixSeconds), 0)
            families.append(
                MetricFamily(
                    "almanac_sync_lag_seconds", .gauge,
                    help: "Since when a version is published that is not adopted here; 0 where the newest one is.",
                    samples: [.init(.count(lag))]))
        }
        let named = [("announced", state.announced), ("current", state.current)]
        families.append(
            MetricFamily(
                "almanac_sync_version_info", .info,
                help: "The version that the source announces, and the one that current leads to.",
                samples: named.compactMap { role, id in
                    id.map { .init(.count(1), [.init("role", role), .init("version", $0)]) }
                }))
        families.append(
            MetricFamily(
                "almanac_sync_phase", .gauge, help: "What is being done: 1 for one phase, 0 for the others.",
                samples: SyncState.Phase.allCases.map { phase in
                    .init(.count(phase == state.phase ? 1 : 0), [.init("phase", phase.rawValue)])
                }))
        return families
    }

    private static func downloads(_ counts: SyncMetrics.Counts, _ state: SyncState) -> [MetricFamily] {
        var cumulative = 0
        let buckets = zip(DurationHistogram.bounds, counts.downloads.counts).map { bound, count in
            cumulative += count
            return MetricFamily.Bucket(bound: bound, cumulativeCount: cumulative)
        }
        let retries = counts.retries
        let causes = [
            ("corrupt", retries.corrupt), ("unauthorised", retries.unauthorised), ("unreachable", retries.unreachable),
        ]
        let origins = [
            ("downloaded", counts.bytesTransferred), ("linked", counts.bytesLinked), ("resumed", counts.bytesResumed),
        ]
        return [
            MetricFamily(
                "almanac_sync_downloads_total", .counter, help: "Downloads of versions, by how they ended.",
                samples: SyncMetrics.DownloadOutcome.allCases.map { outcome in
                    .init(.count(counts.downloadsByOutcome[outcome] ?? 0), [.init("outcome", outcome.rawValue)])
                }),
            MetricFamily(
                "almanac_sync_download_duration_seconds", .histogram,
                help: "Of downloads that were completed, checking included.",
                samples: [
                    .init(.histogram(buckets: buckets, count: counts.downloads.count, sum: counts.downloads.sum))
                ]),
            MetricFamily(
                "almanac_sync_bytes_total", .counter,
                help: "Bytes of versions: over the wire, linked from a version here, or kept of an earlier attempt.",
                samples: origins.map { origin, bytes in .init(.count(bytes), [.init("origin", origin)]) }),
            MetricFamily(
                "almanac_sync_download_done_bytes", .gauge,
                help: "What is in place of the download that is under way, or was last.",
                samples: [.init(.count(state.bytesDone))]),
            MetricFamily(
                "almanac_sync_download_size_bytes", .gauge,
                help: "All of the download that is under way, or was last.",
                samples: [.init(.count(state.bytesTotal))]),
            MetricFamily(
                "almanac_sync_retries_total", .counter, help: "Parts of downloads that were tried again, by the cause.",
                samples: causes.map { cause, count in .init(.count(count), [.init("cause", cause)]) }),
        ]
    }

    private static func disk(_ freeBytes: Int?) -> [MetricFamily] {
        guard let freeBytes else { return [] }
        return [
            MetricFamily(
                "almanac_sync_disk_free_bytes", .gauge, help: "Room on the data directory's file system.",
                samples: [.init(.count(freeBytes))])
        ]
    }
}

extension SyncError.Kind {
    /// Those that a look at the source can fail with, by their names in metrics.
    fileprivate static let counted: [(SyncError.Kind, String)] = [
        (.badData, "bad_data"), (.inputOutput, "input_output"), (.misconfigured, "misconfigured"),
        (.unreachable, "unreachable"),
    ]
}
