/// One reply, taken apart.
public struct ReplyTree: Sendable, Equatable {
    /// The byte that tells the type: `+`, `-`, `:`, `$`, `*`, `_`, `%` and so on.
    public var marker: UInt8
    /// What stands on the first line behind the marker, or the content of a bulk string.
    public var text: [UInt8]
    /// Elements of an aggregate; of a map, keys and values in turn.
    public var children: [ReplyTree] = []
    /// Whether this is RESP2's null, a bulk string or an array of count -1.
    public var isOldNull = false

    public var isError: Bool { marker == UInt8(ascii: "-") }

    /// Whether the reply is the line `line`, marker included.
    public func isLine(_ line: String) -> Bool { [marker] + text == Array(line.utf8) }

    /// Whether this and all it holds are of types that RESP2 has.
    public var isRESP2: Bool {
        switch marker {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "$"): true
        case UInt8(ascii: "*"): children.allSatisfy(\.isRESP2)
        default: false
        }
    }

    /// Whether nothing in it is a null of RESP2.
    public var isRESP3: Bool { !isOldNull && children.allSatisfy(\.isRESP3) }
}
