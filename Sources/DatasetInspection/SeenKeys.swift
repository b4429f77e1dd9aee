/// Tells whether a key has come before, for so many keys as fit into a bounded set of their hashes.
///
/// Two of four million keys share a hash about once in two million walks.
struct SeenKeys {
    private var hashes: Set<UInt64> = []
    private let keysMax: Int
    /// Whether keys have come that could not be remembered, so that one of them may have been taken for new twice.
    private(set) var isFull = false

    init(keysMax: Int = 1 << 22) { self.keysMax = keysMax }

    /// Whether `key` comes for the first time, as far as is known.
    mutating func insert(_ key: [UInt8]) -> Bool {
        var hasher = Hasher()
        hasher.combine(key)
        let hash = UInt64(bitPattern: Int64(hasher.finalize()))
        guard hashes.count >= keysMax else { return hashes.insert(hash).inserted }
        if hashes.contains(hash) { return false }
        isFull = true
        return true
    }
}
