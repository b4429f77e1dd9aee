import ServerMetrics

extension ServerFacts {
    typealias Field = (name: String, value: String)

    /// The lines of a section, in Redis's order and spelling where Redis has them.
    func fields(of section: InfoSection) -> [Field] {
        switch section {
        case .server: serverFields
        case .clients: clientFields
        case .memory: memoryFields
        case .persistence: persistenceFields
        case .stats: statisticsFields
        case .replication: replicationFields
        case .cpu: processorFields
        case .modules: []
        case .latencystats: commandStatistics.filter { $0.times.total > 0 }.map(Self.percentiles(of:))
        case .commandstats: commandStatistics.map(Self.field(of:))
        case .errorstats: errorStatistics.map { ("errorstat_\($0.code)", "count=\($0.count)") }
        case .cluster: [("cluster_enabled", "0")]
        case .keyspace: keyspaceFields
        case .almanac: ownFields
        case .dataset: datasetFields
        }
    }

    private var serverFields: [Field] {
        [
            ("redis_version", Self.redisVersion), ("redis_git_sha1", "00000000"), ("redis_git_dirty", "0"),
            ("redis_build_id", "0"), ("redis_mode", "standalone"), ("os", operatingSystem),
            ("arch_bits", "\(Int.bitWidth)"), ("monotonic_clock", "POSIX clock_gettime"),
            ("multiplexing_api", "epoll"), ("process_id", "\(processID)"), ("process_supervised", "no"),
            ("run_id", runID), ("tcp_port", "\(tcpPort)"), ("server_time_usec", "\(unixMicroseconds)"),
            ("uptime_in_seconds", "\(uptimeSeconds)"), ("uptime_in_days", "\(uptimeSeconds / 86_400)"),
            ("hz", "10"), ("configured_hz", "10"), ("lru_clock", "\(unixMicroseconds / 1_000_000 & 0xff_ffff)"),
            ("executable", executablePath), ("config_file", configurationPath),
            ("io_threads_active", loopCount > 1 ? "1" : "0"),
        ]
    }

    private var clientFields: [Field] {
        [
            ("connected_clients", "\(connectedClients)"), ("cluster_connections", "0"),
            ("maxclients", "\(maxClients)"), ("client_recent_max_input_buffer", "0"),
            ("client_recent_max_output_buffer", "0"), ("blocked_clients", "0"),
            ("tracking_clients", "\(trackingClients)"),
            ("clients_in_timeout_table", "0"),
            ("pubsub_clients", "\(subscribedClients)"), ("watching_clients", "0"), ("total_watched_keys", "0"),
            ("total_blocking_keys", "0"), ("total_blocking_keys_on_nokey", "0"),
        ]
    }

    private var memoryFields: [Field] {
        let peak = max(usedMemoryPeakBytes, usedMemoryBytes)
        let fragmentation = Self.fixed(residentMemoryBytes, over: usedMemoryBytes, places: 2)
        let overhead = memoryOverheadBytes
        let ofData = usedMemoryBytes - overhead
        let share = Self.fixed(ofData * 100, over: usedMemoryBytes - startupMemoryBytes, places: 2)
        let mapped = max(heapMappedBytes, usedMemoryBytes)
        return [
            ("used_memory", "\(usedMemoryBytes)"), ("used_memory_human", Self.human(usedMemoryBytes)),
            ("used_memory_rss", "\(residentMemoryBytes)"), ("used_memory_rss_human", Self.human(residentMemoryBytes)),
            ("used_memory_peak", "\(peak)"), ("used_memory_peak_human", Self.human(peak)),
            ("used_memory_peak_perc", Self.fixed(usedMemoryBytes * 100, over: peak, places: 2) + "%"),
            ("used_memory_overhead", "\(overhead)"), ("used_memory_startup", "\(startupMemoryBytes)"),
            ("used_memory_dataset", "\(ofData)"), ("used_memory_dataset_perc", "\(share)%"),
            ("allocator_allocated", "\(usedMemoryBytes)"), ("allocator_active", "\(mapped)"),
            ("allocator_resident", "\(mapped)"), ("allocator_muzzy", "0"),
            ("total_system_memory", "\(systemMemoryBytes)"),
            ("total_system_memory_human", Self.human(systemMemoryBytes)), ("used_memory_lua", "0"),
            ("used_memory_vm_eval", "0"), ("used_memory_lua_human", "0B"), ("used_memory_scripts_eval", "0"),
            ("number_of_cached_scripts", "0"), ("number_of_functions", "0"), ("number_of_libraries", "0"),
            ("used_memory_vm_functions", "0"), ("used_memory_vm_total", "0"), ("used_memory_vm_total_human", "0B"),
            ("used_memory_functions", "0"), ("used_memory_scripts", "0"), ("used_memory_scripts_human", "0B"),
            ("maxmemory", "0"), ("maxmemory_human", "0B"), ("maxmemory_policy", "noeviction"),
            ("allocator_frag_ratio", Self.fixed(mapped, over: usedMemoryBytes, places: 2)),
            ("allocator_frag_bytes", "\(mapped - usedMemoryBytes)"), ("allocator_rss_ratio", "1.00"),
            ("allocator_rss_bytes", "0"),
            ("rss_overhead_ratio", Self.fixed(residentMemoryBytes, over: mapped, places: 2)),
            ("rss_overhead_bytes", "\(residentMemoryBytes - mapped)"),
            ("mem_fragmentation_ratio", fragmentation),
            ("mem_fragmentation_bytes", "\(residentMemoryBytes - usedMemoryBytes)"),
            ("mem_not_counted_for_evict", "0"), ("mem_replication_backlog", "0"),
            ("mem_total_replication_buffers", "0"), ("mem_clients_slaves", "0"),
            ("mem_clients_normal", "\(clientBytes)"), ("mem_cluster_links", "0"), ("mem_aof_buffer", "0"),
            ("mem_allocator", "libc"),
            ("active_defrag_running", "0"), ("lazyfree_pending_objects", "0"),
            ("lazyfreed_objects", "0"),
        ]
    }

    private var persistenceFields: [Field] {
        [
            ("loading", "0"), ("async_loading", "0"), ("current_cow_peak", "0"), ("current_cow_size", "0"),
            ("current_cow_size_age", "0"), ("current_fork_perc", "0.00"), ("current_save_keys_processed", "0"),
            ("current_save_keys_total", "0"), ("rdb_changes_since_last_save", "0"),
            ("rdb_bgsave_in_progress", "0"), ("rdb_last_save_time", "\(lastSwapUnixSeconds)"),
            ("rdb_last_bgsave_status", "ok"), ("rdb_last_bgsave_time_sec", "-1"),
            ("rdb_current_bgsave_time_sec", "-1"), ("rdb_saves", "0"), ("rdb_last_cow_size", "0"),
            ("rdb_last_load_keys_expired", "0"),
            ("rdb_last_load_keys_loaded", "\(datasets.reduce(0) { $0 + $1.keyCount })"), ("aof_enabled", "0"),
            ("aof_rewrite_in_progress", "0"), ("aof_rewrite_scheduled", "0"), ("aof_last_rewrite_time_sec", "-1"),
            ("aof_current_rewrite_time_sec", "-1"), ("aof_last_bgrewrite_status", "ok"), ("aof_rewrites", "0"),
            ("aof_rewrites_consecutive_failures", "0"),
            ("aof_last_write_status", "ok"), ("aof_last_cow_size", "0"), ("module_fork_in_progress", "0"),
            ("module_fork_last_cow_size", "0"),
        ]
    }

    private var statisticsFields: [Field] {
        [
            ("total_connections_received", "\(connectionsReceived)"),
            ("total_commands_processed", "\(commandsProcessed)"),
            ("instantaneous_ops_per_sec", "\(commandsPerSecond)"), ("total_net_input_bytes", "\(bytesReceived)"),
            ("total_net_output_bytes", "\(bytesSent)"), ("total_net_repl_input_bytes", "0"),
            ("total_net_repl_output_bytes", "0"),
            ("instantaneous_input_kbps", Self.fixed(bytesReceivedPerSecond, over: 1_024, places: 2)),
            ("instantaneous_output_kbps", Self.fixed(bytesSentPerSecond, over: 1_024, places: 2)),
            ("instantaneous_input_repl_kbps", "0.00"), ("instantaneous_output_repl_kbps", "0.00"),
            ("rejected_connections", "\(connectionsRejected)"), ("sync_full", "0"), ("sync_partial_ok", "0"),
            ("sync_partial_err", "0"), ("expired_subkeys", "0"), ("expired_keys", "0"), ("expired_stale_perc", "0.00"),
            ("expired_time_cap_reached_count", "0"), ("expire_cycle_cpu_milliseconds", "0"), ("evicted_keys", "0"),
            ("evicted_clients", "\(clientsEvicted)"), ("evicted_scripts", "0"), ("total_eviction_exceeded_time", "0"),
            ("current_eviction_exceeded_time", "0"),
            ("keyspace_hits", "\(keyspaceHits)"), ("keyspace_misses", "\(keyspaceMisses)"),
            ("pubsub_channels", "\(channelCount)"), ("pubsub_patterns", "\(patternCount)"),
            ("pubsubshard_channels", "\(shardChannelCount)"), ("latest_fork_usec", "0"), ("total_forks", "0"),
            ("migrate_cached_sockets", "0"), ("slave_expires_tracked_keys", "0"), ("active_defrag_hits", "0"),
            ("active_defrag_misses", "0"), ("active_defrag_key_hits", "0"), ("active_defrag_key_misses", "0"),
            ("total_active_defrag_time", "0"), ("current_active_defrag_time", "0"),
            ("tracking_total_keys", "0"), ("tracking_total_items", "0"), ("tracking_total_prefixes", "0"),
            ("unexpected_error_replies", "0"), ("total_error_replies", "\(errorReplies)"),
            ("dump_payload_sanitizations", "0"), ("total_reads_processed", "\(reads)"),
            ("total_writes_processed", "\(writes)"), ("io_threaded_reads_processed", "\(loopCount > 1 ? reads : 0)"),
            ("io_threaded_writes_processed", "\(loopCount > 1 ? writes : 0)"), ("reply_buffer_shrinks", "0"),
            ("client_query_buffer_limit_disconnections", "\(queryBufferDisconnections)"),
            ("client_output_buffer_limit_disconnections", "\(outputBufferDisconnections)"),
            ("reply_buffer_expands", "0"), ("acl_access_denied_auth", "\(deniedLogins)"),
            ("acl_access_denied_cmd", "\(deniedCommands)"), ("acl_access_denied_key", "\(deniedKeys)"),
            ("acl_access_denied_channel", "\(deniedChannels)"),
        ]
    }

    private var replicationFields: [Field] {
        [
            ("role", "master"), ("connected_slaves", "0"), ("master_failover_state", "no-failover"),
            ("master_replid", runID), ("master_replid2", String(repeating: "0", count: 40)),
            ("master_repl_offset", "0"), ("second_repl_offset", "-1"), ("repl_backlog_active", "0"),
            ("repl_backlog_size", "0"), ("repl_backlog_first_byte_offset", "0"), ("repl_backlog_histlen", "0"),
        ]
    }

    private var processorFields: [Field] {
        [
            ("used_cpu_sys", Self.fixed(systemCPUMicroseconds, over: 1_000_000, places: 6)),
            ("used_cpu_user", Self.fixed(userCPUMicroseconds, over: 1_000_000, places: 6)),
            ("used_cpu_sys_children", "0.000000"), ("used_cpu_user_children", "0.000000"),
        ]
    }

    private var keyspaceFields: [Field] {
        // Redis lists no empty database.
        datasets.enumerated().filter { $0.element.keyCount > 0 }.map {
            ("db\($0.offset)", "keys=\($0.element.keyCount),expires=0,avg_ttl=0")
        }
    }

    private var ownFields: [Field] {
        [
            ("almanac_version", version), ("loops", "\(loopCount)"), ("readers", "\(readerCount)"),
            ("clients_waiting_for_readers", "\(waitingClients)"), ("cold_lookups", "\(coldLookups)"),
            ("damaged_lookups", "\(damagedLookups)"),
        ]
            + datasets.enumerated().map { number, dataset in
                (
                    "dataset\(number)",
                    "name=\(dataset.name),version=\(dataset.versionID),format=\(dataset.format),"
                        + "keys=\(dataset.keyCount),keys_exact=\(dataset.isKeyCountExact ? 1 : 0)"
                )
            }
    }

    private var datasetFields: [Field] {
        datasets.enumerated().flatMap { number, dataset in
            dataset.fields(number: number, unixSeconds: unixMicroseconds / 1_000_000)
        }
    }

    private static func field(of command: CommandStatistics) -> Field {
        let mean = fixed(command.microseconds, over: command.calls, places: 2)
        return (
            "cmdstat_\(command.name)",
            "calls=\(command.calls),usec=\(command.microseconds),usec_per_call=\(mean),"
                + "rejected_calls=\(command.rejectedCalls),failed_calls=\(command.failedCalls)"
        )
    }

    /// In microseconds; a time is up to 3 % longer than the true one, and never shorter.
    private static func percentiles(of command: CommandStatistics) -> Field {
        let shares = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)].map { name, share in
            "\(name)=\(fixed(command.times.percentile(share), over: 1_000, places: 3))"
        }
        return ("latency_percentiles_usec_\(command.name)", shares.joined(separator: ","))
    }

    /// What is on the heap besides the caches of the data.
    var memoryOverheadBytes: Int { min(startupMemoryBytes + clientBytes, usedMemoryBytes) }

    /// `dividend` / `divisor` with so many decimal places, rounded; 0 where the divisor is.
    static func fixed(_ dividend: Int, over divisor: Int, places: Int) -> String {
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        let isNegative = (dividend < 0) != (divisor < 0) && dividend != 0
        guard divisor != 0 else { return "0." + String(repeating: "0", count: places) }
        let (whole, rest) = dividend.magnitude.quotientAndRemainder(dividingBy: divisor.magnitude)
        let product = rest.multipliedFullWidth(by: UInt(scale))
        let (fraction, left) = divisor.magnitude.dividingFullWidth(product)
        let rounded = fraction + (left >= divisor.magnitude - left ? 1 : 0)
        let digits = String(rounded % UInt(scale))
        return (isNegative ? "-" : "") + "\(whole + rounded / UInt(scale))."
            + String(repeating: "0", count: places - digits.count) + digits
    }

    /// `bytes` as Redis shows them to people: `512B`, `1.50K`, `23.54G`.
    static func human(_ bytes: Int) -> String {
        if bytes < 1_024 { return "\(bytes)B" }
        var unit = 1_024
        for suffix in ["K", "M", "G", "T"] {
            if bytes / unit < 1_024 { return fixed(bytes, over: unit, places: 2) + suffix }
            unit *= 1_024
        }
        return fixed(bytes, over: unit, places: 2) + "P"
    }
}
