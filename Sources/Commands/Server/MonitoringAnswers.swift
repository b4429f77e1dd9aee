import Bytes
import RESP
import ServerMetrics

/// Replies about delays, and about memory.
extension ServerFacts {
    /// Writes `LATENCY HISTOGRAM`: for each command, how many of its calls took at most so many microseconds.
    ///
    /// - Parameters:
    ///   - names: Of commands, containers standing for their sub-commands; none for all commands.
    ///   - reply: Where to.
    func writeHistograms(_ names: [String], to reply: inout ReplyWriter) {
        let wanted = names.map { $0.lowercased() }
        let commands = commandStatistics.filter { command in
            guard command.times.total > 0 else { return false }
            let container = command.name.prefix { $0 != "|" }
            return wanted.isEmpty || wanted.contains(command.name) || wanted.contains(String(container))
        }
        reply.map(count: commands.count)
        for command in commands {
            reply.bulk(command.name)
            reply.map(count: 2)
            reply.bulk("calls" as StaticString)
            reply.integer(command.times.total)
            reply.bulk("histogram_usec" as StaticString)
            let steps = Self.steps(of: command.times)
            reply.map(count: steps.count)
            for (microseconds, count) in steps {
                reply.integer(microseconds)
                reply.integer(count)
            }
        }
    }

    /// Where the count grows, and to what.
    private static func steps(of times: LatencyHistogram) -> [(microseconds: Int, count: Int)] {
        // Powers of two, as in Redis; what took less than two microseconds is not told apart.
        let powers = (10..<Int.bitWidth - 1).map { 1 << $0 }
        let counts = zip(powers, times.cumulativeCounts(upTo: powers))
        var steps: [(microseconds: Int, count: Int)] = []
        for (nanoseconds, count) in counts where count > steps.last?.count ?? 0 {
            steps.append((nanoseconds / 1_000, count))
        }
        return steps
    }

    /// Writes `MEMORY STATS`: what Redis tells, as far as there is the like here.
    func writeMemory(to reply: inout ReplyWriter) {
        let peak = max(usedMemoryPeakBytes, usedMemoryBytes)
        let mapped = max(heapMappedBytes, usedMemoryBytes)
        let keys = datasets.reduce(0) { $0 + $1.keyCount }
        let data = usedMemoryBytes - memoryOverheadBytes
        let sinceStart = max(usedMemoryBytes - startupMemoryBytes, 1)
        let counts: [(StaticString, Int)] = [
            ("peak.allocated", peak), ("total.allocated", usedMemoryBytes), ("startup.allocated", startupMemoryBytes),
            ("replication.backlog", 0), ("clients.slaves", 0), ("clients.normal", clientBytes),
            ("cluster.links", 0), ("aof.buffer", 0), ("lua.caches", 0), ("functions.caches", 0),
            ("overhead.total", memoryOverheadBytes), ("keys.count", keys),
            ("keys.bytes-per-key", keys > 0 ? data / keys : 0), ("dataset.bytes", data),
        ]
        let shares: [(StaticString, Int, Int)] = [
            ("dataset.percentage", data * 100, sinceStart), ("peak.percentage", usedMemoryBytes * 100, max(peak, 1)),
        ]
        let allocator: [(StaticString, Int)] = [
            ("allocator.allocated", usedMemoryBytes), ("allocator.active", mapped), ("allocator.resident", mapped),
        ]
        let ratios: [(StaticString, Int, Int, StaticString)] = [
            ("allocator-fragmentation.ratio", mapped, usedMemoryBytes, "allocator-fragmentation.bytes"),
            ("allocator-rss.ratio", mapped, mapped, "allocator-rss.bytes"),
            ("rss-overhead.ratio", residentMemoryBytes, mapped, "rss-overhead.bytes"),
            ("fragmentation", residentMemoryBytes, usedMemoryBytes, "fragmentation.bytes"),
        ]
        reply.map(count: counts.count + shares.count + allocator.count + ratios.count * 2)
        for (name, value) in counts { Self.write(name, value, to: &reply) }
        for (name, dividend, divisor) in shares {
            reply.bulk(name)
            reply.double(Double(dividend) / Double(divisor))
        }
        for (name, value) in allocator { Self.write(name, value, to: &reply) }
        for (name, dividend, divisor, difference) in ratios {
            reply.bulk(name)
            reply.double(Double(dividend) / Double(max(divisor, 1)))
            Self.write(difference, dividend - divisor, to: &reply)
        }
    }

    private static func write(_ name: StaticString, _ value: Int, to reply: inout ReplyWriter) {
        reply.bulk(name)
        reply.integer(value)
    }

    /// What `MEMORY DOCTOR` says.
    var memoryDiagnosis: String {
        let resident = Self.human(residentMemoryBytes)
        let free = max(heapMappedBytes - usedMemoryBytes, 0)
        var advice: [String] = []
        if free > 64 << 20, free > usedMemoryBytes / 2 {
            advice.append("\(Self.human(free)) of the heap is free and still held: MEMORY PURGE gives it back.")
        }
        if clientBytes > 64 << 20, clientBytes > usedMemoryBytes / 4 {
            advice.append(
                "Connections buffer \(Self.human(clientBytes)): CLIENT LIST tells which of them do not read.")
        }
        if systemMemoryBytes > 0, residentMemoryBytes > systemMemoryBytes / 10 * 9 {
            advice.append("Nine tenths of the machine's memory are in use here: make the caches smaller.")
        }
        let findings = advice.isEmpty ? "There is nothing to worry about.\n" : advice.joined(separator: "\n") + "\n"
        return """
            \(Self.human(usedMemoryBytes)) are on the heap, \(resident) resident in all. Mapped data files count as \
            resident, and the kernel takes their pages back when it needs them.
            \(findings)
            """
    }

    /// What `MEMORY MALLOC-STATS` says.
    var allocatorText: String {
        """
        allocator: libc
        in use: \(usedMemoryBytes) bytes
        held, in use or not: \(heapMappedBytes) bytes
        resident with mapped files: \(residentMemoryBytes) bytes

        """
    }
}
