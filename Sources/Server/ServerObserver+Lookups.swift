import Commands
import Datasets
import Platform
public import Storage

/// What became of one key that an operator asked for; a plain value.
public struct KeyFinding: Sendable, Equatable {
    public enum Result: Sendable, Equatable {
        /// The value's whole length in bytes, and its first bytes.
        case hit(byteCount: Int, first: [UInt8])
        case miss
        /// What cannot be read, for operators: it may name paths.
        case damaged(EngineError)
    }

    public var result: Result
    /// Of the version that answered.
    public var versionID: String
    /// From the key to its value, on the calling thread, the disk included.
    public var nanoseconds: UInt64

    public init(result: Result, versionID: String, nanoseconds: UInt64) {
        self.result = result
        self.versionID = versionID
        self.nanoseconds = nanoseconds
    }
}

extension ServerObserver {
    /// Looks up one key in the version that is current; waits for the disk, so no loop calls it.
    ///
    /// The version is held like any reader's, so that it does not close meanwhile. Clients' counters stay as they are.
    ///
    /// - Parameters:
    ///   - key: Any bytes.
    ///   - database: The number of the dataset.
    ///   - valueBytesMax: How many of the value's first bytes are copied.
    /// - Returns: `nil` where there is no such dataset.
    public func lookUp(_ key: [UInt8], in database: Int, valueBytesMax: Int) -> KeyFinding? {
        let versions = state.catalog.versions
        guard versions.indices ~= database else { return nil }
        let version = versions[database]
        let start = Clock.monotonicNanoseconds()
        var batch = version.engine.makeBatch()
        let index = batch.append(key.span)
        version.engine.lookUp(&batch, in: 0..<batch.count, tier: .anywhere)
        let result: KeyFinding.Result =
            switch batch.outcome(at: index) {
            case .hit:
                batch.withValue(at: index) { value in
                    var first: [UInt8] = []
                    for place in 0..<min(value.count, valueBytesMax) { first.append(value[place]) }
                    return .hit(byteCount: value.count, first: first)
                }
            case .miss: .miss
            case .damaged, .wouldBlock, .pending:
                .damaged(
                    batch.failure ?? EngineError(operation: "get", kind: .io, message: "the engine gave no answer"))
            }
        let nanoseconds = Clock.nanoseconds(from: start, to: Clock.monotonicNanoseconds())
        return KeyFinding(result: result, versionID: version.id, nanoseconds: nanoseconds)
    }
}
