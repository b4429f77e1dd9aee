internal import Commands
internal import Exposition
internal import Server
internal import ServerMetrics

/// What loops and readers have counted, as metrics.
struct ServerFamilies {
    private let measured: ServerMeasurements
    private let successes: SuccessCounts
    private var facts: ServerFacts { measured.facts }

    init(_ measured: ServerMeasurements, _ successes: SuccessCounts) {
        self.measured = measured
        self.successes = successes
    }

    var all: [MetricFamily] { [build] + commands + phases + lookups + traffic + connections + readers + memory }

    private var build: MetricFamily {
        MetricFamily(
            "almanac_build_info", .info, help: "The version of the program.",
            samples: [.init(.count(1), [.init("version", facts.version)])])
    }

    private var commands: [MetricFamily] {
        let outcomes = facts.commandStatistics.flatMap { command in
            let carriedOut = successes.count(
                of: command.name, calls: command.calls, failedCalls: command.failedCalls)
            return [("ok", carriedOut), ("failed", command.failedCalls), ("rejected", command.rejectedCalls)].map {
                MetricFamily.Sample(.count($1), [.init("command", command.name), .init("outcome", $0)])
            }
        }
        let durations = facts.commandStatistics.filter { $0.times.total > 0 }.map { command in
            MetricFamily.Sample(
                .histogram(command.times, bounds: BucketBounds.requests), [.init("command", command.name)])
        }
        return [
            MetricFamily(
                "almanac_commands_total", .counter,
                help: "Requests by command: ok, failed with an error reply, or rejected before they were carried out.",
                samples: outcomes),
            .counter(
                "almanac_requests_total", "Requests of any kind, unknown commands too.", facts.commandsProcessed),
            MetricFamily(
                "almanac_command_duration_seconds", .histogram,
                help: "Time of calls: a share of their batch, or from hand-over to a reader to the reply.",
                samples: durations),
            .counter(
                "almanac_error_replies_total", "Error replies by their code.", by: "code",
                facts.errorStatistics.map { ($0.code, $0.count) }),
        ]
    }

    private var phases: [MetricFamily] {
        [
            MetricFamily(
                "almanac_phase_duration_seconds", .histogram,
                help: "Where time goes: receive, look-up, write of batches on loops; queue, disk, work of readers.",
                samples: measured.phases.map { phase, times in
                    .init(.histogram(times, bounds: BucketBounds.requests), [.init("phase", phase.rawValue)])
                })
        ]
    }

    private var lookups: [MetricFamily] {
        [
            .counter(
                "almanac_lookups_total", "Keys looked up and answered, by outcome.", by: "outcome",
                [("hit", facts.keyspaceHits), ("miss", facts.keyspaceMisses), ("damaged", facts.damagedLookups)]),
            .counter(
                "almanac_cold_lookups_total", "Keys that were not in memory, and went to a reader.", facts.coldLookups),
        ]
    }

    private var traffic: [MetricFamily] {
        [
            .counter("almanac_received_bytes_total", "Bytes received from clients.", facts.bytesReceived),
            .counter("almanac_sent_bytes_total", "Bytes sent to clients.", facts.bytesSent),
            .counter("almanac_socket_reads_total", "Receives that found something.", facts.reads),
            .counter("almanac_socket_writes_total", "Sends that took something.", facts.writes),
        ]
    }

    private var connections: [MetricFamily] {
        [
            .gauge("almanac_connections", "Connections that are open.", facts.connectedClients),
            .gauge("almanac_connections_max", "Connections that may be open.", facts.maxClients),
            .counter(
                "almanac_connections_accepted_total", "Connections that came, those over the limit too.",
                facts.connectionsReceived),
            .gauge("almanac_subscribed_connections", "Connections with subscriptions.", facts.subscribedClients),
            .gauge("almanac_tracking_connections", "Connections with client-side caching.", facts.trackingClients),
            .gauge(
                "almanac_connection_buffer_bytes", "Requests, replies and TLS sessions that connections hold.",
                measured.heldBytes),
            .counter(
                "almanac_limit_hits_total", "How often a limit made the server close a connection or let it wait.",
                by: "limit", measured.limitHits.map { ($0.limit.rawValue, $0.count) }),
            .counter(
                "almanac_acl_denied_total", "Refusals to users by what was at fault; auth: a name or a password.",
                by: "reason", measured.denials.map { ($0.reason.name.description, $0.count) }),
        ]
    }

    private var readers: [MetricFamily] {
        [
            .gauge("almanac_loops", "Threads that serve connections.", facts.loopCount),
            .gauge("almanac_readers", "Threads that may wait for the disk.", facts.readerCount),
            .gauge("almanac_busy_readers", "Readers that have a job in hand.", measured.busyReaderCount),
            .gauge("almanac_reader_queue_jobs", "Jobs that wait for a reader.", measured.waitingJobCount),
        ]
    }

    private var memory: [MetricFamily] {
        [
            .gauge("almanac_heap_bytes", "Memory in use on the heap.", facts.usedMemoryBytes),
            .gauge("almanac_heap_mapped_bytes", "Memory that the heap has from the kernel.", facts.heapMappedBytes),
        ]
    }
}
