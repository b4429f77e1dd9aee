/// Where settings come from: what the operator wrote, before any of it is understood.
///
/// Kept for as long as the server runs, so that SIGHUP can read the same sources again.
public struct SettingsInput: Sendable {
    /// Values from the command line by key; several for a list.
    public var flags: [String: [String]]
    /// The whole environment; only names that start with `ALMANAC_` matter.
    public var environment: [String: String]
    /// A YAML file from `--config`; `nil`: the one that `ALMANAC_CONFIG` names, if any.
    public var configurationPath: String?

    public static let configurationEnvironmentName = "ALMANAC_CONFIG"
    /// The variables with the password, or its file, of a server that other commands speak to: no settings of a server,
    /// which may be given the same environment.
    public static let clientEnvironmentNames = (
        password: "ALMANAC_SERVER_PASSWORD", passwordPath: "ALMANAC_SERVER_PASSWORD_FILE"
    )

    public init(flags: [String: [String]], environment: [String: String], configurationPath: String? = nil) {
        self.flags = flags
        self.environment = environment
        self.configurationPath = configurationPath
    }

    /// Understands every source, and lets flags win over the environment, that over the file, and that over defaults.
    ///
    /// Reads the settings file; checks values that lose to another source, too.
    ///
    /// - Throws: Every mistake of every source at once.
    public func resolve(host: HostResources = .current) throws(SettingsError) -> ResolvedSettings {
        var problems: [SettingsError.Problem] = []
        // The strongest source comes first.
        var given = givenByFlags()
        given += givenByEnvironment(&problems)
        var isFileUnderstood = true
        if let path = configurationPath ?? environment[Self.configurationEnvironmentName], !path.isEmpty {
            let file = SettingsFile(path: path)
            given += file.given
            problems += file.problems
            isFileUnderstood = file.problems.isEmpty
        }

        var settings = ServerSettings(host: host)
        var sources: [String: SettingSource] = [:]
        var lists: [String: GivenSetting] = [:]
        for value in given {
            guard let setting = Setting.named(value.key) else { continue }
            let isStrongest = sources[value.key] == nil
            if isStrongest { sources[value.key] = value.source }
            if setting.kind.isList {
                if isStrongest { lists[value.key] = value }
            } else {
                var scratch = settings
                let text = value.items.first?.text ?? ""
                guard setting.read(&scratch, text) else {
                    let shown = setting.isSecret ? "what is given" : SettingText.quoted(text)
                    problems.append(Self.problem(setting, value.source, "\(shown) is not \(setting.kind.allowed)"))
                    continue
                }
                if isStrongest { settings = scratch }
            }
        }
        var reader = ListReader(sources: lists, isComplete: isFileUnderstood)
        reader.read(into: &settings)
        problems += reader.problems
        guard problems.isEmpty else { throw SettingsError(problems: Self.inOrder(problems)) }
        return ResolvedSettings(settings: settings, sources: sources)
    }

    /// Flags first, then the environment, then the file from top to bottom.
    private static func inOrder(_ problems: [SettingsError.Problem]) -> [SettingsError.Problem] {
        func rank(_ problem: SettingsError.Problem) -> (Int, Int) {
            switch problem.source {
            case .flag, .builtIn: (0, 0)
            case .environment: (1, 0)
            case .file(_, let line): (2, line ?? 0)
            }
        }
        return problems.enumerated().sorted { left, right in
            let (leftRank, rightRank) = (rank(left.element), rank(right.element))
            return (leftRank.0, leftRank.1, left.offset) < (rightRank.0, rightRank.1, right.offset)
        }.map(\.element)
    }

    /// A flag's or a variable's name already says which setting is meant; a line of a file does not.
    static func problem(_ setting: Setting, _ source: SettingSource, _ text: String) -> SettingsError.Problem {
        guard case .file = source else { return .init(source: source, text: text) }
        return .init(source: source, text: "\(setting.key): \(text)")
    }

    private func givenByFlags() -> [GivenSetting] {
        Setting.all.compactMap { setting in
            guard let texts = flags[setting.key], let text = texts.last else { return nil }
            let source = SettingSource.flag(setting.kind == .datasets ? "[NAME=]PATH" : setting.flag)
            guard setting.kind == .datasets || setting.kind == .columnFamilies else {
                let whole = setting.kind.isList ? texts.joined(separator: ",") : text
                return GivenSetting(setting, text: whole, source: source)
            }
            // Each argument is one value, whatever commas it holds.
            let items = texts.map { GivenSetting.Item(source: source, text: $0) }
            return GivenSetting(key: setting.key, source: source, items: items, isList: true)
        }
    }

    private func givenByEnvironment(_ problems: inout [SettingsError.Problem]) -> [GivenSetting] {
        var given: [GivenSetting] = []
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) {
            guard name.hasPrefix(Setting.environmentPrefix), name != Self.configurationEnvironmentName,
                name != Self.clientEnvironmentNames.password, name != Self.clientEnvironmentNames.passwordPath
            else { continue }
            // Container tools pass on variables that were not set as empty ones.
            guard !text.isEmpty, !Self.isOfContainerPlatform(name, text) else { continue }
            if let setting = Setting.all.first(where: { $0.environmentName == name }) {
                given.append(GivenSetting(setting, text: text, source: .environment(name)))
            } else {
                let guess = Suggestion.key(for: String(name.dropFirst(Setting.environmentPrefix.count)))
                let suggestion = guess.flatMap(Setting.named).map { "; did you mean \($0.environmentName)?" } ?? ""
                problems.append(.init(source: .environment(name), text: "there is no such setting\(suggestion)"))
            }
        }
        return given
    }

    /// Whether a variable is one that Kubernetes and Docker set for a service whose name starts with `almanac`.
    ///
    /// They would otherwise keep the server from starting beside a service of its own name, as `ALMANAC_PORT` is
    /// then `tcp://10.0.0.1:6379`.
    private static func isOfContainerPlatform(_ name: String, _ text: String) -> Bool {
        if name.hasSuffix("_SERVICE_HOST") || name.hasSuffix("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
            return true
        }
        if name.hasSuffix("_PORT"), ["tcp://", "udp://", "sctp://"].contains(where: text.hasPrefix) { return true }
        // Such as ALMANAC_PORT_6379_TCP_ADDR.
        let words = name.split(separator: "_")
        return words.indices.contains { index in
            index + 2 < words.count && words[index] == "PORT" && Int(words[index + 1]) != nil
                && ["TCP", "UDP", "SCTP"].contains(words[index + 2])
        }
    }
}
