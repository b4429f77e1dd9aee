internal import FoundationEssentials

/// Finds what a JSON decoder would take and no publisher writes: text that two readers could understand differently, and
/// text that takes far more memory than it has bytes.
///
/// It checks no grammar: that is the decoder's, which comes after it.
public struct StrictJSON {
    /// Values that a document has at most, names of fields included: twice what a manifest of 100,000 files has.
    static let valueCountMax = 1_000_000
    /// Containers within one another at most; a manifest has three.
    static let depthMax = 32

    private enum Container {
        /// With the names of its fields so far.
        case object(names: Set<String>)
        case array
    }

    private let text: [UInt8]
    private let valueCountMax: Int
    private var index = 0
    private var valueCount = 0
    private var containers: [Container] = []

    /// What is wrong with `text`, for an operator; `nil` where nothing is.
    public static func problem(in text: [UInt8]) -> String? { problem(in: text, valueCountMax: valueCountMax) }

    static func problem(in text: [UInt8], valueCountMax: Int) -> String? {
        var scan = StrictJSON(text: text, valueCountMax: valueCountMax)
        return scan.problem()
    }

    private init(text: [UInt8], valueCountMax: Int) {
        self.text = text
        self.valueCountMax = valueCountMax
    }

    private mutating func problem() -> String? {
        // UTF-16, or a byte-order mark, would else be told from its first bytes and taken.
        guard let first = text.first(where: { !Self.isSpace($0) }) else { return "it is empty" }
        guard first == UInt8(ascii: "{"), !text.contains(0) else { return "it is not a JSON object in UTF-8" }
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                containers.append(byte == UInt8(ascii: "{") ? .object(names: []) : .array)
                guard containers.count <= Self.depthMax else { return "it is nested more than \(Self.depthMax) deep" }
                valueCount += 1
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // What does not fit together is the decoder's to refuse.
                _ = containers.popLast()
                index += 1
            case UInt8(ascii: "\""):
                valueCount += 1
                if let problem = takeString() { return problem }
            case UInt8(ascii: ","), UInt8(ascii: ":"): index += 1
            case _ where Self.isSpace(byte): index += 1
            default:
                valueCount += 1
                takeWord()
            }
            guard valueCount <= valueCountMax else { return "it has more than \(valueCountMax) values" }
        }
        return nil
    }

    /// Passes over a string, and notes it where it is the name of a field.
    private mutating func takeString() -> String? {
        let start = index
        var isEscaped = false
        index += 1
        while index < text.count, text[index] != UInt8(ascii: "\"") {
            if text[index] == UInt8(ascii: "\\") {
                isEscaped = true
                index += 1
            }
            index += 1
        }
        index = min(index + 1, text.count)
        let end = index
        while index < text.count, Self.isSpace(text[index]) { index += 1 }
        // A string before a colon is a name; another string in an object is a value.
        guard index < text.count, text[index] == UInt8(ascii: ":"), case .object(var names)? = containers.popLast()
        else { return nil }
        let name: String
        if isEscaped {
            // One name may be written in several ways.
            guard let decoded = try? JSONDecoder().decode(String.self, from: Data(text[start..<end])) else {
                return "the name of a field cannot be understood"
            }
            name = decoded
        } else {
            name = String(decoding: text[start + 1..<max(end - 1, start + 1)], as: UTF8.self)
        }
        guard names.insert(name).inserted else { return "the field \"\(OneLine.shown(name))\" is there twice" }
        containers.append(.object(names: names))
        return nil
    }

    /// Passes over a number, or a word such as `true`.
    private mutating func takeWord() {
        while index < text.count, !Self.isSpace(text[index]), !Self.isPunctuation(text[index]) { index += 1 }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ","),
            UInt8(ascii: ":"), UInt8(ascii: "\""):
            true
        default: false
        }
    }
}

/// Text of others in a line for an operator.
enum OneLine {
    private static let charactersMax = 80

    /// The beginning of `text`, with what could end the line or steer a terminal replaced.
    static func shown(_ text: String) -> String {
        let start = text.unicodeScalars.prefix(charactersMax)
        let safe = String(String.UnicodeScalarView(start.map { Self.isPrinted($0) ? $0 : "\u{FFFD}" }))
        return start.count == text.unicodeScalars.count ? safe : safe + "…"
    }

    static func isPrinted(_ scalar: Unicode.Scalar) -> Bool {
        // Looking the others up takes long, and paths may be.
        if (0x20...0x7E).contains(scalar.value) { return true }
        return switch scalar.properties.generalCategory {
        // Marks that turn the direction of what follows are of category `format`.
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
