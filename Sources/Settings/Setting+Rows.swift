extension Setting {
    typealias Field<Value> = any WritableKeyPath<ServerSettings, Value> & Sendable

    static func count<Value: FixedWidthInteger & SendableMetatype>(
        _ key: String, _ field: Field<Value>, in range: ClosedRange<Int>,
        auto defaultNote: String? = nil, section: Section, redisName: String? = nil, runTime: Bool = false,
        _ meaning: String
    ) -> Setting {
        Setting(
            key: key, section: section, kind: .count(range, orAuto: defaultNote != nil), meaning: meaning,
            redisName: redisName, canChangeAtRunTime: runTime, defaultNote: defaultNote,
            read: { settings, text in
                // Only fresh settings are read into, and their defaults are what auto stands for.
                if defaultNote != nil, text == "auto" { return true }
                guard let number: Int = SettingText.number(text), range.contains(number) else { return false }
                settings[keyPath: field] = Value(number)
                return true
            },
            write: { "\($0[keyPath: field])" }, writeForRedis: { "\($0[keyPath: field])" })
    }

    static func bytes(
        _ key: String, _ field: Field<Int>, in range: ClosedRange<Int>,
        auto defaultNote: String? = nil, section: Section, redisName: String? = nil, runTime: Bool = false,
        _ meaning: String
    ) -> Setting {
        Setting(
            key: key, section: section, kind: .bytes(range, orAuto: defaultNote != nil), meaning: meaning,
            redisName: redisName, canChangeAtRunTime: runTime, defaultNote: defaultNote,
            read: { settings, text in
                if defaultNote != nil, text == "auto" { return true }
                guard let bytes = SettingText.byteCount(text), range.contains(bytes) else { return false }
                settings[keyPath: field] = bytes
                return true
            },
            write: { SettingText.text(ofByteCount: $0[keyPath: field]) },
            writeForRedis: { "\($0[keyPath: field])" })
    }

    static func duration(
        _ key: String, _ field: Field<Duration>, in range: ClosedRange<Duration>,
        wholeSeconds: Bool = false, section: Section, redisName: String? = nil, runTime: Bool = false,
        _ meaning: String
    ) -> Setting {
        Setting(
            key: key, section: section, kind: .duration(range, wholeSeconds: wholeSeconds), meaning: meaning,
            redisName: redisName, canChangeAtRunTime: runTime, defaultNote: nil,
            read: { settings, text in
                guard let duration = SettingText.duration(text), range.contains(duration) else { return false }
                guard !wholeSeconds || duration.milliseconds.isMultiple(of: 1_000) else { return false }
                settings[keyPath: field] = duration
                return true
            },
            write: { SettingText.text(of: $0[keyPath: field]) },
            writeForRedis: { "\($0[keyPath: field].secondsRoundedUp)" })
    }

    static func ratio(
        _ key: String, _ field: Field<Double>, in range: ClosedRange<Double>, section: Section, runTime: Bool = false,
        _ meaning: String
    ) -> Setting {
        Setting(
            key: key, section: section, kind: .ratio(range), meaning: meaning, redisName: nil,
            canChangeAtRunTime: runTime, defaultNote: nil,
            read: { settings, text in
                guard let ratio = SettingText.ratio(text), range.contains(ratio) else { return false }
                settings[keyPath: field] = ratio
                return true
            },
            write: { SettingText.text(of: $0[keyPath: field]) },
            writeForRedis: { SettingText.text(of: $0[keyPath: field]) })
    }

    /// A row that is on or off, written as Redis writes it.
    static func flag(
        _ key: String, _ field: Field<Bool>, section: Section, redisName: String? = nil, runTime: Bool = false,
        _ meaning: String
    ) -> Setting {
        Setting(
            key: key, section: section, kind: .choice(["yes", "no"]), meaning: meaning, redisName: redisName,
            canChangeAtRunTime: runTime, defaultNote: nil,
            read: { settings, text in
                guard text == "yes" || text == "no" else { return false }
                settings[keyPath: field] = text == "yes"
                return true
            },
            write: { $0[keyPath: field] ? "yes" : "no" }, writeForRedis: { $0[keyPath: field] ? "yes" : "no" })
    }

    static func path(
        _ key: String, _ field: Field<String?>, utf8CountMax: Int = 4_095,
        none defaultNote: String? = nil, section: Section, redisName: String? = nil, runTime: Bool = false,
        _ meaning: String
    ) -> Setting {
        Setting(
            key: key, section: section, kind: .path(utf8CountMax: utf8CountMax), meaning: meaning,
            redisName: redisName, canChangeAtRunTime: runTime, defaultNote: defaultNote,
            read: { settings, text in
                guard isPath(text, utf8CountMax: utf8CountMax) else { return false }
                settings[keyPath: field] = text
                return true
            },
            write: { $0[keyPath: field] }, writeForRedis: { $0[keyPath: field] ?? "" })
    }

    /// A row whose value is a list, which ``SettingsInput`` reads as a whole.
    static func list(
        _ key: String, _ kind: Kind, default defaultNote: String? = nil, section: Section, redisName: String? = nil,
        _ meaning: String, write: @escaping @Sendable (ServerSettings) -> String?
    ) -> Setting {
        Setting(
            key: key, section: section, kind: kind, meaning: meaning, redisName: redisName, canChangeAtRunTime: false,
            defaultNote: defaultNote, read: { _, _ in false }, write: write, writeForRedis: { write($0) ?? "" })
    }

    /// Whether the kernel could take `text` as a path.
    static func isPath(_ text: String, utf8CountMax: Int = 4_095) -> Bool {
        (1...utf8CountMax).contains(text.utf8.count) && !text.utf8.contains(0)
    }
}
