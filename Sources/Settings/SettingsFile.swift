internal import FoundationEssentials
internal import Yams

/// Reads what a YAML settings file says.
///
/// Scalars are taken as the text they are written with, so `0700` stays octal and `no` stays a word.
struct SettingsFile {
    let path: String
    private(set) var given: [GivenSetting] = []
    private(set) var problems: [SettingsError.Problem] = []

    /// A file beyond this many bytes is not one that a person keeps.
    static let bytesMax = 256 << 10
    /// A file with more mistakes than this is not one of settings, and its lines would bury other sources' mistakes.
    static let problemsMax = 100

    init(path: String) {
        self.path = path
        do {
            let text = try Self.text(ofFile: path)
            read(text)
        } catch {
            problems.append(.init(source: .file(path: path, line: nil), text: error.text))
        }
    }

    init(path: String, text: String) {
        self.path = path
        read(text)
    }

    private struct Unreadable: Error {
        let text: String
    }

    private static func text(ofFile path: String) throws(Unreadable) -> String {
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.bytes(ofFile: path, bytesMax: bytesMax)
        } catch {
            throw Unreadable(text: error.text)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Unreadable(text: "is not UTF-8 text")
        }
        return text
    }

    private mutating func read(_ text: String) {
        if let line = Self.lineOfAlias(in: text) {
            return report("anchors (&name) and aliases (*name) are not taken here: write values out", line: line)
        }
        let root: Node?
        do {
            root = try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            let (problem, line) = Self.explanation(of: error)
            return report(problem, line: line)
        } catch {
            return report("is not YAML", line: nil)
        }
        // A file of comments only has no root, or an empty one.
        guard let root, root.scalar?.string != "" else { return }
        guard let mapping = root.mapping else { return report("must be lines of the form key: value", line: 1) }
        for (key, value) in mapping {
            guard problems.count < Self.problemsMax else { return report("and more mistakes", line: key.mark?.line) }
            read(key: key, value: value)
        }
    }

    /// Where an alias stands, in a text that has anchors too; a guess that errs on the side of seeing one.
    ///
    /// Nested aliases can make a small file expand without end, already while it is parsed, and no settings file
    /// needs them. A line that starts with `#` holds neither.
    private static func lineOfAlias(in text: String) -> Int? {
        func isName(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        var aliasLine: Int?
        var hasAnchor = false
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            guard line.first(where: { $0 != " " && $0 != "\t" }) != "#" else { continue }
            var before: UInt8 = 0
            for (byte, next) in zip(line.utf8, line.utf8.dropFirst()) {
                // Behind these it is a pattern in a user's rules, and no alias can be.
                let isOfPattern = before == UInt8(ascii: "~") || before == UInt8(ascii: "&")
                before = byte
                guard isName(next) else { continue }
                if byte == UInt8(ascii: "&") { hasAnchor = true }
                if byte == UInt8(ascii: "*"), !isOfPattern, aliasLine == nil { aliasLine = index + 1 }
            }
        }
        return hasAnchor ? aliasLine : nil
    }

    private static func explanation(of error: YamlError) -> (problem: String, line: Int?) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ("is not YAML: \(problem)", mark.line)
        case .reader(let problem, _, _, _): ("is not YAML: \(problem)", nil)
        case .duplicatedKeysInMapping(let keys, let context):
            (
                keys.sorted().map { "\(SettingText.quoted($0)) is given twice" }.joined(separator: ", "),
                context.mark.line
            )
        default: ("is not YAML", nil)
        }
    }

    private mutating func report(_ text: String, line: Int?) {
        problems.append(.init(source: .file(path: path, line: line), text: text))
    }

    private mutating func read(key: Node, value: Node) {
        let line = key.mark?.line
        guard let name = key.scalar?.string else { return report("a key must be a name", line: line) }
        guard let setting = Setting.named(name) else {
            let suggestion = Suggestion.key(for: name).map { "; did you mean \($0)?" } ?? ""
            return report("there is no setting \(SettingText.quoted(name))\(suggestion)", line: line)
        }
        switch value {
        case .scalar(let scalar):
            guard !Self.isNull(scalar) else {
                return report("\(name): has no value; it must be \(setting.kind.allowed)", line: line)
            }
            given.append(GivenSetting(setting, text: scalar.string, source: .file(path: path, line: line)))
        case .sequence(let sequence) where setting.kind.isList:
            let items = sequence.compactMap { item(of: setting, $0) }
            given.append(
                GivenSetting(key: name, source: .file(path: path, line: line), items: items, isList: true))
        default:
            report("\(name): must be \(setting.kind.isList ? "a list of " : "")\(setting.kind.allowed)", line: line)
        }
    }

    private static func isNull(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private mutating func item(of setting: Setting, _ node: Node) -> GivenSetting.Item? {
        let line = node.mark?.line
        switch node {
        case .scalar(let scalar) where !Self.isNull(scalar):
            return GivenSetting.Item(source: .file(path: path, line: line), text: scalar.string)
        case .mapping(let mapping) where setting.kind == .datasets: return dataset(mapping, line: line)
        default:
            report("\(setting.key): each must be \(setting.kind.allowed)", line: line)
            return nil
        }
    }

    /// A dataset spelled out as `name`, `path` and `column-family`.
    private mutating func dataset(_ mapping: Node.Mapping, line: Int?) -> GivenSetting.Item? {
        var fields: [String: String] = [:]
        var isWhole = true
        for (key, value) in mapping {
            guard let name = key.scalar?.string, ["name", "path", "column-family"].contains(name) else {
                let shown = SettingText.quoted(key.scalar?.string ?? "")
                report("datasets: a dataset has name, path and column-family, not \(shown)", line: key.mark?.line)
                isWhole = false
                continue
            }
            guard let scalar = value.scalar, !Self.isNull(scalar) else {
                report("datasets: \(name) must be one value", line: key.mark?.line)
                isWhole = false
                continue
            }
            fields[name] = scalar.string
        }
        guard isWhole else { return nil }
        guard let dataset = fields["path"] else {
            report("datasets: a dataset needs a path", line: line)
            return nil
        }
        let given = DatasetPath(
            name: fields["name"] ?? DatasetPath.defaultName(ofPath: dataset), path: dataset,
            columnFamily: fields["column-family"])
        return GivenSetting.Item(
            source: .file(path: path, line: line), text: "\(given.name)=\(dataset)", dataset: given)
    }
}
