internal import Bytes
public import Storage

/// Reads single keys out of a dataset at rest.
public enum KeyReading {
    /// The value of `key`; `nil` where it is absent.
    public static func value(
        of key: [UInt8], in engine: any Engine, path: String
    ) throws(InspectionError) -> [UInt8]? {
        var batch = engine.makeBatch()
        _ = batch.append(key.span)
        engine.lookUp(&batch, in: 0..<1, tier: .anywhere)
        switch batch.outcome(at: 0) {
        case .hit: return batch[valueAt: 0].copied()
        case .miss: return nil
        case .damaged, .wouldBlock, .pending:
            let failure = EngineError(operation: "get", kind: .damaged, message: "the key cannot be read")
            throw InspectionError(batch.failure ?? failure, reading: path)
        }
    }

    /// The first `limit` keys that begin with `prefix`, in the engine's order.
    ///
    /// Reads all keys until there are so many, where the engine does not order them by their bytes.
    public static func keys(
        beginningWith prefix: [UInt8], limit: Int, in engine: any Engine, path: String
    ) throws(InspectionError) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        func add(_ key: Span<UInt8>) {
            guard key.count >= prefix.count, keys.count < limit else { return }
            if key.extracting(..<prefix.count).isEqual(to: prefix.span) { keys.append(key.copied()) }
        }
        do throws(EngineError) {
            guard limit > 0 else { return [] }
            guard !engine.isOrdered else {
                _ = try engine.scan(from: .key(prefix), limit: limit, add)
                return keys
            }
            var next: ScanStart? = .beginning
            while let start = next, keys.count < limit {
                next = try engine.scan(from: start, limit: Self.keysInPage, add)
            }
        } catch {
            throw InspectionError(error, reading: path)
        }
        return keys
    }

    private static let keysInPage = 4_096
}
