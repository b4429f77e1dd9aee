/// What the server notes of itself for those who look into it, each under Redis's own name.
extension Setting {
    static let monitoring: [Setting] = [
        noted(
            "slowlog-log-slower-than", \.slowLogMicroseconds, in: -1...86_400_000_000,
            "Note requests in SLOWLOG that take this many microseconds; -1: none."),
        noted("slowlog-max-len", \.slowLogCountMax, in: 0...100_000, "Requests that SLOWLOG keeps."),
        noted(
            "latency-monitor-threshold", \.latencyThresholdMilliseconds, in: 0...86_400_000,
            "Note events in LATENCY that take this many milliseconds; 0: none."),
        Setting(
            key: "enable-debug-command", section: .process, kind: .choice(DebugCommandPolicy.allCases.map(\.rawValue)),
            meaning: "Who may send DEBUG, which test suites need: clients on this machine only if local.",
            redisName: "enable-debug-command", canChangeAtRunTime: false, defaultNote: nil,
            read: { settings, text in
                guard let policy = DebugCommandPolicy(rawValue: text) else { return false }
                settings.debugCommand = policy
                return true
            },
            write: { $0.debugCommand.rawValue }, writeForRedis: { $0.debugCommand.rawValue }),
    ]

    /// A number that may be negative.
    private static func noted(
        _ key: String, _ field: Field<Int>, in range: ClosedRange<Int>, _ meaning: String
    ) -> Setting {
        Setting(
            key: key, section: .process, kind: .count(range, orAuto: false), meaning: meaning, redisName: key,
            canChangeAtRunTime: true, defaultNote: nil,
            read: { settings, text in
                let isNegative = text.hasPrefix("-")
                guard let magnitude: Int = SettingText.number(isNegative ? String(text.dropFirst()) : text) else {
                    return false
                }
                let number = isNegative ? -magnitude : magnitude
                guard range.contains(number) else { return false }
                settings[keyPath: field] = number
                return true
            },
            write: { "\($0[keyPath: field])" }, writeForRedis: { "\($0[keyPath: field])" })
    }
}
