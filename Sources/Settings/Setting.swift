/// One row of the table of settings: what a setting is called everywhere, what it takes, and what it means.
///
/// Parsing, help, `CONFIG GET` and the printed settings all come from these rows.
public struct Setting: Sendable {
    /// The name in a settings file and, after `--`, on the command line, such as `idle-timeout`.
    public let key: String
    public let section: Section
    public let kind: Kind
    /// One sentence for the help.
    public let meaning: String
    /// Redis's own name for it, where Redis has the like.
    public let redisName: String?
    /// Whether SIGHUP and `CONFIG SET` may change it in a running server.
    public let canChangeAtRunTime: Bool
    /// What the help says where the default depends on the machine or is no value.
    let defaultNote: String?
    /// Stores a value of ``kind`` and returns true, or returns false and changes nothing.
    ///
    /// Rows that hold lists have it return false always; see ``SettingsInput``.
    let read: @Sendable (_ settings: inout ServerSettings, _ text: String) -> Bool
    /// The value as an operator would write it; `nil` where it is not set.
    let write: @Sendable (_ settings: ServerSettings) -> String?
    /// The value as Redis would show it.
    let writeForRedis: @Sendable (_ settings: ServerSettings) -> String
    /// Stores a value as Redis would read it, or returns in Redis's words why not; `nil` where ``read`` does as well.
    var changeAsRedis: (@Sendable (_ settings: inout ServerSettings, _ text: String) -> String?)?
    /// Whether its value is shown to nobody.
    var isSecret = false
    /// Whether SIGHUP takes its value over, though `CONFIG SET` may not change it.
    var isReadAgain = false
    /// Makes it one that is not given, in a running server; `nil` where that needs a restart.
    var remove: (@Sendable (_ settings: inout ServerSettings) -> Void)?

    /// Where the help lists a setting.
    public enum Section: Sendable, CaseIterable {
        case datasets, versions, network, tls, access, administration, resources, limits, process
    }

    public enum Kind: Sendable, Equatable {
        case count(ClosedRange<Int>, orAuto: Bool)
        case bytes(ClosedRange<Int>, orAuto: Bool)
        /// A size, or a share of the memory that this process may use.
        case memoryShare(ClosedRange<Int>)
        case duration(ClosedRange<Duration>, wholeSeconds: Bool)
        /// A decimal fraction, such as `0.8`.
        case ratio(ClosedRange<Double>)
        case choice([String])
        /// Permission bits, in octal.
        case mode(ClosedRange<UInt32>)
        case path(utf8CountMax: Int)
        /// A user's name or number.
        case account
        /// Words that something else understands.
        case text(utf8CountMax: Int)
        /// A list of IP addresses, between commas or spaces.
        case addresses
        /// A list of `[NAME=]PATH`.
        case datasets
        /// A list of `[NAME=]FAMILY`.
        case columnFamilies
    }

    public var flag: String { "--" + key }

    /// The name in the environment, such as `ALMANAC_IDLE_TIMEOUT`.
    public var environmentName: String {
        Self.environmentPrefix + key.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }

    /// The default as an operator would write it; `nil` where there is none.
    public var defaultText: String? {
        defaultNote ?? write(ServerSettings(host: HostResources(coreCount: 1, memoryBytes: 0)))
    }

    /// The value as an operator may see it; `nil` where it is not set.
    func shown(of settings: ServerSettings) -> String? {
        write(settings).map { isSecret ? "(hidden)" : $0 }
    }

    /// The row's whole sentence for the help: meaning, what is allowed, default.
    public var help: String {
        let parts = [kind.bounds, defaultText.map { "default: \($0)" }].compactMap(\.self)
        return parts.isEmpty ? meaning : "\(meaning) (\(parts.joined(separator: "; ")))"
    }

    static let environmentPrefix = "ALMANAC_"

    public static func named(_ key: String) -> Setting? { all.first { $0.key == key } }
}

extension Setting.Kind {
    /// What a value must be, to follow "is not" or stand alone.
    public var allowed: String {
        switch self {
        case .count(let range, let orAuto):
            "a whole number from \(range.lowerBound) to \(range.upperBound)" + (orAuto ? ", or auto" : "")
        case .bytes(let range, let orAuto):
            "a size such as 65536, 64KiB or 1GiB, from \(SettingText.text(ofByteCount: range.lowerBound)) to "
                + SettingText.text(ofByteCount: range.upperBound) + (orAuto ? ", or auto" : "")
        case .memoryShare(let range):
            "a size such as 512MiB, to \(SettingText.text(ofByteCount: range.upperBound)), or a share such as 5%"
        case .duration(let range, let wholeSeconds):
            "a time such as \(Self.examples(in: range, wholeSeconds: wholeSeconds)), from "
                + "\(SettingText.text(of: range.lowerBound)) to \(SettingText.text(of: range.upperBound))"
                + (wholeSeconds ? ", in whole seconds" : "")
        case .ratio(let range):
            "a number such as 0.8, from \(SettingText.text(of: range.lowerBound)) to "
                + SettingText.text(of: range.upperBound)
        case .choice(let names): "one of " + names.joined(separator: ", ")
        case .mode(let range):
            "octal permission bits from \(String(range.lowerBound, radix: 8)) to \(String(range.upperBound, radix: 8))"
        case .account: "a user's name or number"
        case .path(let utf8CountMax): "a path of 1 to \(utf8CountMax) bytes"
        case .text(let utf8CountMax): "a text of 1 to \(utf8CountMax) bytes of the kind that is meant"
        case .addresses: "IPv4 or IPv6 addresses, or * for all, each after a - where it may be missing"
        case .datasets: "a path, or NAME=PATH with a name of 1 to 64 letters, digits, _, . and -"
        case .columnFamilies: "a column family, or NAME=FAMILY"
        }
    }

    /// Times within a range, as people write them: `250ms, 10s, 5m or 1h`.
    private static func examples(in range: ClosedRange<Duration>, wholeSeconds: Bool) -> String {
        let times: [Duration] = [.milliseconds(250), .seconds(10), .seconds(300), .seconds(3_600)]
        let fitting = times.filter { range.contains($0) && !(wholeSeconds && $0 < .seconds(1)) }
        let texts = (fitting.isEmpty ? [range.upperBound] : fitting).map(SettingText.text(of:))
        return texts.count < 2
            ? texts.joined() : texts.dropLast().joined(separator: ", ") + " or " + texts[texts.count - 1]
    }

    /// What the help calls a value.
    public var valueName: String {
        switch self {
        case .count: "n"
        case .bytes: "size"
        case .memoryShare: "size|n%"
        case .duration: "time"
        case .ratio: "ratio"
        case .choice(let names): names.count > 3 ? "level" : names.joined(separator: "|")
        case .mode: "mode"
        case .path: "path"
        case .account: "user"
        case .text: "text"
        case .addresses: "addresses"
        case .datasets: "[NAME=]PATH"
        case .columnFamilies: "[NAME=]FAMILY"
        }
    }

    /// What the help says of ``allowed`` beside ``valueName``; `nil` where that says it all.
    var bounds: String? {
        switch self {
        case .count(let range, _): "\(range.lowerBound) to \(range.upperBound)"
        case .bytes(let range, _):
            SettingText.text(ofByteCount: range.lowerBound) + " to " + SettingText.text(ofByteCount: range.upperBound)
        case .memoryShare(let range):
            "0 to " + SettingText.text(ofByteCount: range.upperBound) + ", or 0% to 100% of the memory"
        case .duration(let range, let wholeSeconds):
            SettingText.text(of: range.lowerBound) + " to " + SettingText.text(of: range.upperBound)
                + (wholeSeconds ? " in whole seconds" : "")
        case .ratio(let range):
            SettingText.text(of: range.lowerBound) + " to " + SettingText.text(of: range.upperBound)
        case .choice(let names): names.count > 3 ? names.joined(separator: ", ") : nil
        case .mode(let range): "octal, to " + String(range.upperBound, radix: 8)
        case .addresses: "IPv4 or IPv6, or * for all; after a - one may be missing"
        case .path, .account, .text, .datasets, .columnFamilies: nil
        }
    }

    var isList: Bool {
        switch self {
        case .addresses, .datasets, .columnFamilies: true
        default: false
        }
    }
}
