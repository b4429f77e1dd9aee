import Foundation
import RocksDBStorage
import Storage
import TestSupport
import Testing

/// Writes `entries` as a database of our own into `path`.
func write(_ entries: [[UInt8]: [UInt8]], to path: String) throws -> RocksDBWriterSummary {
    var writer = try RocksDBWriter(directory: path)
    for (key, value) in entries.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
        try writer.append(key: key.span, value: value.span)
    }
    return try writer.finish()
}

/// Writes keys `key-000000`… with values `value-0-xxx…`, as the fixtures have them.
func writeNumbered(_ count: Int, to path: String) throws -> RocksDBWriterSummary {
    var writer = try RocksDBWriter(directory: path)
    for number in 0..<count {
        let (key, value) = (numberedKey(number), numberedValue("value", number))
        try writer.append(key: key.span, value: value.span)
    }
    return try writer.finish()
}

func numberedKey(_ number: Int) -> [UInt8] { Array("key-\(String(1_000_000 + number).dropFirst())".utf8) }

func numberedValue(_ word: String, _ number: Int) -> [UInt8] {
    Array("\(word)-\(number)-\(String(repeating: "x", count: 80))".utf8)
}

func openDatabase(
    _ path: String, columnFamily: String = "default", cacheBytes: Int = 64 << 20
) throws(EngineError) -> RocksDBEngine {
    let options = RocksDBOptions(
        columnFamily: columnFamily, cache: try RocksDBCache(capacityBytes: cacheBytes), openThreads: 2)
    return try RocksDBEngine(path: path, options: options)
}

/// What one key alone gives.
enum Answer: Equatable {
    case hit([UInt8])
    case other(Outcome, EngineError.Kind?)

    static let miss = Answer.other(.miss, nil)
    static let wouldBlock = Answer.other(.wouldBlock, nil)
}

func lookUp(_ engine: any Engine, _ key: [UInt8], tier: ReadTier = .anywhere) -> Answer {
    var batch = engine.makeBatch()
    _ = batch.append(key.span)
    engine.lookUp(&batch, in: 0..<1, tier: tier)
    let outcome = batch.outcome(at: 0)
    return outcome == .hit ? .hit(Array(copying: batch[valueAt: 0])) : .other(outcome, batch.failure?.kind)
}

func allKeys(_ engine: any Engine) throws -> [[UInt8]] {
    var keys: [[UInt8]] = []
    let next = try engine.scan(from: .beginning, limit: 1_000_000) { keys.append(Array(copying: $0)) }
    #expect(next == nil)
    return keys
}

/// The names of the files in `directory` that end with `suffix`.
func files(in directory: String, endingWith suffix: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(suffix) }.sorted()
}

/// Changes one byte of the file at `offset` from its start, or from its end where that is negative.
func overwriteByte(of path: String, at offset: Int, with change: (UInt8) -> UInt8) throws {
    var bytes = try Data(contentsOf: URL(filePath: path))
    let index = offset < 0 ? bytes.count + offset : offset
    bytes[index] = change(bytes[index])
    try bytes.write(to: URL(filePath: path))
}
