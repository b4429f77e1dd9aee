/// What a build did.
public struct BuildSummary: Sendable {
    public var output: String
    public var versionID: String
    public var rowsRead: Int
    public var keyCount: Int
    public var duplicatesDropped: Int
    public var badRowsSkipped: Int
    /// Of the inputs, as stored.
    public var inputBytes: Int
    /// Of all files of the version but its manifest.
    public var outputBytes: Int
    public var elapsed: Duration
    /// What else an operator should hear of, one line each.
    public var notes: [String] = []

    /// Several lines for an operator.
    public var text: String {
        let rate = Int(Double(rowsRead) / max(elapsed / .seconds(1), 0.001))
        let table = """
            \(output): version \(versionID)
              rows read           \(Quantity.grouped(rowsRead))
              keys                \(Quantity.grouped(keyCount))
              duplicates dropped  \(Quantity.grouped(duplicatesDropped))
              bad rows skipped    \(Quantity.grouped(badRowsSkipped))
              bytes read          \(Quantity.bytes(inputBytes))
              bytes written       \(Quantity.bytes(outputBytes))
              time                \(Quantity.duration(elapsed)), \(Quantity.grouped(rate)) rows/s
            """
        return ([table] + notes.map { "  note: \($0)" }).joined(separator: "\n")
    }
}
