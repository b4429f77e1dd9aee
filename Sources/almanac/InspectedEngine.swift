internal import ArgumentParser
internal import DatasetInspection
private import FoundationEssentials
internal import RocksDBStorage
internal import Storage

/// Opens a version for a tool that looks into it and is gone again.
func openInspected(_ directory: String, columnFamily: String? = nil) throws(EngineError) -> RocksDBEngine {
    // Room for the blocks of a few look-ups; walks leave it alone.
    let cache = try RocksDBCache(capacityBytes: 32 << 20)
    return try RocksDBEngine(
        path: directory, options: RocksDBOptions(columnFamily: columnFamily ?? "default", cache: cache))
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
