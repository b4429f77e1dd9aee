/// How rows are written in an input.
public enum InputFormat: String, Sendable, CaseIterable {
    case csv
    case tsv
    case jsonLines = "jsonl"
    case resp

    /// What the extension of `path` says, one of a compression before it passed over; `nil` where it says nothing.
    public init?(path: String) {
        var name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
        for compression in [".gz", ".zst", ".zstd"] where name.hasSuffix(compression) {
            name.removeLast(compression.count)
            break
        }
        switch name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last {
        case "csv": self = .csv
        case "tsv", "tab": self = .tsv
        case "jsonl", "ndjson": self = .jsonLines
        case "resp": self = .resp
        default: return nil
        }
    }
}
