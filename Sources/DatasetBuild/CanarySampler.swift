internal import Bytes
internal import Datasets
internal import PackedStorage

/// Chooses keys that a server tries before it serves the version: 56 that are there, 8 that are not.
///
/// The keys are those that come first when all are put in an order that looks like chance and follows from their
/// hashes: so every key has the same chance, and the same rows give the same canaries in whatever order they pass.
/// An absent one is a key that is there with something behind it, so that it looks like its neighbours.
struct CanarySampler: Sendable {
    private var present = KeySelection<SHA256Digest>(countMax: presentMax)
    private var stems = KeySelection<Stem>(countMax: stemsMax)
    private var keysSeen = 0

    static let presentMax = 56
    static let absentMax = 8
    /// Of some the name of the absent key is taken, or they are not there themselves.
    private static let stemsMax = 64
    private static let absentSuffix = Array("~absent".utf8)
    // Two orders that have nothing to do with each other, nor with that of records in a file.
    private static let presentSeed: UInt64 = 0x616C_6D61_6E61_6321
    private static let stemSeed: UInt64 = 0x7E61_6273_656E_7421

    /// What is known of a key that might lend its name to an absent one.
    private struct Stem {
        var isThere: Bool
        /// Whether the key with the suffix behind it is there.
        var isTaken: Bool
    }

    /// Takes a row, whose key has not come before and has this ``PackedKey/hash(_:)``.
    @inline(__always) mutating func add(key: Span<UInt8>, hash: UInt64, value: Span<UInt8>) {
        keysSeen += 1
        let priority = Self.mixed(hash ^ Self.presentSeed)
        if present.admits(priority) { present.insert(priority, key, SHA256.digest(of: value)) { _, _ in } }
        note(key, hash, Stem(isThere: true, isTaken: false))
        if key.count >= Self.absentSuffix.count, key[key.count - 1] == Self.absentSuffix[Self.absentSuffix.count - 1] {
            noteTaken(key)
        }
    }

    private mutating func noteTaken(_ key: Span<UInt8>) {
        let end = key.count - Self.absentSuffix.count
        guard key.extracting(end...).isEqual(to: Self.absentSuffix) else { return }
        let stem = key.extracting(..<end)
        note(stem, PackedKey.hash(stem), Stem(isThere: false, isTaken: true))
    }

    @inline(__always) private mutating func note(_ key: Span<UInt8>, _ hash: UInt64, _ stem: Stem) {
        let priority = Self.mixed(hash ^ Self.stemSeed)
        if stems.admits(priority) { stems.insert(priority, key, stem, combine: Self.combine) }
    }

    private static func combine(_ known: inout Stem, _ other: Stem) {
        known.isThere = known.isThere || other.isThere
        known.isTaken = known.isTaken || other.isTaken
    }

    /// Takes what was chosen of other rows.
    mutating func merge(_ other: CanarySampler) {
        keysSeen += other.keysSeen
        present.merge(other.present) { _, _ in }
        stems.merge(other.stems, combine: Self.combine)
    }

    /// The canaries, by key.
    func finish() -> [Manifest.Canary] {
        let free = stems.members.filter { $0.content.isThere && !$0.content.isTaken }
        var absent = free.prefix(Self.absentMax).map { $0.key + Self.absentSuffix }
        // Without any row there is nothing to look like.
        if keysSeen == 0 { absent = (1...Self.absentMax).map { Array("almanac:absent:\($0)".utf8) } }
        let all =
            present.members.map { Manifest.Canary(key: ManifestKey($0.key), sha256: $0.content) }
            + absent.map { Manifest.Canary(key: ManifestKey($0), sha256: nil) }
        return all.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
    }

    /// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014): one to one, and every bit depends on every other.
    @inline(__always) private static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// Of all keys offered, those of the lowest priorities, each with something about it.
private struct KeySelection<Content: Sendable>: Sendable {
    struct Member: Sendable {
        let priority: UInt64
        let key: [UInt8]
        var content: Content

        func precedes(_ other: Self) -> Bool {
            guard priority == other.priority else { return priority < other.priority }
            return key.lexicographicallyPrecedes(other.key)
        }
    }

    /// The lowest first; of one priority in the order of their keys.
    private(set) var members: [Member] = []
    private let countMax: Int
    /// The highest priority that may still find a place.
    private var bound = UInt64.max

    init(countMax: Int) { self.countMax = countMax }

    @inline(__always) func admits(_ priority: UInt64) -> Bool { priority <= bound }

    /// Puts a key in its place; where it has one, `combine` adds what is new about it.
    mutating func insert(
        _ priority: UInt64, _ key: Span<UInt8>, _ content: Content, combine: (inout Content, Content) -> Void
    ) {
        let added = Member(priority: priority, key: key.copied(), content: content)
        let place = members.firstIndex { !$0.precedes(added) } ?? members.count
        if place < members.count, !added.precedes(members[place]) {
            return combine(&members[place].content, content)
        }
        members.insert(added, at: place)
        if members.count > countMax { members.removeLast() }
        if members.count == countMax, let last = members.last { bound = last.priority }
    }

    mutating func merge(_ other: Self, combine: (inout Content, Content) -> Void) {
        for member in other.members where admits(member.priority) {
            insert(member.priority, member.key.span, member.content, combine: combine)
        }
    }
}
