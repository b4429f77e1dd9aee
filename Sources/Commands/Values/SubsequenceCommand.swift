import Bytes
import RESP

/// `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN length] [WITHMATCHLEN]`.
struct SubsequenceCommand: Sendable {
    private var isLengthWanted = false
    private var arePlacesWanted = false
    private var areMatchLengthsWanted = false
    /// Shorter matches are left out.
    private var matchLengthMin = 0

    init(_ request: borrowing Request) throws(CommandError) {
        var index = 3
        while index < request.count {
            let word = request[index]
            if word.equalsIgnoringCase("IDX") {
                arePlacesWanted = true
            } else if word.equalsIgnoringCase("LEN") {
                isLengthWanted = true
            } else if word.equalsIgnoringCase("WITHMATCHLEN") {
                areMatchLengthsWanted = true
            } else if word.equalsIgnoringCase("MINMATCHLEN"), index + 1 < request.count {
                index += 1
                guard let number = Int(decimal: request[index]) else { throw CommandError(ErrorReply.notAnInteger) }
                matchLengthMin = max(number, 0)
            } else {
                throw CommandError(ErrorReply.syntax)
            }
            index += 1
        }
        guard !isLengthWanted || !arePlacesWanted else {
            throw CommandError("ERR If you want both the length and indexes, please just use IDX.")
        }
    }

    var computation: Computation {
        // A bit of the table takes a fraction of the time that a byte does, a row of it at least as much.
        Computation(weigh: { values in
            let (first, second) = (Self.length(values, 0), Self.length(values, 1))
            return first + second + first * second / Self.pairsPerByte
        }) { [self] values, reply in
            let lengths = (Self.length(values, 0), Self.length(values, 1))
            guard (lengths.0 + 1) * (lengths.1 + 1) <= Self.pairsMax else {
                return reply.error(
                    "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len" as StaticString)
            }
            Self.withValue(values, 0) { first in
                Self.withValue(values, 1) { second in write(first, second, to: &reply) }
            }
        }
    }

    private func write(_ first: Span<UInt8>, _ second: Span<UInt8>, to reply: inout ReplyWriter) {
        let common = CommonSubsequence(first, second, keepsTable: !isLengthWanted)
        if isLengthWanted { return reply.integer(common.length) }
        guard arePlacesWanted else {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(common.length)
            common.visitMatches(first, second) { place, _ in bytes.append(first[place]) }
            bytes.reverse()
            return reply.bulk(bytes.span)
        }
        let matches = matches(of: common, first, second).filter { $0.length >= matchLengthMin }
        reply.map(count: 2)
        reply.bulk("matches" as StaticString)
        reply.array(count: matches.count)
        for match in matches {
            reply.array(count: areMatchLengthsWanted ? 3 : 2)
            for start in [match.first, match.second] {
                reply.array(count: 2)
                reply.integer(start)
                reply.integer(start + match.length - 1)
            }
            if areMatchLengthsWanted { reply.integer(match.length) }
        }
        reply.bulk("len" as StaticString)
        reply.integer(common.length)
    }

    /// Bytes in common that are side by side in both values.
    private struct Match {
        var first: Int
        var second: Int
        var length: Int
    }

    /// The last match first.
    private func matches(of common: CommonSubsequence, _ first: Span<UInt8>, _ second: Span<UInt8>) -> [Match] {
        var matches: [Match] = []
        common.visitMatches(first, second) { firstPlace, secondPlace in
            if let match = matches.last, match.first == firstPlace + 1, match.second == secondPlace + 1 {
                matches[matches.count - 1] = Match(first: firstPlace, second: secondPlace, length: match.length + 1)
            } else {
                matches.append(Match(first: firstPlace, second: secondPlace, length: 1))
            }
        }
        return matches
    }

    private static func length(_ values: FoundValues, _ index: Int) -> Int { values.withValue(index) { $0.count } ?? 0 }

    /// Lends a value, which is empty where there is no such key.
    private static func withValue(_ values: FoundValues, _ index: Int, _ body: (Span<UInt8>) -> Void) {
        if values.withValue(index, body) == nil { body(Span()) }
    }

    /// Pairs of bytes, one of each value, with a place before either: what Redis's table of 512 MiB holds.
    private static let pairsMax = 128 << 20
    /// Pairs of bytes that take about as long as a byte that is looked at.
    private static let pairsPerByte = 16
}
