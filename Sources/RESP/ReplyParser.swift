internal import Bytes

/// Makes replies out of the bytes that a server has sent so far, RESP2 and what RESP3 adds to it.
///
/// Takes every whole piece off the bytes at once, so a long array needs no room for its bytes as well; only a
/// string that has not come whole is left to be given again, with more behind it. Nothing is allocated for what
/// a server merely announces.
public struct ReplyParser: ~Copyable {
    public let limits: Limits
    /// Collections that are not complete yet, the outermost first.
    private var open: [Collection] = []
    /// Of the reply in progress.
    private var elementCount = 0
    private var byteCount = 0
    /// How many bytes of a line in progress are known to hold no end.
    private var searched = 0

    /// The start of a reply, or a whole one.
    private enum Piece {
        case value(Reply)
        case collection(Collection)
    }

    private struct Collection {
        var elements: [Reply] = []
        /// How many elements are still to come; above 0.
        var missing: Int
        let isPush: Bool
    }

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// Takes what it can off the front of `bytes`.
    ///
    /// - Parameter bytes: What has come and was not taken before.
    /// - Returns: How many bytes it took, to be dropped by the caller, and the reply that ends there; without a
    ///   reply, call it again with the rest and more.
    /// - Throws: ``ReplyError`` when no continuation could be a reply; the connection is then of no use.
    public mutating func parse(_ bytes: Span<UInt8>) throws(ReplyError) -> (taken: Int, reply: Reply?) {
        var taken = 0
        while let (piece, count) = try readPiece(bytes.extracting(taken...)) {
            taken += count
            searched = 0
            byteCount += count
            guard byteCount <= limits.replyBytesMax else { throw .tooLong }
            switch piece {
            case .collection(let collection):
                guard open.count < limits.depthMax else { throw .tooDeep }
                open.append(collection)
            case .value(let value):
                if let reply = close(value) {
                    (elementCount, byteCount) = (0, 0)
                    return (taken, reply)
                }
            }
        }
        return (taken, nil)
    }

    /// Puts `value` where it belongs; the whole reply, where it was the last part of it.
    private mutating func close(_ value: Reply) -> Reply? {
        var value = value
        while let last = open.indices.last {
            open[last].elements.append(value)
            open[last].missing -= 1
            if open[last].missing > 0 { return nil }
            let whole = open.removeLast()
            value = whole.isPush ? .push(whole.elements) : .array(whole.elements)
        }
        return value
    }

    /// Reads one piece at the start of `bytes`; `nil` where it is not there whole.
    private mutating func readPiece(_ bytes: Span<UInt8>) throws(ReplyError) -> (Piece, Int)? {
        guard bytes.count > 0 else { return nil }
        let kind = bytes[0]
        guard Self.kinds.contains(kind) else { throw .unknownKind(kind) }
        guard let lineEnd = try findLineEnd(bytes) else { return nil }
        let line = bytes.extracting(1..<lineEnd)
        let start = lineEnd + 2
        switch kind {
        case UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "("):
            return (.value(.simple(Self.text(line))), start)
        case UInt8(ascii: "-"): return (.value(.error(Self.text(line))), start)
        case UInt8(ascii: ":"): return (.value(.integer(try Self.number(line))), start)
        case UInt8(ascii: "_"): return (.value(.null), start)
        case UInt8(ascii: "#"):
            guard line.count == 1, line[0] == UInt8(ascii: "t") || line[0] == UInt8(ascii: "f") else {
                throw .invalidNumber
            }
            return (.value(.integer(line[0] == UInt8(ascii: "t") ? 1 : 0)), start)
        case UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "="):
            return try readString(bytes, kind, try Self.number(line), start)
        default:
            guard let piece = try openCollection(kind, try Self.number(line)) else { return (.value(.null), start) }
            return (piece, start)
        }
    }

    /// Reads `count` bytes from `start` and the line end behind them.
    private func readString(
        _ bytes: Span<UInt8>, _ kind: UInt8, _ count: Int, _ start: Int
    ) throws(ReplyError) -> (Piece, Int)? {
        guard count >= 0 else {
            guard count == -1, kind == UInt8(ascii: "$") else { throw .invalidNumber }
            return (.value(.null), start)
        }
        guard count <= limits.bulkBytesMax else { throw .bulkTooLong }
        guard bytes.count - start >= count + 2 else { return nil }
        guard bytes[start + count] == .carriageReturn, bytes[start + count + 1] == .lineFeed else {
            throw .unterminatedBulk
        }
        // Before a verbatim string come three letters that name its format, and a colon.
        let skipped = kind == UInt8(ascii: "=") ? min(4, count) : 0
        let content = bytes.extracting(start + skipped..<start + count)
        let value: Reply = kind == UInt8(ascii: "!") ? .error(Self.text(content)) : .bulk(content.copied())
        return (.value(value), start + count + 2)
    }

    /// Begins a collection that announces `count` elements; `nil` for an absent one.
    private mutating func openCollection(_ kind: UInt8, _ count: Int) throws(ReplyError) -> Piece? {
        let isPush = kind == UInt8(ascii: ">")
        guard count >= 0 else {
            guard count == -1, kind == UInt8(ascii: "*") else { throw .invalidNumber }
            return nil
        }
        // Compared before it is doubled, so that it cannot overflow.
        guard count <= limits.elementCountMax else { throw .tooManyElements }
        let elements = kind == UInt8(ascii: "%") ? count * 2 : count
        guard elements <= limits.elementCountMax - elementCount else { throw .tooManyElements }
        elementCount += elements
        guard elements > 0 else { return .value(isPush ? .push([]) : .array([])) }
        return .collection(Collection(missing: elements, isPush: isPush))
    }

    /// Where the first line of `bytes` ends, its line end not counted; `nil` where that has not come.
    private mutating func findLineEnd(_ bytes: Span<UInt8>) throws(ReplyError) -> Int? {
        var end = max(1, searched)
        while end < bytes.count, bytes[end] != .carriageReturn { end += 1 }
        searched = end
        guard end <= limits.lineBytesMax else { throw .lineTooLong }
        guard end + 1 < bytes.count else { return nil }
        guard bytes[end + 1] == .lineFeed else { throw .unterminatedLine }
        return end
    }

    private static let kinds = Array("+-:$*_#,(!=%~>".utf8)

    private static func number(_ text: Span<UInt8>) throws(ReplyError) -> Int {
        guard let number = Int(decimal: text) else { throw .invalidNumber }
        return number
    }

    private static func text(_ bytes: Span<UInt8>) -> String { String(decoding: bytes.copied(), as: UTF8.self) }
}

extension ReplyParser {
    /// Bounds on what a server can make this process hold.
    public struct Limits: Sendable, Equatable {
        /// Of a line, its marker included.
        public var lineBytesMax: Int
        /// Of one string.
        public var bulkBytesMax: Int
        /// Of one reply, the elements of all its collections together.
        public var elementCountMax: Int
        /// Of one reply.
        public var replyBytesMax: Int
        /// How many collections may lie in one another.
        public var depthMax: Int

        public init(
            lineBytesMax: Int = 64 << 10, bulkBytesMax: Int = 512 << 20, elementCountMax: Int = 1 << 20,
            replyBytesMax: Int = 1 << 30, depthMax: Int = 16
        ) {
            precondition(lineBytesMax >= 16 && bulkBytesMax > 0 && elementCountMax > 0)
            precondition(elementCountMax <= Int.max / 2 && replyBytesMax > 0 && depthMax > 0)
            self.lineBytesMax = lineBytesMax
            self.bulkBytesMax = bulkBytesMax
            self.elementCountMax = elementCountMax
            self.replyBytesMax = replyBytesMax
            self.depthMax = depthMax
        }
    }
}
