/// What the machine, and the control group this process is in, let it use.
public struct HostResources: Sendable, Equatable {
    /// CPU cores; at least 1.
    public let coreCount: Int
    /// Memory in bytes.
    public let memoryBytes: Int

    public init(coreCount: Int, memoryBytes: Int) {
        self.coreCount = coreCount
        self.memoryBytes = memoryBytes
    }

    /// What this process had when it first asked.
    public static let current = HostResources(readingUnder: "")

    /// Reads `/proc` and `/sys` below the directory `root`; an empty `root` is the machine itself.
    ///
    /// What cannot be read sets no limit; where nothing can be, one core and 1 GiB are assumed.
    init(readingUnder root: String) {
        let groups = ControlGroups(root: root)
        let affinity = Self.allowedCoreCount(status: Self.lines(of: root + "/proc/self/status"))
        coreCount = max(min(affinity ?? 1, groups.coreLimit ?? .max), 1)
        let physical = Self.physicalBytes(meminfo: Self.lines(of: root + "/proc/meminfo"))
        memoryBytes = min(physical ?? groups.memoryLimit ?? 1 << 30, groups.memoryLimit ?? .max)
    }

    /// How many bits are set in the affinity mask, such as `Cpus_allowed:	ffffffff,00000003`.
    private static func allowedCoreCount(status: [Substring]) -> Int? {
        guard let line = status.first(where: { $0.hasPrefix("Cpus_allowed:") }) else { return nil }
        let mask = line.drop { $0 != ":" }.dropFirst()
        let count = mask.compactMap { $0.hexDigitValue?.nonzeroBitCount }.reduce(0, +)
        return count > 0 ? count : nil
    }

    /// The number in such as `MemTotal:       24689548 kB`.
    private static func physicalBytes(meminfo: [Substring]) -> Int? {
        guard let line = meminfo.first(where: { $0.hasPrefix("MemTotal:") }),
            let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return kibibytes.multipliedReportingOverflow(by: 1024).partialValue
    }

    fileprivate static func lines(of path: String) -> [Substring] {
        // A file that is not there is the ordinary case: each kernel has some of these and lacks others.
        let bytes = (try? BoundedFile.bytes(ofFile: path, bytesMax: 64 << 10)) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}

/// The limits that the kernel's control groups, of version 1 or 2, set to this process.
private struct ControlGroups {
    /// Cores' worth of CPU time, rounded up.
    var coreLimit: Int?
    var memoryLimit: Int?

    /// Takes the tightest limit of the process's own groups and all above them.
    init(root: String) {
        for line in HostResources.lines(of: root + "/proc/self/cgroup") {
            // hierarchy-ID:controllers:path, where version 2 has no controllers.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let controllers = fields[1].split(separator: ",")
            for path in Self.selfAndAncestors(of: String(fields[2])) {
                if controllers.isEmpty {
                    for mount in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
                        let folder = root + mount + path
                        limitCores(HostResources.lines(of: folder + "/cpu.max").first?.split(separator: " "))
                        limitMemory(HostResources.lines(of: folder + "/memory.max").first)
                    }
                }
                if controllers.contains("cpu") {
                    let folder = root + "/sys/fs/cgroup/cpu" + path
                    let quota = HostResources.lines(of: folder + "/cpu.cfs_quota_us").first
                    let period = HostResources.lines(of: folder + "/cpu.cfs_period_us").first
                    limitCores([quota, period].compactMap(\.self))
                }
                if controllers.contains("memory") {
                    let folder = root + "/sys/fs/cgroup/memory" + path
                    limitMemory(HostResources.lines(of: folder + "/memory.limit_in_bytes").first)
                }
            }
        }
    }

    /// In a container the path is often the host's and not to be seen, while the container's own group is mounted
    /// as the root: so the way up ends at the root, which is spelled as nothing.
    private static func selfAndAncestors(of path: String) -> [String] {
        var components = path.split(separator: "/")
        var paths = [""]
        while !components.isEmpty {
            paths.append("/" + components.joined(separator: "/"))
            components.removeLast()
        }
        return paths
    }

    /// `fields`: microseconds of CPU time and of the period they are for; `max` or -1 are no limit.
    private mutating func limitCores(_ fields: [Substring]?) {
        guard let fields, fields.count == 2, let quota = Int(fields[0]), let period = Int(fields[1]),
            quota > 0, period > 0
        else { return }
        let cores = max((quota - 1) / period + 1, 1)
        coreLimit = min(coreLimit ?? .max, cores)
    }

    /// `text`: bytes; `max`, or a number close to 2^63 in version 1, are no limit.
    private mutating func limitMemory(_ text: Substring?) {
        guard let bytes = text.flatMap({ Int($0) }), bytes > 0, bytes < 1 << 60 else { return }
        memoryLimit = min(memoryLimit ?? .max, bytes)
    }
}
