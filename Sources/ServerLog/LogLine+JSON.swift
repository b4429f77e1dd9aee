internal import Logging

extension LogLine {
    /// Appends `{"time":…,"level":…,"label":…,"message":…,"error":…,"metadata":{…}}`, the last two where there are any.
    func appendJSON(_ record: LogRecord, to line: inout [UInt8]) {
        line.append(contentsOf: #"{"time":""#.utf8)
        Self.appendTime(record.time, to: &line)
        line.append(contentsOf: #"","level":""#.utf8)
        line.append(contentsOf: record.level.rawValue.utf8)
        line.append(contentsOf: #"","label":"#.utf8)
        Self.appendString(record.label, to: &line)
        line.append(contentsOf: #","message":"#.utf8)
        Self.appendString(record.message, to: &line)
        if let error = record.error {
            line.append(contentsOf: #","error":"#.utf8)
            Self.appendString(String(describing: error), to: &line)
        }
        let metadata = Self.sorted(record.metadata)
        if !metadata.isEmpty {
            var valuesLeft = Self.valuesMax
            line.append(contentsOf: #","metadata":"#.utf8)
            Self.appendObject(metadata, depth: 1, &valuesLeft, to: &line)
        }
        line.append(UInt8(ascii: "}"))
    }

    private static func appendObject(
        _ fields: [(key: String, value: Logger.MetadataValue)], depth: Int, _ valuesLeft: inout Int,
        to line: inout [UInt8]
    ) {
        line.append(UInt8(ascii: "{"))
        for (index, field) in fields.enumerated() where valuesLeft > 0 {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            appendString(field.key, to: &line)
            line.append(UInt8(ascii: ":"))
            appendValue(field.value, depth: depth, &valuesLeft, to: &line)
        }
        line.append(UInt8(ascii: "}"))
    }

    private static func appendValue(
        _ value: Logger.MetadataValue, depth: Int, _ valuesLeft: inout Int, to line: inout [UInt8]
    ) {
        valuesLeft -= 1
        guard valuesLeft >= 0, depth <= depthMax else { return appendString("…", to: &line) }
        switch value {
        case .string(let text): appendString(text, to: &line)
        case .stringConvertible(let value): appendString(value.description, to: &line)
        case .array(let values):
            line.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() where valuesLeft > 0 {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                appendValue(value, depth: depth + 1, &valuesLeft, to: &line)
            }
            line.append(UInt8(ascii: "]"))
        case .dictionary(let values):
            appendObject(values.sorted { $0.key < $1.key }, depth: depth + 1, &valuesLeft, to: &line)
        }
    }

    private static func appendString(_ text: String, to line: inout [UInt8]) {
        let (shown, isCut) = cut(text)
        line.append(UInt8(ascii: "\""))
        for scalar in shown.unicodeScalars {
            switch scalar {
            case "\\": line.append(contentsOf: #"\\"#.utf8)
            case "\"": line.append(contentsOf: #"\""#.utf8)
            case "\n": line.append(contentsOf: #"\n"#.utf8)
            case "\r": line.append(contentsOf: #"\r"#.utf8)
            case "\t": line.append(contentsOf: #"\t"#.utf8)
            case " "..."~": line.append(UInt8(truncatingIfNeeded: scalar.value))
            default:
                if scalar.isHarmless {
                    line.append(contentsOf: String(scalar).utf8)
                } else {
                    // Beyond 16 bits JSON spells a scalar as its two UTF-16 surrogates.
                    for unit in String(scalar).utf16 {
                        let digits = String(unit, radix: 16)
                        line.append(contentsOf: #"\u"#.utf8)
                        line.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count))
                        line.append(contentsOf: digits.utf8)
                    }
                }
            }
        }
        if isCut { line.append(contentsOf: "…".utf8) }
        line.append(UInt8(ascii: "\""))
    }
}
