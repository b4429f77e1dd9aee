internal import ArgumentParser
private import DatasetBuild
internal import DatasetInspection
private import Datasets
private import FoundationEssentials
private import PackedStorage
private import RocksDBStorage
internal import Storage

/// Opens a version for a tool that looks into it and is gone again.
func openInspected(_ directory: String, columnFamily: String? = nil) throws(EngineError) -> any Engine {
    // What is wrong with a manifest is told by whoever needs what is in it.
    let format = (try? DatasetInspection.DatasetPath.manifest(in: directory))?.format
    if columnFamily == nil, format == "packed" || format == nil && PackedEngine.isPresent(in: directory) {
        return try PackedEngine(path: directory)
    }
    // Room for the blocks of a few look-ups; walks leave it alone.
    let cache = try RocksDBCache(capacityBytes: 32 << 20)
    return try RocksDBEngine(
        path: directory, options: RocksDBOptions(columnFamily: columnFamily ?? "default", cache: cache))
}

/// What `engine` tells of its files, by name.
func storageDetails(_ engine: any Engine) -> [String: String] {
    switch engine {
    case let engine as RocksDBEngine:
        return [
            "compacted": engine.storage.isCompacted ? "yes" : "no",
            "table files": "\(engine.storage.fileCount)",
            "index memory": Quantity.bytes(engine.storage.memoryBytes),
        ]
    case let engine as PackedEngine: return details(engine.facts, keyCount: engine.keyCount.value)
    default: return [:]
    }
}

private func details(_ facts: PackedFacts, keyCount: Int) -> [String: String] {
    var details = [
        "segments": Quantity.grouped(facts.segmentCount),
        "index lines": Quantity.grouped(facts.lineCount),
        "index memory": Quantity.bytes(facts.indexBytes),
        "index overflow": Quantity.bytes(facts.overflowBytes),
        "key bytes": Quantity.bytes(facts.keyBytes),
        "longest record": Quantity.bytes(facts.recordByteCountMax),
        "record bytes": Quantity.bytes(facts.recordBytes),
        "compression": "none",
    ]
    if keyCount > 0 {
        // Fifths of bytes decide how much memory a dataset takes.
        let tenths = (facts.indexBytes * 10 + keyCount / 2) / keyCount
        details["index bytes per key"] = "\(tenths / 10).\(tenths % 10)"
    }
    if facts.isCompressed {
        let dictionary =
            facts.dictionaryBytes > 0 ? "dictionary of \(Quantity.bytes(facts.dictionaryBytes))" : "no dictionary"
        details["compression"] = "zstd, \(dictionary); values are \(Quantity.bytes(facts.valueBytes)) without"
    }
    return details
}

/// `value` as indented JSON.
func jsonText(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

extension CommandFailure {
    /// What an inspection that could not be carried out means for the operator.
    init(_ error: InspectionError) {
        let code: ExitCode =
            switch error.kind {
            case .usage: .usage
            case .badData: .badData
            case .inputOutput: .ioError
            case .unreachable: .sourceUnreachable
            }
        self.init(code, error.description)
    }
}
