/// What `LATENCY DOCTOR` and `LATENCY GRAPH` say to people.
extension LatencyMonitor {
    /// What is known about delays, and what may help.
    var diagnosis: String {
        guard thresholdNanoseconds < .max else {
            return """
                Nothing is measured: the latency monitor is off. "CONFIG SET latency-monitor-threshold 10" has all \
                that takes 10 milliseconds or more noted.

                """
        }
        let events = all
        guard !events.isEmpty else {
            return "Nothing has taken \(thresholdNanoseconds / 1_000_000) milliseconds or more, as far as is known.\n"
        }
        var text = "What has taken \(thresholdNanoseconds / 1_000_000) milliseconds or more:\n\n"
        for (number, event) in events.enumerated() {
            let times = event.samples.map(\.milliseconds)
            let mean = times.reduce(0, +) / max(times.count, 1)
            text += "\(number + 1). \(event.kind.rawValue): \(times.count) samples, \(mean) ms on average, "
            text += "\(event.worstMilliseconds) ms at worst.\n   \(event.kind.advice)\n"
        }
        return text
    }
}

extension LatencyMonitor.Kind {
    fileprivate var advice: String {
        switch self {
        case .command:
            "Commands that walk over many keys (KEYS, SCAN with a large COUNT) or ask about the server were slow: "
                + "SLOWLOG GET names them. They hold up their own client only."
        case .coldRead:
            "Keys had to be read from the disk: look at the disk's latency, at cold_lookups in INFO, and at the "
                + "sizes of the caches. More readers help where many wait at once."
        case .slowTurn:
            "A loop was busy for this long with one batch, and all its clients waited: look for very large values "
                + "and MGETs, and for a machine that is short of processors."
        case .swap:
            "The loops took this long to take over a new version: one of them was in the middle of a long batch."
        }
    }
}

extension LatencyMonitor.Event {
    /// The latest samples as bars, with their ages at `unixSeconds` below, read from top to bottom.
    func graph(at unixSeconds: Int) -> String {
        let shown = samples.suffix(Self.columnsMax)
        let (low, high) = (shown.map(\.milliseconds).min() ?? 0, shown.map(\.milliseconds).max() ?? 0)
        var text = "\(kind.rawValue) - high \(high) ms, low \(low) ms (all time high \(worstMilliseconds) ms)\n"
        text += String(repeating: "-", count: Self.columnsMax) + "\n"
        // Each column is filled from the bottom, in steps of a third of a row.
        let steps = shown.map { sample in
            high == low ? 1 : 1 + (sample.milliseconds - low) * (Self.rows * 3 - 1) / (high - low)
        }
        for row in (0..<Self.rows).reversed() {
            text += String(steps.map { Self.marks[min(max($0 - row * 3, 0), 3)] }) + "\n"
        }
        text += "\n"
        let ages = shown.map { Self.age(max(unixSeconds - $0.unixSeconds, 0)) }
        for line in 0..<(ages.map(\.count).max() ?? 0) {
            text += String(ages.map { line < $0.count ? $0[line] : " " }) + "\n"
        }
        return text
    }

    private static func age(_ seconds: Int) -> [Character] {
        if seconds < 60 { return Array("\(seconds)s") }
        if seconds < 3_600 { return Array("\(seconds / 60)m") }
        return seconds < 86_400 ? Array("\(seconds / 3_600)h") : Array("\(seconds / 86_400)d")
    }

    private static let columnsMax = 80
    private static let rows = 4
    private static let marks: [Character] = [" ", "_", "o", "#"]
}
