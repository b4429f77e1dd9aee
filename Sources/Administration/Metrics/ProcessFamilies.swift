internal import Exposition
internal import Platform
internal import Settings

/// What every exporter tells of its process, under the names that dashboards know.
enum ProcessFamilies {
    private static let startedAtUnixSeconds = ProcessStatistics.startUnixSeconds

    /// Asks the kernel now.
    static func now() -> [MetricFamily] {
        let process = ProcessStatistics()
        let descriptors = ProcessDescriptors()
        let cpuSeconds = Double(process.userCPUMicroseconds + process.systemCPUMicroseconds) / 1e6
        var families = [
            MetricFamily(
                "process_cpu_seconds_total", .counter, help: "CPU time, of user and system.",
                samples: [.init(.number(cpuSeconds))]),
            .gauge("process_resident_memory_bytes", "Resident memory, mapped files too.", process.residentBytes),
            .gauge("process_virtual_memory_bytes", "Address space.", process.virtualBytes),
            .gauge("process_open_fds", "Open file descriptors.", descriptors.openCount),
            .gauge("process_max_fds", "File descriptors that may be open.", descriptors.openMax),
            .gauge(
                "almanac_anonymous_memory_bytes", "Resident memory that the kernel cannot take back.",
                process.anonymousBytes),
            .gauge(
                "almanac_memory_limit_bytes", "Memory that there is: its control group's, or the machine's.",
                HostResources.current.memoryBytes),
        ]
        if let startedAtUnixSeconds {
            families.append(
                MetricFamily(
                    "process_start_time_seconds", .gauge, help: "When the process started, since 1970.",
                    samples: [.init(.number(startedAtUnixSeconds))]))
        }
        return families
    }
}
