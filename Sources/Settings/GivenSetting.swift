/// What one source says about one setting, not yet understood.
struct GivenSetting {
    let key: String
    let source: SettingSource
    /// The values of a list, or the one value of anything else.
    let items: [Item]
    /// Whether the source wrote a list, even of one.
    let isList: Bool

    /// One value, and where exactly it stands.
    struct Item {
        let source: SettingSource
        let text: String
        /// A dataset whose parts were given one by one, which only a settings file can do.
        var dataset: DatasetPath?
    }

    init(key: String, source: SettingSource, items: [Item], isList: Bool) {
        self.key = key
        self.source = source
        self.items = items
        self.isList = isList
    }

    /// One value without a list's brackets; where the setting is a list, its parts between commas.
    init(_ setting: Setting, text: String, source: SettingSource) {
        let parts: [Substring] =
            switch setting.kind {
            case .addresses: text.split { $0 == "," || $0 == " " }
            case .datasets, .columnFamilies: text.split(separator: ",")
            default: [text[...]]
            }
        self.init(
            key: setting.key, source: source, items: parts.map { Item(source: source, text: String($0)) },
            isList: setting.kind.isList)
    }
}
