public import Datasets
import TestSupport

/// Two datasets whose versions are numbered, and whose values name the version that they are of.
///
/// Some keys are there in every version, some only in every third, so that absence tells of a version too.
public enum VersionedWorld {
    public typealias Bytes = [UInt8]

    /// How many datasets there are.
    public static let databaseCount = 2
    /// A key that no engine can read.
    public static let damagedKey = Bytes("bad".utf8)
    /// Every key that a version may hold, sorted.
    public static let keys: [Bytes] =
        ((0..<24).map { Bytes("k\($0)".utf8) } + [damagedKey, Bytes("long".utf8), []])
        .sorted { $0.lexicographicallyPrecedes($1) }

    /// What a version of a dataset holds for a key; `nil` for nothing.
    public static func value(of key: Bytes, in version: Int, of database: Int) -> Bytes? {
        guard keys.contains(key) else { return nil }
        if let last = key.last, last % 3 == 1, version % 3 == Int(last) % 2 { return nil }
        let name = Bytes("\(database).\(version).".utf8) + key
        return key == Bytes("long".utf8) ? name + Bytes(repeating: 46, count: 20_000) : name
    }

    /// Makes a version, with those keys cold whose number has its bit set in `coldBits`.
    public static func make(_ version: Int, of database: Int, coldBits: UInt32) -> DatasetVersion {
        var entries: [Bytes: Bytes] = [:]
        var behaviour = MemoryEngine.Behaviour()
        behaviour.damagedKeys = [damagedKey]
        behaviour.warmsOnRead = coldBits & 1 == 0
        for (number, key) in keys.enumerated() {
            entries[key] = value(of: key, in: version, of: database)
            if coldBits >> UInt32(number) & 1 == 1 { behaviour.coldKeys.insert(key) }
        }
        return DatasetVersion(id: "\(database).\(version)", engine: MemoryEngine(entries, behaviour: behaviour))
    }
}
