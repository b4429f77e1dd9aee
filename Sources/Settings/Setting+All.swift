extension Setting {
    /// Every setting of `almanac serve`, in the order of the help.
    public static let all = ordinary + process + tls + access + administration + monitoring

    private static let ordinary: [Setting] = [
        .list(
            "datasets", .datasets, section: .datasets,
            "What to serve, the first as database 0, the next as 1: a data directory, a version, or any RocksDB directory.",
            write: { settings in
                settings.datasets.isEmpty
                    ? nil : settings.datasets.map { "\($0.name)=\($0.path)" }.joined(separator: ",")
            }),
        .list(
            "column-family", .columnFamilies, default: "default", section: .datasets,
            "The column family to serve of the dataset NAME, or of every dataset not named so.",
            write: { settings in
                let chosen = settings.datasets.compactMap { dataset in
                    dataset.columnFamily.map { "\(dataset.name)=\($0)" }
                }
                return chosen.isEmpty ? nil : chosen.joined(separator: ",")
            }),

        verify,
        .count(
            "min-keys", \.keysMin, in: 0...1 << 40, section: .versions, runTime: true,
            "Refuse to swap to a version with fewer keys."),
        .ratio(
            "min-keys-ratio", \.keysRatioMin, in: 0...1, section: .versions, runTime: true,
            "Refuse to swap to a version with a smaller share of the keys being served."),
        .ratio(
            "max-keys-ratio", \.keysRatioMax, in: 0...1_000_000, section: .versions, runTime: true,
            "Refuse to swap to a version with more times the keys being served; 0: never."),
        .path(
            "trusted-keys", \.trustedKeysPath, section: .versions,
            "File of PEM public keys that versions may be signed with."),
        .flag(
            "require-signature", \.requiresSignature, section: .versions,
            "Refuse a version without the signature of a trusted key."),
        .count(
            "warm-keys", \.warmKeys, in: 0...16_777_216, section: .versions,
            "Keys lately asked for to warm a new version with; 0: none."),
        .count(
            "warm-rate", \.warmRate, in: 1...100_000_000, section: .versions, runTime: true,
            "Keys a second that warming may look up."),
        .duration(
            "warm-time", \.warmTime, in: .zero...(.seconds(3_600)), section: .versions, runTime: true,
            "How long warming may take."),
        .duration(
            "rollback-window", \.rollbackWindow, in: .zero...(.seconds(7 * 86_400)), section: .versions, runTime: true,
            "How long a replaced version stays open, to go back to it at once."),
        .duration(
            "version-use-max", \.versionUseMax, in: .zero...(.seconds(7 * 86_400)), section: .versions, runTime: true,
            "How long a connection may stay on a version (DATASET USE) that would be closed without it."),
        .flag(
            "wait", \.waitsForVersion, section: .versions,
            "Wait at the start for a version that has yet to come, rather than exit."),
        .flag(
            "watch", \.watchesCurrent, section: .versions,
            "Swap when a data directory's current changes, without being told."),

        .list(
            "bind", .addresses, section: .network, redisName: "bind", "Addresses to listen on.",
            write: { $0.bindAddresses.joined(separator: " ") }),
        .count(
            "port", \.port, in: 0...65_535, section: .network, redisName: "port",
            "TCP port to listen on; 0 lets the kernel choose one."),
        .path(
            "unix-socket", \.unixSocketPath, utf8CountMax: 107, section: .network, redisName: "unixsocket",
            "Unix socket to listen on as well."),
        Setting(
            key: "unix-socket-mode", section: .network, kind: .mode(0...0o777),
            meaning: "Permissions of the Unix socket.", redisName: "unixsocketperm", canChangeAtRunTime: false,
            defaultNote: nil,
            read: { settings, text in
                guard let mode = SettingText.mode(text), mode <= 0o777 else { return false }
                settings.unixSocketMode = mode
                return true
            },
            write: { "0" + String($0.unixSocketMode, radix: 8) },
            writeForRedis: { String($0.unixSocketMode, radix: 8) }),
        .count(
            "listen-backlog", \.listenBacklog, in: 1...65_535, section: .network, redisName: "tcp-backlog",
            "Connections that may wait to be accepted."),
        .duration(
            "tcp-keepalive", \.tcpKeepalive, in: .zero...(.seconds(32_767)), wholeSeconds: true, section: .network,
            redisName: "tcp-keepalive", runTime: true, "Probe a silent connection after this long; 0 never."),
        .duration(
            "idle-timeout", \.idleTimeout, in: .zero...(.seconds(365 * 86_400)), section: .network,
            redisName: "timeout", runTime: true, "Close a client that sends nothing for this long; 0 never."),

        .count(
            "loops", \.loopCount, in: 1...256, auto: "auto, the cores this process may use", section: .resources,
            redisName: "io-threads", "Threads that serve connections."),
        .count(
            "readers", \.readerCount, in: 1...1_024, section: .resources, "Threads that read the disk."),
        .count(
            "read-queue-max", \.readQueueMax, in: 1...1_048_576, section: .resources,
            "Batches that may wait for the disk before requests are held back."),
        residency,
        .bytes(
            "resident-size", \.residentBytesMax, in: 0...16 << 40,
            auto: "auto, four fifths of the memory this process may use", section: .resources,
            "Memory for the files of packed versions, all datasets together."),
        verifiedReads,
        .bytes(
            "cache-size", \.cacheBytes, in: 1 << 20...16 << 40,
            auto: "auto, a quarter of the memory this process may use", section: .resources,
            "Cache of blocks, shared by all datasets."),
        .bytes(
            "row-cache-size", \.rowCacheBytes, in: 0...16 << 40,
            auto: "auto, an eighth of the memory this process may use", section: .resources,
            "Caches of single rows in front of the blocks, divided among the loops; 0: none."),
        .count(
            "open-threads", \.openThreads, in: 1...256, section: .resources, "Threads that open a dataset's files."),

        .count(
            "clients-max", \.clientsMax, in: 1...1_000_000, section: .limits, redisName: "maxclients", runTime: true,
            "Connections at once; one more gets an error."),
        .bytes(
            "query-buffer-max", \.queryBufferBytesMax, in: 1 << 20...1 << 40, section: .limits,
            redisName: "client-query-buffer-limit", runTime: true,
            "Unanswered requests that one connection may pile up before it is closed."),
        outputBuffer,
        .bytes(
            "output-buffer-soft-max", \.outputBufferSoftBytesMax, in: OutputBufferClasses.softBytesRange,
            section: .limits, runTime: true, "As many unread for longer than a while close it, too; 0: never."),
        .duration(
            "output-buffer-soft-time", \.outputBufferSoftTime, in: .zero...(.seconds(3_600)), section: .limits,
            runTime: true, "How long that while is."),
        .bytes(
            "pubsub-buffer-max", \.pubsubBufferBytesMax, in: OutputBufferClasses.hardBytesRange, section: .limits,
            runTime: true, "Messages and replies that a subscriber may leave unread before it is closed."),
        .bytes(
            "pubsub-buffer-soft-max", \.pubsubBufferSoftBytesMax, in: OutputBufferClasses.softBytesRange,
            section: .limits, runTime: true, "As many unread for longer than a while close a subscriber, too; 0: never."
        ),
        .duration(
            "pubsub-buffer-soft-time", \.pubsubBufferSoftTime, in: .zero...(.seconds(3_600)), section: .limits,
            runTime: true, "How long that while is for a subscriber."),
        clientsMemory,
        .bytes(
            "argument-size-max", \.argumentBytesMax, in: 1 << 10...512 << 20, section: .limits,
            redisName: "proto-max-bulk-len", runTime: true, "Longest argument of a request."),
        .count(
            "argument-count-max", \.argumentCountMax, in: 16...1_048_576, section: .limits, runTime: true,
            "Most arguments of a request."),
        .bytes(
            "inline-size-max", \.inlineBytesMax, in: 1 << 10...1 << 20, section: .limits, runTime: true,
            "Longest request written as a plain line."),
        .count(
            "max-keys-reply", \.keysReplyMax, in: 0...1 << 40, section: .limits, runTime: true,
            "Most keys in a reply of KEYS; for more there is SCAN."),

        .duration(
            "drain-timeout", \.drainTimeout, in: .zero...(.seconds(3_600)), section: .process,
            redisName: "shutdown-timeout", runTime: true,
            "How long a stop waits for clients to take their replies."),
        Setting(
            key: "log-format", section: .process, kind: .choice(LogFormat.allCases.map(\.rawValue)),
            meaning: "How the log is written.", redisName: nil, canChangeAtRunTime: false, defaultNote: nil,
            read: { settings, text in
                guard let format = LogFormat(rawValue: text) else { return false }
                settings.logFormat = format
                return true
            },
            write: { $0.logFormat.rawValue }, writeForRedis: { $0.logFormat.rawValue }),
        logLevel,
        .path(
            "log-file", \.logFile, none: "standard error", section: .process, redisName: "logfile",
            "File to append the log to, opened anew on SIGHUP."),
        .path(
            "pid-file", \.pidFile, section: .process, redisName: "pidfile",
            "File that holds the process id while the server runs."),
    ]

    /// Shown and set under Redis's name together with the rows that follow it, as Redis has one for all.
    private static let outputBuffer: Setting = {
        let row = Setting.bytes(
            "output-buffer-max", \.outputBufferBytesMax, in: OutputBufferClasses.hardBytesRange, section: .limits,
            redisName: "client-output-buffer-limit", runTime: true,
            "Replies that one connection may leave unread before it is closed.")
        return Setting(
            key: row.key, section: row.section, kind: row.kind, meaning: row.meaning, redisName: row.redisName,
            canChangeAtRunTime: row.canChangeAtRunTime, defaultNote: nil, read: row.read, write: row.write,
            writeForRedis: OutputBufferClasses.text(of:),
            changeAsRedis: { settings, text in
                do throws(OutputBufferClasses.Failure) {
                    try OutputBufferClasses.read(text, into: &settings)
                    return nil
                } catch {
                    return error.text
                }
            })
    }()

    private static let clientsMemory: Setting = {
        let range = 0...1 << 40
        return Setting(
            key: "clients-memory-max", section: .limits, kind: .memoryShare(range),
            meaning:
                "Requests, replies and TLS sessions that all connections may hold before those that hold most are closed; "
                + "0: any.",
            redisName: "maxmemory-clients", canChangeAtRunTime: true, defaultNote: nil,
            read: { settings, text in
                guard let share = MemoryShare(text) else { return false }
                if case .bytes(let count) = share, !range.contains(count) { return false }
                settings.clientsMemoryMax = share
                return true
            },
            write: { $0.clientsMemoryMax.text },
            writeForRedis: { settings in
                if case .bytes(let count) = settings.clientsMemoryMax {
                    "\(count)"
                } else {
                    settings.clientsMemoryMax.text
                }
            })
    }()

    private static let verify = Setting(
        key: "verify", section: .versions, kind: .choice(VerificationPolicy.allCases.map(\.rawValue)),
        meaning: "Whose files to hash before a swap: of all versions, of those not sealed, or of none.",
        redisName: nil, canChangeAtRunTime: true, defaultNote: nil,
        read: { settings, text in
            guard let policy = VerificationPolicy(rawValue: text) else { return false }
            settings.verify = policy
            return true
        },
        write: { $0.verify.rawValue }, writeForRedis: { $0.verify.rawValue })

    private static let residency = Setting(
        key: "residency", section: .resources, kind: .choice(ResidencyPolicy.allCases.map(\.rawValue)),
        meaning: "Which packed versions to bring into memory: those that fit, all, or only the index of each.",
        redisName: nil, canChangeAtRunTime: false, defaultNote: nil,
        read: { settings, text in
            guard let policy = ResidencyPolicy(rawValue: text) else { return false }
            settings.residency = policy
            return true
        },
        write: { $0.residency.rawValue }, writeForRedis: { $0.residency.rawValue })

    private static let verifiedReads = Setting(
        key: "verify-reads", section: .resources, kind: .choice(VerifiedReads.allCases.map(\.rawValue)),
        meaning: "Which reads of packed versions verify checksums of records: none, those of the disk, or all.",
        redisName: nil, canChangeAtRunTime: false, defaultNote: nil,
        read: { settings, text in
            guard let reads = VerifiedReads(rawValue: text) else { return false }
            settings.verifiedReads = reads
            return true
        },
        write: { $0.verifiedReads.rawValue }, writeForRedis: { $0.verifiedReads.rawValue })

    private static let logLevel: Setting = {
        let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
        return Setting(
            key: "log-level", section: .process, kind: .choice(levels), meaning: "Least severe level to log.",
            redisName: "loglevel", canChangeAtRunTime: true, defaultNote: nil,
            read: { settings, text in
                guard levels.contains(text) else { return false }
                settings.logLevel = text
                return true
            },
            write: { $0.logLevel },
            writeForRedis: { settings in
                switch settings.logLevel {
                case "trace", "debug": "debug"
                case "info", "notice": "notice"
                default: "warning"
                }
            },
            changeAsRedis: { settings, text in
                let levels = ["debug": "debug", "verbose": "info", "notice": "info", "warning": "warning"]
                guard let level = levels[text.lowercased()] else {
                    return "argument(s) must be one of the following: debug, verbose, notice, warning"
                }
                settings.logLevel = level
                return nil
            })
    }()
}
