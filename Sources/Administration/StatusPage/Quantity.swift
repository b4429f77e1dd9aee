internal import Datasets

/// Numbers as people read them.
enum Quantity {
    /// With a comma after each three digits: `1,234,567`.
    static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// In the largest unit that leaves at least one of it: `512 B`, `2.4 MiB`, `31 GiB`.
    static func bytes(_ count: Int) -> String {
        var amount = Double(max(count, 0))
        for unit in ["B", "KiB", "MiB", "GiB"] {
            // What would be rounded up to 1024 is one of the next.
            if amount < 1023.5 { return "\(unit == "B" ? String(Int(amount)) : threeDigits(amount)) \(unit)" }
            amount /= 1_024
        }
        return "\(threeDigits(amount)) TiB"
    }

    /// A time that something took: `850 ns`, `12.3 µs`, `41 ms`, `2.5 s`.
    static func duration(nanoseconds: UInt64) -> String {
        var amount = Double(nanoseconds)
        for unit in ["ns", "µs", "ms"] {
            if amount < 999.5 { return "\(unit == "ns" ? String(nanoseconds) : threeDigits(amount)) \(unit)" }
            amount /= 1_000
        }
        return amount < 119.5 ? "\(threeDigits(amount)) s" : age(seconds: Int(amount.rounded()))
    }

    static func duration(milliseconds: Int) -> String {
        milliseconds < 1 ? "0 ms" : duration(nanoseconds: UInt64(milliseconds) * 1_000_000)
    }

    /// The largest unit that leaves at least two of it: `45 s`, `12 min`, `7 h`, `30 d`.
    static func age(seconds: Int) -> String {
        switch max(seconds, 0) {
        case let seconds where seconds < 120: "\(seconds) s"
        case let seconds where seconds < 7_200: "\(seconds / 60) min"
        case let seconds where seconds < 172_800: "\(seconds / 3_600) h"
        case let seconds: "\(count(seconds / 86_400)) d"
        }
    }

    /// A part of a whole: `99.95 %`, rounded down so that 100 % means all; `–` of nothing.
    static func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        let hundredths = Int(Double(part) / Double(whole) * 10_000)
        return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10) %"
    }

    /// A moment in UTC for people, to the second: `2026-11-21 03:00:00`.
    static func moment(unixSeconds: Int) -> String {
        let text = ManifestTime(unixSeconds: Int64(unixSeconds)).description
        return text.prefix(10) + " " + text.dropFirst(11).dropLast()
    }

    /// `1.23`, `12.3`, `123`: below 10 with two decimals, below 100 with one; no zeroes at the end.
    private static func threeDigits(_ amount: Double) -> String {
        let decimals = amount < 9.995 ? 2 : amount < 99.95 ? 1 : 0
        let scale = decimals == 2 ? 100 : decimals == 1 ? 10 : 1
        let scaled = Int((amount * Double(scale)).rounded())
        guard decimals > 0, scaled % scale != 0 else { return String(scaled / scale) }
        var fraction = String(scaled % scale)
        while fraction.count < decimals { fraction = "0" + fraction }
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(scaled / scale).\(fraction)"
    }
}
