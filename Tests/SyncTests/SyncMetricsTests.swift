import Datasets
import Exposition
import Foundation
import Logging
import Platform
import RemoteStorage
import Testing

@testable import Sync

/// A directory to publish in and a data directory beside it; both gone with the value.
private final class Place {
    let path: String
    let control = SyncControl()

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "sync-metrics-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path + "/source", withIntermediateDirectories: true)
    }

    deinit { try? FileSystem.removeTree(path) }

    /// Publishes a version of one file; `promised` is what its manifest says is in there.
    func publish(_ id: String, _ contents: String, promised: String? = nil, at seconds: Int64 = 1_000) throws {
        let bytes = Array((promised ?? contents).utf8)
        let manifest = Manifest(
            versionID: id, parent: nil, format: "packed", created: ManifestTime(unixSeconds: seconds),
            builder: .init(name: "test", version: "1"), keyCount: 0, minKey: nil, maxKey: nil, valueBytes: nil,
            duplicatesDropped: 0,
            files: [.init(path: "data", bytes: bytes.count, sha256: SHA256.digest(of: bytes.span))], canaries: [])
        let text = try manifest.encoded()
        let directory = "\(path)/source/versions/\(id)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try FileSystem.write(Array(contents.utf8), to: "\(directory)/data")
        try FileSystem.write(text, to: "\(directory)/manifest.json")
        let pointer = PublishedPointer(
            versionID: id, manifestSHA256: SHA256.digest(of: text.span),
            publishedAt: ManifestTime(unixSeconds: seconds))
        try FileSystem.write(pointer.encoded(), to: "\(path)/source/current.json")
    }

    /// One look by a synchronizer of its own, all of them counted together.
    @discardableResult
    func look() throws -> Synchronizer.Outcome {
        var options = SyncOptions()
        options.reserveBytes = 0
        let source = try RemoteStorage.open(path + "/source", environment: [:], cancellation: control.cancellation)
        let synchronizer = Synchronizer(
            directory: DataDirectory(path: path + "/data"), source: source, notice: .none, options: options,
            control: control, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try synchronizer.runOnce()
    }

    var data: DataDirectory { DataDirectory(path: path + "/data") }

    func families(wallSeconds: Int = 5_000) -> [MetricFamily] {
        SyncControl.families(
            control.metrics.counts, state: control.state, freeBytes: 7,
            monotonic: control.metrics.counts.startedAt + 60_000_000_000, wallSeconds: wallSeconds)
    }

    /// The sample of these labels' values.
    func value(_ name: String, _ labels: String...) -> MetricFamily.Value? {
        families().first { $0.name == name }?.samples.first { $0.labels.map(\.value) == labels }?.value
    }
}

@Suite("What a sidecar counts")
struct SyncMetricsTests {
    @Test("Versions that are adopted, found again, damaged and declined are told apart")
    func outcomes() throws {
        let place = try Place()
        try place.publish("v1", "one")
        #expect(try place.look() == .adopted("v1"))
        #expect(try place.look() == .settled("v1"))
        #expect(place.value("almanac_sync_bytes_total", "downloaded") == .count(3))
        #expect(place.value("almanac_sync_lag_seconds") == .count(0))
        try place.publish("v2", "two", promised: "owt", at: 4_000)
        for _ in 0..<2 { #expect(throws: SyncError.self) { try place.look() } }
        #expect(place.value("almanac_sync_failures_in_a_row") == .count(2))
        #expect(place.value("almanac_sync_lag_seconds") == .count(1_000))
        #expect(place.value("almanac_sync_version_info", "announced", "v2") == .count(1))
        #expect(place.value("almanac_sync_version_info", "current", "v1") == .count(1))
        try place.publish("v3", "three")
        try place.data.setPin(Pin(versionID: "v1", pinnedAt: ManifestTime(unixSeconds: 0)))
        for _ in 0..<2 { try place.look() }

        let polls = ["settled": 1, "adopted": 1, "declined": 2, "refused": 0, "failed": 2]
        for (outcome, count) in polls {
            #expect(place.value("almanac_sync_polls_total", outcome) == .count(count), "\(outcome)")
        }
        for (outcome, count) in ["adopted": 1, "declined": 1, "refused": 0, "unusable": 1] {
            #expect(place.value("almanac_sync_versions_total", outcome) == .count(count), "\(outcome)")
        }
        for (outcome, count) in ["completed": 1, "failed": 2, "cancelled": 0] {
            #expect(place.value("almanac_sync_downloads_total", outcome) == .count(count), "\(outcome)")
        }
        #expect(place.value("almanac_sync_failures_total", "bad_data") == .count(2))
        #expect(place.value("almanac_sync_failures_in_a_row") == .count(0))
        // Each look at the damaged version fetches it again.
        #expect(place.value("almanac_sync_retries_total", "corrupt") == .count(2))
        #expect(place.value("almanac_sync_bytes_total", "downloaded") == .count(3 + 4 * 3))
    }

    @Test("Bytes of files that are here already count as linked")
    func linked() throws {
        let place = try Place()
        try place.publish("v1", "the same")
        try place.look()
        try place.publish("v2", "the same")
        #expect(try place.look() == .adopted("v2"))
        #expect(place.value("almanac_sync_bytes_total", "linked") == .count(8))
        #expect(place.value("almanac_sync_bytes_total", "downloaded") == .count(8))
    }

    @Test("The age of the last success begins with the process, and ends at a success")
    func age() throws {
        let place = try Place()
        #expect(place.value("almanac_sync_last_success_age_seconds") == .number(60))
        #expect(throws: SyncError.self) { try place.look() }
        #expect(place.value("almanac_sync_last_success_age_seconds") == .number(60))
        #expect(place.value("almanac_sync_failures_total", "unreachable") == .count(1))
        #expect(place.value("almanac_sync_lag_seconds") == nil, "nothing has been announced")
        let start = place.control.metrics.counts.startedAt
        place.control.metrics.note { $0.succeededAt = start + 59_000_000_000 }
        #expect(place.value("almanac_sync_last_success_age_seconds") == .number(1))
    }

    @Test("A stop is no failure")
    func stop() throws {
        let place = try Place()
        try place.publish("v1", "one")
        place.control.stop()
        #expect(throws: SyncError.self) { try place.look() }
        #expect(place.value("almanac_sync_polls_total", "failed") == .count(0))
        #expect(place.value("almanac_sync_failures_in_a_row") == .count(0))
    }

    @Test("A lag is never negative, though the publisher's clock may be ahead")
    func clocks() throws {
        let place = try Place()
        try place.publish("v1", "one", promised: "eno", at: 9_000)
        #expect(throws: SyncError.self) { try place.look() }
        #expect(place.value("almanac_sync_lag_seconds") == .count(0))
    }

    @Test("Durations are counted up to each bound, and the longest in none but the sum")
    func histogram() throws {
        let place = try Place()
        place.control.metrics.note { counts in
            for seconds in [0.1, 0.2, 1e6] { counts.downloads.add(seconds) }
        }
        guard case .histogram(let buckets, let count, let sum)? = place.value("almanac_sync_download_duration_seconds")
        else {
            Issue.record("no histogram")
            return
        }
        #expect(buckets.map(\.bound) == DurationHistogram.bounds)
        #expect(buckets.map(\.cumulativeCount) == [1, 2, 2, 2, 2, 2, 2, 2, 2, 2])
        #expect(count == 3 && sum > 1e6)
    }

    @Test("Names are those of Prometheus, each once, with a sample where nothing has happened yet")
    func names() throws {
        let families = try Place().families()
        #expect(Set(families.map(\.name)).count == families.count)
        for family in families {
            #expect(family.name.hasPrefix("almanac_sync_") && !family.help.isEmpty)
            #expect((family.kind == .counter) == family.name.hasSuffix("_total"), "\(family.name)")
            #expect((family.kind == .info) == family.name.hasSuffix("_info"), "\(family.name)")
            #expect(!family.samples.isEmpty || family.kind == .info, "\(family.name)")
        }
        #expect(families.contains { $0.name == "almanac_sync_disk_free_bytes" })
    }
}
