internal import Platform

/// A moment to the second in UTC, as manifests write it: `2026-11-21T03:00:00Z` (RFC 3339).
public struct ManifestTime: Sendable, Hashable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z; years 1970 to 9999.
    public let unixSeconds: Int64

    private static let unixSecondsMax: Int64 = 253_402_300_799

    /// As the clock on the wall has it, which may be wrong: for people to read, and for nothing to be decided by.
    public static var now: ManifestTime { ManifestTime(unixSeconds: Int64(Clock.wallMicroseconds() / 1_000_000)) }

    /// Clamps to the years 1970 to 9999.
    public init(unixSeconds: Int64) {
        self.unixSeconds = min(max(unixSeconds, 0), Self.unixSecondsMax)
    }

    /// `nil` where `text` is not of the form `2026-11-21T03:00:00Z`, or names no day of the calendar.
    public init?(_ text: String) {
        let shape = Array("dddd-dd-ddTdd:dd:ddZ".utf8)
        let bytes = Array(text.utf8)
        guard bytes.count == shape.count else { return nil }
        for (byte, expected) in zip(bytes, shape) {
            if expected == UInt8(ascii: "d") {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            } else {
                guard byte == expected else { return nil }
            }
        }
        func number(_ range: Range<Int>) -> Int64 {
            bytes[range].reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard year >= 1970, hour < 24, minute < 60, second < 60 else { return nil }
        let seconds = Self.days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
        self.init(unixSeconds: seconds)
        // A thirteenth month or a thirtieth of February comes out as another day than it went in.
        guard description == text else { return nil }
    }

    public var description: String {
        let (year, month, day) = civilDay
        let second = unixSeconds % 86_400
        return "\(Self.digits(year, 4))-\(Self.digits(month, 2))-\(Self.digits(day, 2))"
            + "T\(Self.digits(second / 3600, 2)):\(Self.digits(second / 60 % 60, 2)):\(Self.digits(second % 60, 2))Z"
    }

    /// The version id of a build at this moment: `20261121T0300Z`, which sorts as time does.
    public var versionID: String {
        let (year, month, day) = civilDay
        let second = unixSeconds % 86_400
        return "\(Self.digits(year, 4))\(Self.digits(month, 2))\(Self.digits(day, 2))"
            + "T\(Self.digits(second / 3600, 2))\(Self.digits(second / 60 % 60, 2))Z"
    }

    /// Year, month and day of the Gregorian calendar, by eras of 400 years that begin in March.
    private var civilDay: (year: Int64, month: Int64, day: Int64) {
        let shifted = unixSeconds / 86_400 + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    /// Days from 1970-01-01; the inverse of ``civilDay``.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear / 400
        let yearOfEra = marchYear % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func digits(_ value: Int64, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}

extension ManifestTime: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let time = ManifestTime(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a time is written as 2026-11-21T03:00:00Z")
        }
        self = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
