internal import Logging

/// Turns records into lines of bytes.
///
/// Nothing that a record holds, whoever it came from, can end a line, start one, or move a terminal's cursor.
struct LogLine: Sendable {
    let format: LineFormat

    /// Longer text is cut, so that a record cannot flood the log.
    static let textBytesMax = 8 << 10
    /// Metadata nested deeper, or longer in all than this many values, is cut.
    static let depthMax = 6
    static let valuesMax = 256

    func append(_ record: LogRecord, to line: inout [UInt8]) {
        switch format {
        case .text: appendText(record, to: &line)
        case .json: appendJSON(record, to: &line)
        }
        line.append(UInt8(ascii: "\n"))
    }

    /// The metadata of all origins as one, in the order of keys so that like lines look alike.
    static func sorted(_ metadata: [Logger.Metadata]) -> [(key: String, value: Logger.MetadataValue)] {
        let merged = metadata.dropFirst().reduce(metadata.first ?? [:]) { $0.merging($1) { $1 } }
        return merged.sorted { $0.key < $1.key }
    }

    /// Appends such as `2026-11-21T06:24:14.123Z`.
    static func appendTime(_ microseconds: Int, to line: inout [UInt8]) {
        let milliseconds = floorDivided(microseconds, by: 1_000)
        let (day, inDay) = (floorDivided(milliseconds, by: 86_400_000), floorModulo(milliseconds, 86_400_000))
        let (year, month, dayOfMonth) = date(ofDay: day)
        appendNumber(year, digits: 4, to: &line)
        for (number, mark) in [(month, UInt8(ascii: "-")), (dayOfMonth, UInt8(ascii: "-"))] {
            line.append(mark)
            appendNumber(number, digits: 2, to: &line)
        }
        let seconds = inDay / 1_000
        for (number, mark) in [
            (seconds / 3_600, UInt8(ascii: "T")), (seconds / 60 % 60, UInt8(ascii: ":")),
            (seconds % 60, UInt8(ascii: ":")),
        ] {
            line.append(mark)
            appendNumber(number, digits: 2, to: &line)
        }
        line.append(UInt8(ascii: "."))
        appendNumber(inDay % 1_000, digits: 3, to: &line)
        line.append(UInt8(ascii: "Z"))
    }

    /// Day 0 is 1970-01-01 in the proleptic Gregorian calendar.
    ///
    /// Years are counted from March within eras of 400, so that a leap day ends its year.
    private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = floorDivided(shifted, by: 146_097)
        let dayOfEra = floorModulo(shifted, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func floorDivided(_ number: Int, by divisor: Int) -> Int {
        number >= 0 ? number / divisor : -((-number - 1) / divisor) - 1
    }

    private static func floorModulo(_ number: Int, _ divisor: Int) -> Int {
        number - floorDivided(number, by: divisor) * divisor
    }

    private static func appendNumber(_ number: Int, digits: Int, to line: inout [UInt8]) {
        let text = String(number)
        line.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(digits - text.utf8.count, 0)))
        line.append(contentsOf: text.utf8)
    }

    /// The start of `text` that fits in ``textBytesMax``, and whether that is less than all.
    static func cut(_ text: String) -> (text: Substring, isCut: Bool) {
        guard text.utf8.count > textBytesMax else { return (text[...], false) }
        // Rounded down to a whole scalar: the rest of one would not be text.
        var end = text.utf8.index(text.startIndex, offsetBy: textBytesMax)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return (text[..<end], true)
    }
}
