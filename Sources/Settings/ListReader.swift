/// Understands the settings that are lists: datasets, their column families, and addresses.
struct ListReader {
    /// What the strongest source says of each, by key.
    let sources: [String: GivenSetting]
    /// Whether there is nothing that a source says and that could not be read.
    let isComplete: Bool
    private(set) var problems: [SettingsError.Problem] = []

    static let datasetsMax = 1_024

    init(sources: [String: GivenSetting], isComplete: Bool) {
        self.sources = sources
        self.isComplete = isComplete
    }

    mutating func read(into settings: inout ServerSettings) {
        readAddresses("bind", into: &settings.bindAddresses, mayBeEmpty: settings.unixSocketPath != nil)
        readAddresses("admin-bind", into: &settings.admin.bindAddresses, mayBeEmpty: settings.admin.port == 0)
        readDatasets(into: &settings)
        readColumnFamilies(into: &settings)
    }

    private mutating func report(_ key: String, _ source: SettingSource, _ text: String) {
        guard let setting = Setting.named(key) else { return }
        problems.append(SettingsInput.problem(setting, source, text))
    }

    private mutating func readAddresses(_ key: String, into field: inout [String], mayBeEmpty: Bool) {
        guard let given = sources[key] else { return }
        var addresses: [String] = []
        for item in given.items {
            let bare = item.text.hasPrefix("-") ? item.text.dropFirst() : item.text[...]
            guard bare == "*" || InternetAddress.isVersion4(bare) || InternetAddress.isVersion6(bare) else {
                report(
                    key, item.source,
                    "\(SettingText.quoted(item.text)) is not among \(Setting.Kind.addresses.allowed)")
                continue
            }
            guard !addresses.contains(where: { $0 == bare || $0 == "-" + bare }) else {
                report(key, item.source, "\(SettingText.quoted(item.text)) is given twice")
                continue
            }
            addresses.append(item.text)
        }
        if addresses.isEmpty, given.items.isEmpty, isComplete, !mayBeEmpty {
            let alternative = key == "bind" ? "no unix-socket: give at least one of them" : "an admin-port without one"
            report(key, given.source, "no address and \(alternative)")
        }
        field = addresses
    }

    private mutating func readDatasets(into settings: inout ServerSettings) {
        let given = sources["datasets"]
        guard let given, !given.items.isEmpty else {
            guard isComplete else { return }
            let source = given?.source ?? .flag("[NAME=]PATH")
            return report("datasets", source, "no dataset is given: name the directory of at least one")
        }
        guard given.items.count <= Self.datasetsMax else {
            return report(
                "datasets", given.source, "\(given.items.count) datasets are more than \(Self.datasetsMax)")
        }
        for item in given.items {
            let dataset = item.dataset ?? DatasetPath(item.text)
            guard dataset.isValid else {
                report(
                    "datasets", item.source, "\(SettingText.quoted(item.text)) is not \(Setting.Kind.datasets.allowed)")
                continue
            }
            guard !settings.datasets.contains(where: { $0.name == dataset.name }) else {
                let text = "two datasets are named \(dataset.name): tell them apart with NAME=PATH"
                report("datasets", item.source, text)
                continue
            }
            if dataset.columnFamily == "" { report("datasets", item.source, "column-family must not be empty") }
            settings.datasets.append(dataset)
        }
    }

    private mutating func readColumnFamilies(into settings: inout ServerSettings) {
        guard let given = sources["column-family"] else { return }
        var forAll: String?
        var named: [String: String] = [:]
        for item in given.items {
            let parts = item.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let family = parts.last, !family.isEmpty, !item.text.utf8.contains(0) else {
                report("column-family", item.source, "\(SettingText.quoted(item.text)) names no column family")
                continue
            }
            guard parts.count == 2 else {
                if forAll != nil { report("column-family", item.source, "two are given without NAME=") }
                forAll = family
                continue
            }
            if !settings.datasets.contains(where: { $0.name == parts[0] }) {
                let names = settings.datasets.map(\.name).joined(separator: ", ")
                let text = "no dataset is named \(SettingText.quoted(parts[0])); there is \(names)"
                // Where the datasets themselves are wrong, their names are not known.
                if problems.isEmpty { report("column-family", item.source, text) }
            } else if named.updateValue(family, forKey: parts[0]) != nil {
                report("column-family", item.source, "dataset \(parts[0]) has two")
            }
        }
        for index in settings.datasets.indices {
            // A family spelled out beside a dataset in the file is weaker than a flag that names it.
            let dataset = settings.datasets[index]
            settings.datasets[index].columnFamily = named[dataset.name] ?? dataset.columnFamily ?? forAll
        }
    }
}

extension DatasetPath {
    /// Splits `[NAME=]PATH`, without judging the parts.
    ///
    /// What stands before an equals sign is a name unless it has a slash: `./a=b` is a path.
    fileprivate init(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, !parts[0].contains("/") {
            self.init(name: parts[0], path: parts[1])
        } else {
            self.init(name: Self.defaultName(ofPath: text), path: text)
        }
    }

    /// The last component of a path.
    static func defaultName(ofPath path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? ""
    }

    fileprivate var isValid: Bool {
        (1...64).contains(name.utf8.count) && name != "." && name != ".."
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
            && Setting.isPath(path)
    }
}
