import Bytes

/// What rules such as `~user:*` say of the keys that `GET` may have, made ready to be asked about each of a pipeline.
///
/// It may know too little, never too much: keys that other patterns allow are for who looks at the rules themselves.
struct KeyPrefixes: Sendable {
    /// All of them, one behind the other.
    private let bytes: [UInt8]
    /// Where each ends.
    private let ends: [Int]

    /// `nil` where no rule is of such a form.
    ///
    /// - Parameters:
    ///   - user: Whose rules they are.
    ///   - database: The selected one.
    ///   - get: The row of `GET`.
    init?(_ user: AccessUser, database: Int, _ get: CommandRow) {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for selector in user.rules.selectors
        where selector.allows(database: database) && selector.allows(get, firstArgument: nil) {
            for rule in selector.keyRules where rule.access.contains(.read) && rule.isPrefix {
                bytes += rule.glob.prefix
                ends.append(bytes.count)
            }
        }
        guard !ends.isEmpty else { return nil }
        (self.bytes, self.ends) = (bytes, ends)
    }

    /// Whether a key begins with one of them; the empty key is none of `*`, as ``KeyRule`` has it.
    @inline(__always) func cover(_ key: Span<UInt8>) -> Bool {
        guard !key.isEmpty else { return false }
        let bytes = bytes.span
        let ends = ends.span
        var start = 0
        for place in ends.indices {
            let end = ends[place]
            if end &- start <= key.count {
                var index = start
                while index < end, bytes[index] == key[index &- start] { index &+= 1 }
                if index == end { return true }
            }
            start = end
        }
        return false
    }
}
