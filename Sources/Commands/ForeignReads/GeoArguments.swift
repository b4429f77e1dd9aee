import Bytes
import RESP

/// The arguments of reads of geospatial indexes, checked in Redis's order.
enum GeoArguments {
    static let checkDistance: ForeignRead.Check = { request throws(CommandError) in
        guard request.count <= 5 else { throw CommandError(ErrorReply.syntax) }
        if request.count == 5 { try checkUnit(request[4]) }
    }

    /// `GEORADIUS_RO`: a point, a distance, options.
    static let checkRadius: ForeignRead.Check = { request throws(CommandError) in
        try checkPoint(request[2], request[3])
        try checkRadius(request[4], request[5])
        try checkOptions(from: 6, of: request, isSearch: false)
    }

    /// `GEORADIUSBYMEMBER_RO`, of which nothing is looked at where there is no member.
    static let checkMemberRadius: ForeignRead.Check = { request throws(CommandError) in
        try checkOptions(from: 5, of: request, isSearch: false)
    }

    static let checkSearch: ForeignRead.Check = { request throws(CommandError) in
        try checkOptions(from: 2, of: request, isSearch: true)
    }

    private static func checkOptions(
        from first: Int, of request: borrowing Request, isSearch: Bool
    ) throws(CommandError) {
        var hasCentre = false
        var hasShape = false
        var hasAny = false
        var hasCount = false
        var index = first
        while index < request.count {
            let option = request[index]
            let left = request.count - index - 1
            if isFlag(option) {
                // Changes nothing of an empty reply.
            } else if option.equalsIgnoringCase("ANY") {
                hasAny = true
            } else if option.equalsIgnoringCase("COUNT"), left >= 1 {
                guard try ForeignRead.integer(request[index + 1]) > 0 else {
                    throw CommandError("ERR COUNT must be > 0")
                }
                hasCount = true
                index += 1
            } else if isSearch, !hasCentre, left >= 1, option.equalsIgnoringCase("FROMMEMBER") {
                hasCentre = true
                index += 1
            } else if isSearch, !hasCentre, left >= 2, option.equalsIgnoringCase("FROMLONLAT") {
                try checkPoint(request[index + 1], request[index + 2])
                hasCentre = true
                index += 2
            } else if isSearch, !hasShape, left >= 2, option.equalsIgnoringCase("BYRADIUS") {
                try checkRadius(request[index + 1], request[index + 2])
                hasShape = true
                index += 2
            } else if isSearch, !hasShape, left >= 3, option.equalsIgnoringCase("BYBOX") {
                try checkBox(request[index + 1], request[index + 2], request[index + 3])
                hasShape = true
                index += 3
            } else {
                throw CommandError(ErrorReply.syntax)
            }
            index += 1
        }
        if isSearch, !hasCentre {
            throw CommandError(
                ErrorReply.quoting(
                    "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ", request[0], ""))
        }
        if isSearch, !hasShape {
            throw CommandError(
                ErrorReply.quoting("ERR exactly one of BYRADIUS and BYBOX can be specified for ", request[0], ""))
        }
        if hasAny, !hasCount { throw CommandError("ERR the ANY argument requires COUNT argument") }
    }

    private static func isFlag(_ option: Span<UInt8>) -> Bool {
        let flags: [StaticString] = ["WITHDIST", "WITHHASH", "WITHCOORD", "ASC", "DESC"]
        return flags.contains { option.equalsIgnoringCase($0) }
    }

    private static func checkPoint(_ longitude: Span<UInt8>, _ latitude: Span<UInt8>) throws(CommandError) {
        let x = try ForeignRead.number(longitude)
        let y = try ForeignRead.number(latitude)
        guard abs(x) <= longitudeMax, abs(y) <= latitudeMax else {
            throw CommandError(
                Array("ERR invalid longitude,latitude pair \(x.withSixDecimals),\(y.withSixDecimals)".utf8))
        }
    }

    /// In degrees; the latitude is where a square map of the world ends.
    private static let longitudeMax = 180.0
    private static let latitudeMax = 85.05112878

    private static func checkRadius(_ radius: Span<UInt8>, _ unit: Span<UInt8>) throws(CommandError) {
        guard try ForeignRead.number(radius, "ERR need numeric radius") >= 0 else {
            throw CommandError("ERR radius cannot be negative")
        }
        try checkUnit(unit)
    }

    private static func checkBox(
        _ width: Span<UInt8>, _ height: Span<UInt8>, _ unit: Span<UInt8>
    ) throws(CommandError) {
        let x = try ForeignRead.number(width, "ERR need numeric width")
        let y = try ForeignRead.number(height, "ERR need numeric height")
        guard x >= 0, y >= 0 else { throw CommandError("ERR height or width cannot be negative") }
        try checkUnit(unit)
    }

    private static func checkUnit(_ unit: Span<UInt8>) throws(CommandError) {
        let units: [StaticString] = ["m", "km", "ft", "mi"]
        guard units.contains(where: { unit.equalsIgnoringCase($0) }) else {
            throw CommandError("ERR unsupported unit provided. please use M, KM, FT, MI")
        }
    }
}

extension Double {
    /// As C's `%f` has it: exact up to 10^15, beyond that no more than the number's own digits are right.
    fileprivate var withSixDecimals: String {
        guard isFinite else { return self < 0 ? "-inf" : "inf" }
        let sign = self.sign == .minus ? "-" : ""
        let whole = magnitude.rounded(.towardZero)
        var millionths = ((magnitude - whole) * 1_000_000).rounded(.toNearestOrEven)
        var integer = Int128(exactly: whole) ?? Int128.max
        if millionths >= 1_000_000 {
            millionths -= 1_000_000
            integer += 1
        }
        let digits = String(Int(millionths))
        return "\(sign)\(integer).\(String(repeating: "0", count: 6 - digits.count))\(digits)"
    }
}
