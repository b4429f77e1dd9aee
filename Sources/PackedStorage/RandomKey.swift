internal import Bytes
internal import Storage

extension PackedEngine {
    /// Lends a key chosen by `seed` to `body`.
    ///
    /// Every key is as likely but for rounding, where a line has no more than ``entriesToChooseFrom``; keys of longer
    /// lines, which only keys made for it fill, are a little less likely than others.
    func chooseKey(seed: UInt64, _ body: (Span<UInt8>) -> Void) throws(EngineError) -> Bool {
        guard keyCount.value > 0 else { return false }
        var state = seed
        let segment = segments[chooseSegment(&state)]
        let lineCount = segment.layout.lineCount
        var index = IndexReader(segment)
        var line = Int(Self.random(below: UInt64(lineCount), &state))
        for attempt in 0... {
            let run = try index.run(of: line..<line + 1)
            let place = Self.random(below: UInt64(Self.entriesToChooseFrom), &state)
            if !run.isEmpty {
                let count = try Self.recordCount(segment, run, line)
                // Lines are as likely as each other, so a key of a full one must not be less likely than others.
                let isLast = attempt >= Self.attemptsMax || count > Self.entriesToChooseFrom
                let chosen = isLast ? Int(Self.random(below: UInt64(count), &state)) : Int(place)
                if chosen < count {
                    try Self.withKey(segment, run, line, chosen, body)
                    return true
                }
            }
            line =
                attempt < Self.attemptsMax
                ? Int(Self.random(below: UInt64(lineCount), &state)) : (line + 1) % lineCount
            guard attempt < Self.attemptsMax + lineCount else { break }
        }
        throw segment.damage("its index has no record, and its trailer counts \(segment.layout.keyCount)")
    }

    /// A segment, as likely as it has keys.
    private func chooseSegment(_ state: inout UInt64) -> Int {
        var rest = Int(Self.random(below: UInt64(keyCount.value), &state))
        for (number, segment) in segments.enumerated() {
            if rest < segment.layout.keyCount { return number }
            rest -= segment.layout.keyCount
        }
        return segments.count - 1
    }

    private static func recordCount(
        _ segment: PackedSegment, _ run: Range<Int>, _ line: Int
    ) throws(EngineError) -> Int {
        var reader = RecordReader(windowByteCount: windowByteCount, readsKeysOnly: true)
        try reader.begin(segment, run, of: line..<line + 1)
        var count = 0
        while try reader.readNext() > 0 { count += reader.count }
        return count
    }

    private static func withKey(
        _ segment: PackedSegment, _ run: Range<Int>, _ line: Int, _ chosen: Int, _ body: (Span<UInt8>) -> Void
    ) throws(EngineError) {
        var reader = RecordReader(windowByteCount: windowByteCount, readsKeysOnly: true)
        try reader.begin(segment, run, of: line..<line + 1)
        var passed = 0
        while try reader.readNext() > 0 {
            if chosen < passed + reader.count { return body(reader[keyAt: chosen - passed]) }
            passed += reader.count
        }
    }

    /// A number from 0 to `limit` - 1, by SplitMix64.
    private static func random(below limit: UInt64, _ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return (mixed ^ (mixed >> 31)).multipliedFullWidth(by: limit).high
    }

    /// Of about 13 keys on average, hardly any line has more.
    private static let entriesToChooseFrom = 32
    /// The chance that none hits is 0.6 to this power.
    private static let attemptsMax = 24
    private static let windowByteCount = 4 << 10
}
