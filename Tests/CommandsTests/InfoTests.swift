import RESP
import Testing

@testable import Commands

private func facts() -> ServerFacts {
    var facts = ServerFacts()
    facts.version = "0.1.0"
    facts.tcpPort = 6_379
    facts.connectedClients = 3
    facts.commandsProcessed = 12
    facts.userCPUMicroseconds = 1_500_007
    facts.usedMemoryBytes = 1_634_456
    facts.residentMemoryBytes = 6_553_600
    facts.datasets = [
        DatasetFacts(
            name: "words", versionID: "20261121T0300Z", format: "rocksdb", keyCount: 64_000, isKeyCountExact: true),
        DatasetFacts(name: "empty", versionID: "1", format: "rocksdb", keyCount: 0, isKeyCountExact: true),
        DatasetFacts(name: "bare", versionID: "-", format: "rocksdb", keyCount: 7, isKeyCountExact: false),
    ]
    return facts
}

private func titles(_ arguments: [String]) -> [String] {
    let text = withRequest(["INFO"] + arguments) { facts().info(InfoSection.requested(by: $0)) }
    return text.split(separator: "\r\n").filter { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) }
}

@Suite struct InfoTests {
    @Test("Sections come in one order, once, whatever is asked for and in whatever case")
    func sections() {
        let everyday = [
            "Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Modules", "Errorstats",
            "Cluster", "Keyspace", "Almanac", "Dataset",
        ]
        #expect(titles([]) == everyday)
        #expect(titles(["default"]) == everyday)
        #expect(titles(["all"]).count == everyday.count + 2)
        #expect(titles(["Everything"]) == titles(["ALL"]))
        #expect(titles(["keyspace", "SERVER", "server"]) == ["Server", "Keyspace"])
        #expect(titles(["nosuch"]).isEmpty)
        #expect(titles(["nosuch", "cpu"]) == ["CPU"])
        #expect(titles(["default", "commandstats"]).contains("Commandstats"))
    }

    @Test("An unknown section is an empty text, and sections are parted by an empty line")
    func shape() {
        #expect(facts().info([]).isEmpty)
        #expect(facts().info([.modules]) == "# Modules\r\n")
        #expect(
            facts().info([.cluster, .keyspace]) == """
                # Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\ndb0:keys=64000,expires=0,avg_ttl=0\r\n\
                db2:keys=7,expires=0,avg_ttl=0\r\n
                """)
        #expect(written { facts().writeInfo([], to: &$0) } == "$0\r\n\r\n")
        #expect(written(.resp3) { facts().writeInfo([], to: &$0) } == "=4\r\ntxt:\r\n")
    }

    @Test(
        "The fields that clients and dashboards read are there",
        arguments: [
            "redis_version:7.4.0", "redis_mode:standalone", "tcp_port:6379", "role:master", "loading:0",
            "connected_slaves:0", "master_repl_offset:0", "cluster_enabled:0", "connected_clients:3",
            "blocked_clients:0", "total_commands_processed:12", "aof_enabled:0", "rdb_changes_since_last_save:0",
            "used_memory:1634456", "used_memory_human:1.56M", "used_memory_rss:6553600", "mem_fragmentation_ratio:4.01",
            "used_cpu_user:1.500007", "used_cpu_sys:0.000000", "instantaneous_input_kbps:0.00", "keyspace_hits:0",
            "maxmemory_policy:noeviction", "expired_keys:0", "evicted_keys:0", "almanac_version:0.1.0",
            "dataset0:name=words,version=20261121T0300Z,format=rocksdb,keys=64000,keys_exact=1",
        ])
    func fields(line: String) {
        let lines = facts().info(InfoSection.defaults).split(separator: "\r\n").map(String.init)
        #expect(lines.contains(line))
    }

    @Test("No field's name comes twice, and every line is a title or a field")
    func wellFormed() {
        let lines = facts().info(Set(InfoSection.allCases)).split(separator: "\r\n").map(String.init)
        let names = lines.filter { !$0.hasPrefix("# ") }.map { $0.prefix { $0 != ":" } }
        #expect(Set(names).count == names.count)
        #expect(lines.allSatisfy { $0.hasPrefix("# ") || $0.contains(":") })
    }

    @Test("A dataset's lines tell of its version, its last swap and its last refusal, one value each")
    func datasets() {
        var facts = ServerFacts()
        facts.unixMicroseconds = 1_795_000_100_000_000
        var dataset = DatasetFacts(
            name: "words", versionID: "B", format: "packed", keyCount: 10, isKeyCountExact: true)
        dataset.createdUnixSeconds = 1_795_000_000
        dataset.byteCount = 1_234
        dataset.verification = .sealed
        dataset.isPinned = true
        dataset.stagedVersionID = "C"
        dataset.state = .swapping
        dataset.swapCount = 2
        dataset.lastSwapUnixSeconds = 1_795_000_050
        dataset.lastSwapMilliseconds = 120
        dataset.lastSwapPhases = [
            DatasetFacts.Phase(name: "open", milliseconds: 20), DatasetFacts.Phase(name: "warm", milliseconds: 100),
        ]
        dataset.lastRefusal = DatasetFacts.Refusal(
            versionID: "A", reason: "3 keys,\r\nwhere 10 are served", unixSeconds: 1_795_000_001)
        facts.datasets = [
            dataset, DatasetFacts(name: "x", versionID: "1", format: "", keyCount: 0, isKeyCountExact: false),
        ]
        let lines = facts.info([.dataset]).split(separator: "\r\n", omittingEmptySubsequences: true).map(String.init)
        #expect(
            Array(lines.prefix(20)) == ["# Dataset"]
                + [
                    "name:words", "version:B", "format:packed", "state:swapping", "age_seconds:100", "keys:10",
                    "keys_exact:1", "bytes:1234", "verified:sealed", "pinned:1", "staged:C", "swaps:2",
                    "last_swap_time:1795000050", "last_swap_ms:120", "last_swap_open_ms:20", "last_swap_warm_ms:100",
                    "last_refusal_version:A", "last_refusal_reason:3 keys,  where 10 are served",
                    "last_refusal_time:1795000001",
                ].map { "dataset0_\($0)" })
        #expect(lines.contains("dataset1_age_seconds:-1"))
        #expect(lines.contains("dataset1_staged:"))
    }

    @Test("Statistics of commands and errors are in Redis's form")
    func statistics() {
        var facts = ServerFacts()
        facts.commandStatistics = [
            ServerFacts.CommandStatistics(
                name: "client|id", calls: 3, microseconds: 19, rejectedCalls: 1, failedCalls: 0)
        ]
        facts.errorStatistics = [("ERR", 26)]
        #expect(
            facts.info([.commandstats, .errorstats]) == """
                # Commandstats\r\ncmdstat_client|id:calls=3,usec=19,usec_per_call=6.33,rejected_calls=1,failed_calls=0\r\n\
                \r\n# Errorstats\r\nerrorstat_ERR:count=26\r\n
                """)
    }

    @Test("Numbers are rounded to their places, and sizes shown to people as Redis shows them")
    func numbers() {
        let cases: [(Int, Int, Int, String)] = [
            (0, 0, 2, "0.00"), (1, 3, 2, "0.33"), (2, 3, 2, "0.67"), (199_999, 100_000, 2, "2.00"), (-1, 3, 2, "-0.33"),
            (5, 1, 6, "5.000000"), (Int.max, 1, 2, "9223372036854775807.00"), (7, 0, 2, "0.00"), (1, 8, 2, "0.13"),
        ]
        for (dividend, divisor, places, expected) in cases {
            #expect(ServerFacts.fixed(dividend, over: divisor, places: places) == expected)
        }
        for (bytes, expected) in [
            (0, "0B"), (1_023, "1023B"), (1_024, "1.00K"), (1_634_456, "1.56M"), (25_276_514_304, "23.54G"),
            (1 << 50, "1.00P"),
        ] {
            #expect(ServerFacts.human(bytes) == expected)
        }
    }
}
