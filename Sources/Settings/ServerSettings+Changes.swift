/// Why a running server does not change its settings.
public enum SettingRefusal: Error, Sendable, Equatable {
    /// Nothing is called so: the index of the change.
    case unknown(index: Int)
    /// The name, as the table has it, and what is wrong with its value or with changing it.
    case refused(name: String, reason: String)
}

extension ServerSettings {
    /// Changes settings of a running server, all or none, by their own keys or by Redis's names.
    ///
    /// Under a name of Redis a value is read as Redis would, and under a key as in a settings file. Names of Redis
    /// that stand for what this server never does take the value that they have, where Redis lets one set them at all.
    ///
    /// - Parameter changes: Names, of either case, and values.
    /// - Returns: The keys whose values are others now.
    /// - Throws: The first mistake, which leaves everything as it was; names are looked at before values, as in Redis.
    public mutating func change(
        _ changes: [(name: String, value: String)]
    ) throws(SettingRefusal) -> [String] {
        let constants = configurationPairs()
        var names: [String] = []
        for (index, change) in changes.enumerated() {
            let name = change.name.lowercased()
            if let setting = Self.setting(named: name) {
                guard setting.canChangeAtRunTime else {
                    throw .refused(name: name, reason: "can't set immutable config")
                }
            } else {
                guard let constant = constants.first(where: { $0.name == name }) else { throw .unknown(index: index) }
                if let reason = Self.refusalsOfRedis[name] { throw .refused(name: name, reason: reason) }
                guard constant.value == change.value else {
                    throw .refused(name: name, reason: "can't set immutable config")
                }
            }
            guard !names.contains(name) else { throw .refused(name: name, reason: "duplicate parameter") }
            names.append(name)
        }
        var changed = self
        for (name, change) in zip(names, changes) {
            guard let setting = Self.setting(named: name) else { continue }
            if let reason = setting.change(&changed, name: name, to: change.value) {
                throw .refused(name: name, reason: reason)
            }
        }
        let before = self
        self = changed
        return Setting.all.filter { $0.write(before) != $0.write(changed) }.map(\.key)
    }

    /// What Redis does not let anybody set while it runs, not even to the value that it has.
    private static let refusalsOfRedis = [
        "aclfile": "can't set immutable config",
        "cluster-enabled": "can't set immutable config",
        "daemonize": "can't set immutable config",
        "databases": "can't set immutable config",
        "dbfilename": "can't set protected config",
        "dir": "can't set protected config",
        "replicaof": "can't set immutable config",
        "slaveof": "can't set immutable config",
        "supervised": "can't set immutable config",
    ]

    private static func setting(named name: String) -> Setting? {
        Setting.all.first { $0.key == name || $0.redisName == name }
    }
}

extension Setting {
    /// Stores a value given under one of the row's names, or says in Redis's words why not and changes nothing.
    fileprivate func change(_ settings: inout ServerSettings, name: String, to text: String) -> String? {
        if name == redisName, let changeAsRedis { return changeAsRedis(&settings, text) }
        return read(&settings, text) ? nil : kind.refusal(of: text, isForRedis: name == redisName)
    }
}

extension Setting.Kind {
    /// What is wrong with a value, in Redis's words where it has some.
    fileprivate func refusal(of text: String, isForRedis: Bool) -> String {
        func between<Bound>(_ range: ClosedRange<Bound>) -> String {
            "argument must be between \(range.lowerBound) and \(range.upperBound) inclusive"
        }
        switch self {
        case .count(let range, _):
            return Int(text) == nil ? "argument couldn't be parsed into an integer" : between(range)
        case .bytes(let range, _):
            return SettingText.byteCount(text) == nil ? "argument must be a memory value" : between(range)
        case .memoryShare(let range):
            if text.hasSuffix("%"), (Int(text.dropLast()) ?? 0) > 100 {
                return "percentage argument must be less or equal to 100"
            }
            return MemoryShare(text) == nil ? "argument must be a memory or percent value" : between(range)
        case .duration(let range, _) where isForRedis:
            guard Int(text) != nil else { return "argument couldn't be parsed into an integer" }
            return between(range.lowerBound.secondsRoundedUp...range.upperBound.secondsRoundedUp)
        case .choice(["yes", "no"]): return "argument must be 'yes' or 'no'"
        case .choice(let names):
            return "argument(s) must be one of the following: " + names.joined(separator: ", ")
        default: return "argument must be \(allowed)"
        }
    }
}
