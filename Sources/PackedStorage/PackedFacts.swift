/// What the trailers of a packed version's segments say, taken together.
public struct PackedFacts: Sendable, Equatable {
    public var segmentCount = 0
    public var lineCount = 0
    /// Of records, with their checksums and lengths.
    public var recordBytes = 0
    /// Of lines and overflow, which are kept in memory.
    public var indexBytes = 0
    public var overflowBytes = 0
    public var keyBytes = 0
    /// Before compression; `Int.max` where trailers say more than that.
    public var valueBytes = 0
    public var recordByteCountMax = 0
    public var isCompressed = false
    public var dictionaryBytes = 0
}

extension PackedEngine {
    /// What there is to know of the files, for operators.
    public var facts: PackedFacts {
        var facts = PackedFacts()
        for segment in segments {
            let layout = segment.layout
            facts.segmentCount += 1
            facts.lineCount += layout.lineCount
            facts.recordBytes += layout.records.count
            facts.indexBytes += layout.index.count
            facts.overflowBytes += layout.overflow.count
            facts.keyBytes += layout.keyBytes
            // What is before compression has no bound in the size of the files.
            let (sum, overflows) = facts.valueBytes.addingReportingOverflow(layout.valueBytes)
            facts.valueBytes = overflows ? .max : sum
            facts.recordByteCountMax = max(facts.recordByteCountMax, layout.recordByteCountMax)
            facts.isCompressed = facts.isCompressed || layout.compression == .zstd
            facts.dictionaryBytes = max(facts.dictionaryBytes, layout.dictionary.count)
        }
        return facts
    }
}
