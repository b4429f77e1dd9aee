internal import Logging

extension LogLine {
    /// Appends such as `2026-11-21T06:24:14.123Z info  label: message key=value`.
    func appendText(_ record: LogRecord, to line: inout [UInt8]) {
        Self.appendTime(record.time, to: &line)
        line.append(UInt8(ascii: " "))
        let level = record.level.rawValue
        line.append(contentsOf: level.utf8)
        line.append(contentsOf: repeatElement(UInt8(ascii: " "), count: max(5 - level.utf8.count, 0) + 1))
        Self.appendEscaped(record.label, to: &line)
        line.append(contentsOf: ": ".utf8)
        Self.appendEscaped(record.message, to: &line)
        if let error = record.error { Self.appendField("error", String(describing: error), to: &line) }
        var valuesLeft = Self.valuesMax
        for (key, value) in Self.sorted(record.metadata) {
            guard valuesLeft > 0 else { break }
            Self.appendField(key, Self.text(of: value, depth: 1, &valuesLeft), to: &line)
        }
    }

    private static func appendField(_ key: String, _ value: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: " "))
        appendWord(key, to: &line)
        line.append(UInt8(ascii: "="))
        appendWord(value, to: &line)
    }

    /// Nested values as Swift's literals look: `[a, b]`, `[key: value]`.
    private static func text(of value: Logger.MetadataValue, depth: Int, _ valuesLeft: inout Int) -> String {
        valuesLeft -= 1
        guard valuesLeft >= 0, depth <= depthMax else { return "…" }
        switch value {
        case .string(let text): return text
        case .stringConvertible(let value): return value.description
        case .array(let values):
            var parts: [String] = []
            for value in values where valuesLeft > 0 { parts.append(text(of: value, depth: depth + 1, &valuesLeft)) }
            return "[" + parts.joined(separator: ", ") + "]"
        case .dictionary(let values):
            var parts: [String] = []
            for (key, value) in values.sorted(by: { $0.key < $1.key }) where valuesLeft > 0 {
                parts.append("\(key): \(text(of: value, depth: depth + 1, &valuesLeft))")
            }
            return parts.isEmpty ? "[:]" : "[" + parts.joined(separator: ", ") + "]"
        }
    }

    /// As it is where it cannot be misread, else in double quotes.
    private static func appendWord(_ text: String, to line: inout [UInt8]) {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0...0x20, 0x7f, UInt8(ascii: "\""), UInt8(ascii: "="), UInt8(ascii: "\\"): false
                default: true
                }
            }
        if isPlain {
            appendEscaped(text, to: &line)
        } else {
            line.append(UInt8(ascii: "\""))
            appendEscaped(text, quotes: true, to: &line)
            line.append(UInt8(ascii: "\""))
        }
    }

    /// Appends text with everything escaped that is no printed character.
    private static func appendEscaped(_ text: String, quotes: Bool = false, to line: inout [UInt8]) {
        let (shown, isCut) = cut(text)
        for scalar in shown.unicodeScalars {
            switch scalar {
            case "\\": line.append(contentsOf: "\\\\".utf8)
            case "\"" where quotes: line.append(contentsOf: "\\\"".utf8)
            case "\n": line.append(contentsOf: "\\n".utf8)
            case "\r": line.append(contentsOf: "\\r".utf8)
            case "\t": line.append(contentsOf: "\\t".utf8)
            case " "..."~": line.append(UInt8(truncatingIfNeeded: scalar.value))
            default:
                if scalar.isHarmless {
                    line.append(contentsOf: String(scalar).utf8)
                } else {
                    line.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".utf8)
                }
            }
        }
        if isCut { line.append(contentsOf: "…".utf8) }
    }
}

extension Unicode.Scalar {
    /// Whether it only prints.
    ///
    /// Controls steer terminals, line separators end lines in some viewers, and format characters reorder or hide
    /// what stands around them.
    var isHarmless: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
        default: true
        }
    }
}
