internal import ArgumentParser
internal import Settings

/// The command line of `almanac serve`: one text for each row of the table of settings, which gives them types.
struct ServeOptions: ParsableArguments {
    @Argument(help: help("datasets"))
    var datasets: [String] = []

    @OptionGroup(title: "Datasets")
    var choice: DatasetOptions

    @OptionGroup(title: "Versions")
    var versions: VersionOptions

    @OptionGroup(title: "Network")
    var network: NetworkOptions

    @OptionGroup(title: "TLS")
    var tls: TLSOptions

    @OptionGroup(title: "Access")
    var access: AccessOptions

    @OptionGroup(title: "Administration")
    var administration: AdministrationOptions

    @OptionGroup(title: "Threads and memory")
    var resources: ResourceOptions

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    @OptionGroup(title: "Process and log")
    var process: ProcessOptions

    @Option(help: ArgumentHelp("YAML file of settings, named as the options are.", valueName: "path"))
    var config: String?

    @Flag(help: "Print the settings in effect, with where each comes from, and exit.")
    var printSettings = false

    /// What was given, by key.
    var flags: [String: [String]] {
        var flags = [
            "datasets": datasets, "column-family": choice.columnFamily, "bind": network.bind,
            "admin-bind": administration.adminBind,
        ].filter { !$1.isEmpty }
        let groups = [
            versions.values, network.values, tls.values, access.values, administration.values, resources.values,
            limits.values, process.values,
        ]
        for values in groups {
            for (key, value) in values { flags[key] = value.map { [$0] } ?? flags[key] }
        }
        return flags
    }

    struct DatasetOptions: ParsableArguments {
        @Option(help: help("column-family")) var columnFamily: [String] = []
    }

    struct VersionOptions: ParsableArguments {
        @Option(help: help("verify")) var verify: String?
        @Option(help: help("min-keys")) var minKeys: String?
        @Option(help: help("min-keys-ratio")) var minKeysRatio: String?
        @Option(help: help("max-keys-ratio")) var maxKeysRatio: String?
        @Option(help: help("trusted-keys")) var trustedKeys: String?
        @Option(help: help("require-signature")) var requireSignature: String?
        @Option(help: help("warm-keys")) var warmKeys: String?
        @Option(help: help("warm-rate")) var warmRate: String?
        @Option(help: help("warm-time")) var warmTime: String?
        @Option(help: help("rollback-window")) var rollbackWindow: String?
        @Option(help: help("version-use-max")) var versionUseMax: String?
        @Option(help: help("wait")) var wait: String?
        @Option(help: help("watch")) var watch: String?

        var values: [String: String?] {
            [
                "verify": verify, "min-keys": minKeys, "min-keys-ratio": minKeysRatio,
                "max-keys-ratio": maxKeysRatio, "trusted-keys": trustedKeys, "require-signature": requireSignature,
                "warm-keys": warmKeys, "warm-rate": warmRate, "warm-time": warmTime,
                "rollback-window": rollbackWindow, "version-use-max": versionUseMax, "wait": wait, "watch": watch,
            ]
        }
    }

    struct NetworkOptions: ParsableArguments {
        // An address that may be missing starts with a dash.
        @Option(parsing: .unconditionalSingleValue, help: help("bind")) var bind: [String] = []
        @Option(help: help("port")) var port: String?
        @Option(help: help("unix-socket")) var unixSocket: String?
        @Option(help: help("unix-socket-mode")) var unixSocketMode: String?
        @Option(help: help("listen-backlog")) var listenBacklog: String?
        @Option(help: help("tcp-keepalive")) var tcpKeepalive: String?
        @Option(help: help("idle-timeout")) var idleTimeout: String?

        var values: [String: String?] {
            [
                "port": port, "unix-socket": unixSocket, "unix-socket-mode": unixSocketMode,
                "listen-backlog": listenBacklog, "tcp-keepalive": tcpKeepalive, "idle-timeout": idleTimeout,
            ]
        }
    }

    struct ResourceOptions: ParsableArguments {
        @Option(help: help("loops")) var loops: String?
        @Option(help: help("readers")) var readers: String?
        @Option(help: help("read-queue-max")) var readQueueMax: String?
        @Option(help: help("residency")) var residency: String?
        @Option(help: help("resident-size")) var residentSize: String?
        @Option(help: help("verify-reads")) var verifyReads: String?
        @Option(help: help("cache-size")) var cacheSize: String?
        @Option(help: help("row-cache-size")) var rowCacheSize: String?
        @Option(help: help("open-threads")) var openThreads: String?

        var values: [String: String?] {
            [
                "loops": loops, "readers": readers, "read-queue-max": readQueueMax, "residency": residency,
                "resident-size": residentSize, "verify-reads": verifyReads, "cache-size": cacheSize,
                "row-cache-size": rowCacheSize, "open-threads": openThreads,
            ]
        }
    }

    struct LimitOptions: ParsableArguments {
        @Option(help: help("clients-max")) var clientsMax: String?
        @Option(help: help("query-buffer-max")) var queryBufferMax: String?
        @Option(help: help("output-buffer-max")) var outputBufferMax: String?
        @Option(help: help("output-buffer-soft-max")) var outputBufferSoftMax: String?
        @Option(help: help("output-buffer-soft-time")) var outputBufferSoftTime: String?
        @Option(help: help("pubsub-buffer-max")) var pubsubBufferMax: String?
        @Option(help: help("pubsub-buffer-soft-max")) var pubsubBufferSoftMax: String?
        @Option(help: help("pubsub-buffer-soft-time")) var pubsubBufferSoftTime: String?
        @Option(help: help("clients-memory-max")) var clientsMemoryMax: String?
        @Option(help: help("argument-size-max")) var argumentSizeMax: String?
        @Option(help: help("argument-count-max")) var argumentCountMax: String?
        @Option(help: help("inline-size-max")) var inlineSizeMax: String?
        @Option(help: help("max-keys-reply")) var maxKeysReply: String?

        var values: [String: String?] {
            [
                "clients-max": clientsMax, "query-buffer-max": queryBufferMax, "output-buffer-max": outputBufferMax,
                "output-buffer-soft-max": outputBufferSoftMax, "output-buffer-soft-time": outputBufferSoftTime,
                "pubsub-buffer-max": pubsubBufferMax, "pubsub-buffer-soft-max": pubsubBufferSoftMax,
                "pubsub-buffer-soft-time": pubsubBufferSoftTime, "clients-memory-max": clientsMemoryMax,
                "argument-size-max": argumentSizeMax, "argument-count-max": argumentCountMax,
                "inline-size-max": inlineSizeMax, "max-keys-reply": maxKeysReply,
            ]
        }
    }

    struct ProcessOptions: ParsableArguments {
        @Option(help: help("drain-timeout")) var drainTimeout: String?
        @Option(help: help("log-format")) var logFormat: String?
        @Option(help: help("log-level")) var logLevel: String?
        @Option(help: help("log-file")) var logFile: String?
        @Option(help: help("pid-file")) var pidFile: String?
        @Option(help: help("user")) var user: String?
        @Option(help: help("slowlog-log-slower-than")) var slowlogLogSlowerThan: String?
        @Option(help: help("slowlog-max-len")) var slowlogMaxLen: String?
        @Option(help: help("latency-monitor-threshold")) var latencyMonitorThreshold: String?
        @Option(help: help("enable-debug-command")) var enableDebugCommand: String?

        var values: [String: String?] {
            [
                "drain-timeout": drainTimeout, "log-format": logFormat, "log-level": logLevel, "log-file": logFile,
                "pid-file": pidFile, "user": user, "slowlog-log-slower-than": slowlogLogSlowerThan,
                "slowlog-max-len": slowlogMaxLen, "latency-monitor-threshold": latencyMonitorThreshold,
                "enable-debug-command": enableDebugCommand,
            ]
        }
    }
}

/// The help of an option of `almanac serve`, from its row of the table.
func help(_ key: String) -> ArgumentHelp {
    guard let setting = Setting.named(key) else { preconditionFailure("no setting \(key)") }
    return ArgumentHelp("\(setting.help)", valueName: setting.kind.valueName)
}
