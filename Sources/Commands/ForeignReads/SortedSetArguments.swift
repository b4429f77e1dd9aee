import Bytes
import RESP

/// The arguments of reads of sorted sets, checked in Redis's order.
enum SortedSetArguments {
    /// What the two ends of a range are.
    enum Measure {
        case rank, score, name
    }

    static let checkScores: ForeignRead.Check = { request throws(CommandError) in
        try checkEnds(2, 3, of: request, are: .score)
    }

    static let checkNames: ForeignRead.Check = { request throws(CommandError) in
        try checkEnds(2, 3, of: request, are: .name)
    }

    /// A range by a measure and in a direction; where they are `nil`, options tell them.
    static func checkRange(by fixedMeasure: Measure?, isReverse fixedDirection: Bool?) -> ForeignRead.Check {
        { request throws(CommandError) in
            var measure = fixedMeasure
            var isReverse = fixedDirection ?? false
            var isDirectionKnown = fixedDirection != nil
            var isScored = false
            var isLimited = false
            var index = 4
            while index < request.count {
                let left = request.count - index - 1
                if request[index].equalsIgnoringCase("WITHSCORES") {
                    isScored = true
                } else if request[index].equalsIgnoringCase("LIMIT"), left >= 2 {
                    _ = try ForeignRead.integer(request[index + 1])
                    // -1 for all is as good as no limit.
                    isLimited = try ForeignRead.integer(request[index + 2]) != -1
                    index += 2
                } else if !isDirectionKnown, request[index].equalsIgnoringCase("REV") {
                    isReverse = true
                    isDirectionKnown = true
                } else if measure == nil, request[index].equalsIgnoringCase("BYLEX") {
                    measure = .name
                } else if measure == nil, request[index].equalsIgnoringCase("BYSCORE") {
                    measure = .score
                } else {
                    throw CommandError(ErrorReply.syntax)
                }
                index += 1
            }
            let known = measure ?? .rank
            if isLimited, known == .rank {
                throw CommandError(
                    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
            }
            if isScored, known == .name {
                throw CommandError("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
            }
            let isSwapped = isReverse && known != .rank
            try checkEnds(isSwapped ? 3 : 2, isSwapped ? 2 : 3, of: request, are: known)
        }
    }

    private static func checkEnds(
        _ first: Int, _ last: Int, of request: borrowing Request, are measure: Measure
    ) throws(CommandError) {
        for place in [first, last] {
            switch measure {
            case .rank: _ = try ForeignRead.integer(request[place])
            case .score:
                guard isScore(request[place]) else { throw CommandError("ERR min or max is not a float") }
            case .name:
                guard isName(request[place]) else { throw CommandError("ERR min or max not valid string range item") }
            }
        }
    }

    /// Whether this is an end of a range of scores: a number, perhaps behind `(`; nothing at all is 0.
    private static func isScore(_ text: Span<UInt8>) -> Bool {
        let isExclusive = !text.isEmpty && text[0] == UInt8(ascii: "(")
        let number = text.extracting((isExclusive ? 1 : 0)...)
        // Redis reads up to a zero byte, and nothing at all as 0.
        guard !number.isEmpty, number[0] != 0 else { return true }
        return Double(String(copying: number.droppingLeadingSpace)).map { !$0.isNaN } ?? false
    }

    private static func isName(_ text: Span<UInt8>) -> Bool {
        guard !text.isEmpty else { return false }
        switch text[0] {
        case UInt8(ascii: "-"), UInt8(ascii: "+"): return text.count == 1
        case UInt8(ascii: "("), UInt8(ascii: "["): return true
        default: return false
        }
    }

    // MARK: Several keys

    static func checkKeyCount(_ name: String) -> ForeignRead.Check {
        { request throws(CommandError) in
            let count = try ForeignRead.integer(request[1])
            guard count >= 1 else {
                throw CommandError(Array("ERR at least 1 input key is needed for '\(name)' command".utf8))
            }
            guard count <= request.count - 2 else { throw CommandError(ErrorReply.syntax) }
        }
    }

    /// The options of `ZUNION` and `ZINTER`.
    static let checkCombination: ForeignRead.Check = { request throws(CommandError) in
        let keyCount = Int(decimal: request[1]) ?? 0
        var index = 2 + keyCount
        while index < request.count {
            let left = request.count - index
            if left >= keyCount + 1, request[index].equalsIgnoringCase("WEIGHTS") {
                for place in index + 1...index + keyCount {
                    _ = try ForeignRead.number(request[place], "ERR weight value is not a float")
                }
                index += keyCount + 1
            } else if left >= 2, request[index].equalsIgnoringCase("AGGREGATE") {
                let aggregates: [StaticString] = ["SUM", "MIN", "MAX"]
                let isKnown = aggregates.contains { request[index + 1].equalsIgnoringCase($0) }
                guard isKnown else { throw CommandError(ErrorReply.syntax) }
                index += 2
            } else if request[index].equalsIgnoringCase("WITHSCORES") {
                index += 1
            } else {
                throw CommandError(ErrorReply.syntax)
            }
        }
    }

    static let checkDifference: ForeignRead.Check = { request throws(CommandError) in
        for index in 2 + (Int(decimal: request[1]) ?? 0)..<request.count {
            guard request[index].equalsIgnoringCase("WITHSCORES") else { throw CommandError(ErrorReply.syntax) }
        }
    }

    static let checkCardinality: ForeignRead.Check = { request throws(CommandError) in
        var index = 2 + (Int(decimal: request[1]) ?? 0)
        while index < request.count {
            guard index + 1 < request.count, request[index].equalsIgnoringCase("LIMIT") else {
                throw CommandError(ErrorReply.syntax)
            }
            _ = try ForeignRead.integer(request[index + 1], atLeast: 0, "ERR LIMIT can't be negative")
            index += 2
        }
    }
}
