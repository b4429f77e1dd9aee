/// How far one phase of a build is.
struct BuildProgress {
    enum Phase: String {
        case reading
        case writing
        case hashing
    }

    var phase = Phase.reading
    /// In the phase's unit: input bytes as stored, rows, bytes of files.
    var done = 0
    /// `nil` where nobody knows.
    var total: Int?
    var rows = 0
    /// What tells the share that is done where `total` does not.
    var rowTotal: Int?
    /// Since the phase began.
    var elapsed = Duration.zero

    init(phase: Phase = .reading, total: Int? = nil, rowTotal: Int? = nil) {
        self.phase = phase
        self.total = total
        self.rowTotal = rowTotal
    }

    /// From 0 to 1.
    private var share: Double? {
        guard let (done, total) = total.map({ (done, $0) }) ?? rowTotal.map({ (rows, $0) }) else { return nil }
        return total > 0 ? min(Double(done) / Double(total), 1) : 1
    }

    /// One line for an operator; of the least important parts as many as fit in `width` columns.
    func line(width: Int?) -> String {
        let seconds = max(elapsed / .seconds(1), 0.001)
        var parts = [phase.rawValue]
        if phase != .hashing { parts.append("\(Quantity.grouped(rows)) rows") }
        let share = share
        if let share { parts.append("\(Int(share * 100)) %") }
        if let share, share > 0.001 {
            parts.append("\(Quantity.duration(.seconds(seconds / share - seconds))) left")
        }
        if phase != .hashing { parts.append("\(Quantity.grouped(Int(Double(rows) / seconds))) rows/s") }
        if phase != .writing {
            parts.append(
                total.map { "\(Quantity.bytes(done)) of \(Quantity.bytes($0))" } ?? Quantity.bytes(done))
        }
        guard let width else { return parts.joined(separator: "  ") }
        // A full last column would make some terminals wrap.
        while parts.count > 1, parts.joined(separator: "  ").count >= width { parts.removeLast() }
        return String(parts.joined(separator: "  ").prefix(max(width - 1, 0)))
    }
}

/// Writes numbers as people read them.
public enum Quantity {
    /// `1234567` as `1,234,567`.
    public static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// `1536` as `1.5 KiB`.
    public static func bytes(_ count: Int) -> String {
        var value = Double(count)
        var unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        while value >= 1024, unit + 1 < units.count {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\(decimal(value)) \(units[unit])"
    }

    /// A duration as `0.4 s`, `12.0 s`, `3:05` or `1:02:03`.
    public static func duration(_ duration: Duration) -> String {
        let seconds = max(duration / .seconds(1), 0)
        guard seconds >= 60 else { return "\(decimal(seconds)) s" }
        let whole = Int(min(seconds, 359_999_999))
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
    }

    private static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
