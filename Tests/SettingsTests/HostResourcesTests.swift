import Foundation
import Testing

@testable import Settings

/// Reads a host whose files are `files`, by path.
private func host(_ files: [String: String]) throws -> HostResources {
    try withTemporaryDirectory { root in
        for (path, text) in files {
            let folder = root + path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: root + path))
        }
        return HostResources(readingUnder: root)
    }
}

private let machine = [
    "/proc/self/status": "Name:\tx\nCpus_allowed:\tf,000000ff\nCpus_allowed_list:\t0-7,32-35\n",
    "/proc/meminfo": "MemTotal:       16777216 kB\nMemFree:        1 kB\n",
]

@Suite("What the host lets us use")
struct HostResourcesTests {
    @Test("Without control groups it is the cores of the affinity mask and the machine's memory")
    func bare() throws {
        #expect(try host(machine) == HostResources(coreCount: 12, memoryBytes: 16 << 30))
        #expect(try host([:]) == HostResources(coreCount: 1, memoryBytes: 1 << 30))
    }

    static let groups: [([String: String], Int, Int)] = [
        (
            [
                "/proc/self/cgroup": "0::/pod/box\n", "/sys/fs/cgroup/pod/box/cpu.max": "max 100000\n",
                "/sys/fs/cgroup/pod/cpu.max": "150000 100000\n",
                "/sys/fs/cgroup/pod/box/memory.max": "1073741824\n",
                "/sys/fs/cgroup/pod/memory.max": "max\n",
            ], 2, 1 << 30
        ),
        // In a container the group's path is the host's, and its own limits are mounted as the root.
        (
            [
                "/proc/self/cgroup": "0::/unseen/path\n", "/sys/fs/cgroup/cpu.max": "50000 100000\n",
                "/sys/fs/cgroup/memory.max": "268435456\n",
            ], 1, 256 << 20
        ),
        // A pod's limit holds for what is below it, however deep; also where version 2 is mounted beside version 1.
        (
            [
                "/proc/self/cgroup": "1:memory:/\n0::/kubepods/pod7/server/worker\n",
                "/sys/fs/cgroup/unified/kubepods/pod7/server/worker/memory.max": "max\n",
                "/sys/fs/cgroup/unified/kubepods/pod7/server/memory.max": "2147483648\n",
                "/sys/fs/cgroup/unified/kubepods/pod7/memory.max": "1610612736\n",
                "/sys/fs/cgroup/unified/kubepods/memory.max": "max\n",
                "/sys/fs/cgroup/unified/kubepods/pod7/cpu.max": "250000 100000\n",
                "/sys/fs/cgroup/unified/kubepods/pod7/server/cpu.max": "max 100000\n",
            ], 3, 1536 << 20
        ),
        (
            [
                "/proc/self/cgroup": "2:cpu,cpuacct:/pod\n1:memory:/pod\n",
                "/sys/fs/cgroup/cpu/pod/cpu.cfs_quota_us": "300000\n",
                "/sys/fs/cgroup/cpu/pod/cpu.cfs_period_us": "100000\n",
                "/sys/fs/cgroup/memory/pod/memory.limit_in_bytes": "536870912\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            ], 3, 512 << 20
        ),
        (
            [
                "/proc/self/cgroup": "2:cpu:/\n1:memory:/\nrubbish\n::\n",
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "none\n",
            ], 12, 16 << 30
        ),
        (
            [
                "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "9900000 100000\n",
                "/sys/fs/cgroup/memory.max": "99999999999\n",
            ], 12, 16 << 30
        ),
    ]

    @Test(
        "The tightest limit of the own control group and those above counts, of either version",
        arguments: Self.groups)
    func controlGroups(_ files: [String: String], _ coreCount: Int, _ memoryBytes: Int) throws {
        let found = try host(machine.merging(files) { $1 })
        #expect(found == HostResources(coreCount: coreCount, memoryBytes: memoryBytes))
    }

    @Test("The machine at hand has at least one core and some memory, and defaults stay within their bounds")
    func current() {
        #expect(HostResources.current.coreCount >= 1)
        #expect(HostResources.current.memoryBytes >= 1 << 20)
        #expect(ServerSettings(host: HostResources(coreCount: 1_000, memoryBytes: 0)).loopCount == 256)
        #expect(ServerSettings(host: HostResources(coreCount: 1, memoryBytes: 0)).cacheBytes == 8 << 20)
    }
}
