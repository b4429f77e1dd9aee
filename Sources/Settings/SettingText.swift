/// How values of settings are written, and read back.
public enum SettingText {
    /// A decimal number without sign or separators.
    static func number<Value: FixedWidthInteger>(_ text: String) -> Value? {
        guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return Value(text)
    }

    /// Permission bits in octal, such as `700` or `0700`.
    static func mode(_ text: String) -> UInt32? {
        guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "7") ~= $0 }) else { return nil }
        return UInt32(text, radix: 8)
    }

    /// What the units of sizes stand for, in lower case.
    ///
    /// Redis and Kubernetes agree that a bare letter counts in thousands, and Redis that `kb` does not.
    public static let bytesOfUnit: [String: Int] = [
        "": 1, "b": 1,
        "k": 1_000, "m": 1_000_000, "g": 1_000_000_000, "t": 1_000_000_000_000,
        "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40,
        "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40,
        "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
    ]

    /// A number of bytes, such as `65536`, `64KiB`, `512mb` or `1 GiB`.
    public static func byteCount(_ text: String) -> Int? {
        guard let (number, unit) = numberAndUnit(text), let bytes = bytesOfUnit[unit.lowercased()] else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: bytes)
        return overflow ? nil : product
    }

    private static let millisecondsOfUnit: [String: Int] = [
        "ms": 1, "": 1_000, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]

    /// A length of time, such as `250ms`, `10s`, `5m`, `1h`, `1d`, or plain seconds.
    public static func duration(_ text: String) -> Duration? {
        guard let (number, unit) = numberAndUnit(text), let factor = millisecondsOfUnit[unit] else { return nil }
        let (milliseconds, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : .milliseconds(milliseconds)
    }

    /// A decimal number without sign or exponent, such as `0.8` or `3`.
    static func ratio(_ text: String) -> Double? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.count <= 9 }),
            parts.allSatisfy({ $0.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } })
        else { return nil }
        return Double(text)
    }

    /// As short as reads back the same.
    static func text(of ratio: Double) -> String {
        ratio == ratio.rounded() && ratio < 1e9 ? "\(Int(ratio))" : "\(ratio)"
    }

    private static func numberAndUnit(_ text: String) -> (number: Int, unit: String)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number: Int = number(String(digits)) else { return nil }
        let rest = text.dropFirst(digits.count)
        // One space may stand between them, as people write it; nothing may follow a number but a unit.
        let unit = rest.first == " " ? rest.dropFirst() : rest
        guard !(unit.isEmpty && !rest.isEmpty) else { return nil }
        return (number, String(unit))
    }

    /// In the largest unit that says it exactly, so that it reads well and reads back the same.
    static func text(ofByteCount bytes: Int) -> String {
        for (name, unit) in [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        where bytes > 0 && bytes.isMultiple(of: unit) {
            return "\(bytes / unit)\(name)"
        }
        return "\(bytes)"
    }

    /// In the largest unit that says it exactly, so that it reads well and reads back the same.
    public static func text(of duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        for (name, unit) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)]
        where milliseconds > 0 && milliseconds.isMultiple(of: unit) {
            return "\(milliseconds / unit)\(name)"
        }
        return milliseconds == 0 ? "0s" : "\(milliseconds)ms"
    }

    /// Text from outside for a message of one line: short, in quotes, without control characters.
    static func quoted(_ text: String) -> String {
        let shown = text.prefix(80)
        let escaped = shown.unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        return "\"\(escaped.joined())\(shown.endIndex < text.endIndex ? "…" : "")\""
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
    }

    /// Whole seconds, rounded up so that only zero is shown as zero.
    var secondsRoundedUp: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) + (attoseconds > 0 ? 1 : 0)
    }
}
