/// Settings that were understood, and where each was given.
public struct ResolvedSettings: Sendable {
    public let settings: ServerSettings
    private let sources: [String: SettingSource]

    init(settings: ServerSettings, sources: [String: SettingSource]) {
        self.settings = settings
        self.sources = sources
    }

    /// Where the setting `key` was given.
    public func source(of key: String) -> SettingSource { sources[key] ?? .builtIn }

    /// A settings file that says the same, with the source of each setting behind it.
    public func yaml() -> String {
        Setting.all.map { setting in
            let source = source(of: setting.key)
            switch setting.kind {
            case .addresses:
                let addresses = setting.write(settings)?.split(separator: " ").map(String.init)
                return list(setting.key, addresses ?? [], source)
            case .datasets:
                return list(setting.key, settings.datasets.map { "\($0.name)=\($0.path)" }, source)
            case .columnFamilies:
                let families = settings.datasets.compactMap { dataset in
                    dataset.columnFamily.map { "\(dataset.name)=\($0)" }
                }
                // Those that stand beside a dataset in the file come from where the datasets do.
                let origin = source == .builtIn ? self.source(of: "datasets") : source
                return families.isEmpty ? "# \(setting.key): default\n" : list(setting.key, families, origin)
            default:
                guard let text = setting.shown(of: settings) else {
                    return "# \(setting.key): \(setting.defaultText ?? "not set")\n"
                }
                // What reads this back is to ask for the secret, not to take its place holder for one.
                guard !setting.isSecret else { return line("# \(setting.key): \(text)", source) }
                return line("\(setting.key): \(scalar(text))", source)
            }
        }.joined()
    }

    private func line(_ text: String, _ source: SettingSource) -> String {
        let padding = String(repeating: " ", count: max(40 - text.count, 1))
        return "\(text)\(padding)# \(source)\n"
    }

    private func list(_ key: String, _ items: [String], _ source: SettingSource) -> String {
        guard !items.isEmpty else { return line("\(key): []", source) }
        return line("\(key):", source) + items.map { "  - \(scalar($0))\n" }.joined()
    }

    /// Plain where no reader of YAML could take it for anything else, else in double quotes.
    private func scalar(_ text: String) -> String {
        func isPlain(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "="):
                true
            default: false
            }
        }
        guard let first = text.utf8.first, isPlain(first), first != UInt8(ascii: "="),
            text.utf8.allSatisfy({ isPlain($0) || $0 == UInt8(ascii: "-") })
        else {
            let escaped = text.unicodeScalars.map { scalar in
                switch scalar {
                case "\"", "\\": "\\\(scalar)"
                case _ where scalar.properties.generalCategory == .control:
                    "\\U" + String(repeating: "0", count: 8 - String(scalar.value, radix: 16).count)
                        + String(scalar.value, radix: 16)
                default: String(scalar)
                }
            }
            return "\"\(escaped.joined())\""
        }
        return text
    }
}
