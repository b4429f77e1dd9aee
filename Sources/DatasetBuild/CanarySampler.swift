internal import Bytes
internal import Datasets

/// Chooses keys that a server tries before it serves the version: 56 that are there, 8 that are not.
///
/// Every key is chosen with the same chance, from a fixed seed: the same rows give the same canaries.
/// An absent one is a key that is there with something behind it, so that it looks like its neighbours.
struct CanarySampler: ~Copyable {
    private var present: [Manifest.Canary] = []
    private var absent: [[UInt8]] = []
    /// An absent key whose place in the order has not been passed yet, so that it might still turn up.
    private var pending: [UInt8]?
    private var keysSeen = 0
    private var random: SplitMix64

    static let presentMax = 56
    static let absentMax = 8

    private static let absentSuffix = Array("~absent".utf8)

    init(seed: UInt64 = 0x616C_6D61_6E61_6321) { random = SplitMix64(state: seed) }

    /// Takes the next row in ascending order of keys.
    mutating func add(key: Span<UInt8>, value: Span<UInt8>) {
        keysSeen += 1
        if pending != nil { settlePending(key) }
        if let slot = slot(in: present.count, of: Self.presentMax) {
            let canary = Manifest.Canary(key: ManifestKey(key.copied()), sha256: SHA256.digest(of: value))
            if slot < present.count { present[slot] = canary } else { present.append(canary) }
        }
        if pending == nil, slot(in: absent.count, of: Self.absentMax) != nil {
            pending = key.copied() + Self.absentSuffix
        }
    }

    /// The canaries, by key.
    consuming func finish() -> [Manifest.Canary] {
        if let pending { keep(pending) }
        // Without any row there is nothing to look like.
        if keysSeen == 0 { absent = (1...Self.absentMax).map { Array("almanac:absent:\($0)".utf8) } }
        let all = present + absent.map { Manifest.Canary(key: ManifestKey($0), sha256: nil) }
        return all.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
    }

    /// Reservoir sampling: where the newest key goes, or `nil` where it is not chosen.
    private mutating func slot(in count: Int, of limit: Int) -> Int? {
        if count < limit { return count }
        let slot = Int(random.next() % UInt64(keysSeen))
        return slot < limit ? slot : nil
    }

    /// Decides on the pending key when the order has reached or passed it.
    private mutating func settlePending(_ key: Span<UInt8>) {
        guard let candidate = pending else { return }
        let order = key.compare(candidate.span)
        guard order >= 0 else { return }
        pending = nil
        if order > 0 { keep(candidate) }
    }

    private mutating func keep(_ candidate: [UInt8]) {
        if absent.count < Self.absentMax {
            absent.append(candidate)
        } else {
            absent[Int(random.next() % UInt64(Self.absentMax))] = candidate
        }
    }
}

/// A small generator of pseudo-random numbers (Steele, Lea and Flood, 2014).
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
