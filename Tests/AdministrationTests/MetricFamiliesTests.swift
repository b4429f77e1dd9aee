import Commands
import Exposition
import Server
import ServerMetrics
import Testing

@testable import Administration

@Suite("The families of metrics")
struct MetricFamiliesTests {
    private func facts() -> DatasetFacts {
        DatasetFacts(name: "users", versionID: "v2", format: "packed", keyCount: 7, isKeyCountExact: true)
    }

    private func text(_ families: [MetricFamily]) -> String {
        String(decoding: ExpositionWriter.text(of: families, as: .prometheus), as: UTF8.self)
    }

    @Test("What nobody knows of a dataset has no sample, and an age is never negative")
    func unknown() {
        let unknown = text(DatasetFamilies([facts()], [], unixSeconds: 5_000).all)
        #expect(unknown.contains("almanac_dataset_keys{dataset=\"users\"} 7\n"))
        for name in ["age_seconds", "created_timestamp", "bytes", "last_refusal", "resident"] {
            #expect(!unknown.contains("almanac_dataset_\(name)"))
        }
        var known = facts()
        known.createdUnixSeconds = 4_000
        let age = "almanac_dataset_age_seconds{dataset=\"users\"}"
        #expect(text(DatasetFamilies([known], [], unixSeconds: 5_000.5).all).contains("\(age) 1000.5\n"))
        #expect(text(DatasetFamilies([known], [], unixSeconds: 3_000).all).contains("\(age) 0\n"))
    }

    @Test("A call that failed is not counted as done, too")
    func outcomes() {
        var server = ServerFacts()
        var times = LatencyHistogram()
        times.add(9, each: 2_000)
        server.commandStatistics = [
            .init(name: "get", calls: 9, microseconds: 18, rejectedCalls: 2, failedCalls: 3, times: times)
        ]
        let measured = ServerMeasurements(
            facts: server, phases: [(.disk, times)], limitHits: [(.clients, 4)],
            denials: [(.key, 5), (.login, 6)], waitingJobCount: 1, busyReaderCount: 2, heldBytes: 3)
        let written = text(ServerFamilies(measured, SuccessCounts()).all)
        for line in [
            "almanac_commands_total{command=\"get\",outcome=\"ok\"} 6",
            "almanac_commands_total{command=\"get\",outcome=\"failed\"} 3",
            "almanac_commands_total{command=\"get\",outcome=\"rejected\"} 2",
            "almanac_command_duration_seconds_bucket{command=\"get\",le=\"1e-06\"} 0",
            "almanac_command_duration_seconds_bucket{command=\"get\",le=\"2.5e-06\"} 9",
            "almanac_command_duration_seconds_sum{command=\"get\"} 1.8e-05",
            "almanac_phase_duration_seconds_count{phase=\"disk\"} 9",
            "almanac_limit_hits_total{limit=\"clients-max\"} 4",
            "almanac_acl_denied_total{reason=\"key\"} 5",
            "almanac_acl_denied_total{reason=\"auth\"} 6",
        ] {
            #expect(written.contains(line + "\n"), "\(line)")
        }
    }

    @Test("A success that turns out to be a failure is not taken back")
    func failureThatComesLater() {
        let successes = SuccessCounts()
        #expect(successes.count(of: "dataset|reload", calls: 2, failedCalls: 0) == 2)
        #expect(successes.count(of: "dataset|reload", calls: 2, failedCalls: 1) == 2)
        #expect(successes.count(of: "get", calls: 1, failedCalls: 0) == 1)
        #expect(successes.count(of: "dataset|reload", calls: 4, failedCalls: 1) == 3)
    }

    @Test("Every name has the ending that its kind demands, and help of one line")
    func names() {
        var dataset = facts()
        dataset.createdUnixSeconds = 1
        let server = ServerMeasurements(
            facts: ServerFacts(), phases: [], limitHits: [], denials: [], waitingJobCount: 0, busyReaderCount: 0,
            heldBytes: 0)
        let families =
            ServerFamilies(server, SuccessCounts()).all + DatasetFamilies([dataset], [], unixSeconds: 2).all
            + ProcessFamilies.now()
        #expect(families.count > 40)
        for family in families {
            #expect(family.name.hasSuffix("_total") == (family.kind == .counter), "\(family.name)")
            #expect(family.name.hasSuffix("_info") == (family.kind == .info), "\(family.name)")
            #expect(family.help.hasSuffix(".") && !family.help.contains("\n"), "\(family.name)")
        }
        #expect(Set(families.map(\.name)).count == families.count)
    }
}
