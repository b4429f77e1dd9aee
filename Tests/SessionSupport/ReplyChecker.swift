/// Reads replies as strictly as a client could, to find what is no RESP.
public struct ReplyChecker {
    public enum Failure: Error, Equatable {
        /// The bytes end inside a reply.
        case truncated
        /// No reply can go on like this.
        case malformed(offset: Int)
    }

    private let bytes: [UInt8]
    private var index = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The replies in `bytes`, each with its own bytes.
    ///
    /// - Throws: ``Failure`` where they are not whole replies one after another.
    public static func replies(in bytes: [UInt8]) throws(Failure) -> [[UInt8]] {
        var checker = ReplyChecker(bytes)
        var replies: [[UInt8]] = []
        while checker.index < bytes.count {
            let start = checker.index
            try checker.readReply(depth: 0)
            replies.append(Array(bytes[start..<checker.index]))
        }
        return replies
    }

    /// The first reply in `bytes` from `offset` on, and where it ends.
    ///
    /// - Throws: ``Failure`` where there is no whole reply.
    public static func tree(in bytes: [UInt8], at offset: Int) throws(Failure) -> (tree: ReplyTree, end: Int) {
        var checker = ReplyChecker(bytes)
        checker.index = offset
        let tree = try checker.readReply(depth: 0)
        return (tree, checker.index)
    }

    @discardableResult
    private mutating func readReply(depth: Int) throws(Failure) -> ReplyTree {
        guard index < bytes.count else { throw .truncated }
        let start = index
        let marker = bytes[index]
        let line = try readLine()
        var tree = ReplyTree(marker: marker, text: Array(line.utf8))
        switch marker {
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            tree.text = Array(bytes[start + 1..<index - 2])
        case UInt8(ascii: ":"):
            guard Int(line) != nil else { throw .malformed(offset: start) }
        case UInt8(ascii: ","):
            guard Double(line) != nil else { throw .malformed(offset: start) }
        case UInt8(ascii: "_"):
            guard line.isEmpty else { throw .malformed(offset: start) }
        case UInt8(ascii: "#"):
            guard line == "t" || line == "f" else { throw .malformed(offset: start) }
        case UInt8(ascii: "$"), UInt8(ascii: "="):
            guard let count = Int(line), count >= -1 else { throw .malformed(offset: start) }
            tree.isOldNull = count < 0
            guard count >= 0 else { return tree }
            guard bytes.count - index >= count + 2 else { throw .truncated }
            tree.text = Array(bytes[index..<index + count])
            index += count + 2
            guard bytes[index - 2] == 13, bytes[index - 1] == 10 else { throw .malformed(offset: index) }
        case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: ">"), UInt8(ascii: "%"):
            guard let count = Int(line), count >= -1, depth < 16 else { throw .malformed(offset: start) }
            tree.isOldNull = count < 0
            for _ in 0..<max(count, 0) * (marker == UInt8(ascii: "%") ? 2 : 1) {
                tree.children.append(try readReply(depth: depth + 1))
            }
        case UInt8(ascii: "|"):
            guard let count = Int(line), count >= 1, depth == 0 else { throw .malformed(offset: start) }
            for _ in 0..<count * 2 { try readReply(depth: depth + 1) }
            // What the attribute is about.
            return try readReply(depth: depth)
        default:
            throw .malformed(offset: start)
        }
        return tree
    }

    private mutating func readLine() throws(Failure) -> String {
        var end = index + 1
        while end < bytes.count, bytes[end] != 13, bytes[end] != 10 { end += 1 }
        guard end + 1 < bytes.count else { throw .truncated }
        guard bytes[end] == 13, bytes[end + 1] == 10 else { throw .malformed(offset: end) }
        defer { index = end + 2 }
        return String(decoding: bytes[index + 1..<end], as: UTF8.self)
    }
}
