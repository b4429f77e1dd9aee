internal import Datasets
internal import FoundationEssentials

/// A version as operators and programs are told of it, by a data directory or a server.
struct VersionRow: Encodable, Equatable {
    var versionID: String
    var state: String
    var keyCount: Int?
    var bytes: Int?
    var created: ManifestTime?
    /// Why it is quarantined or damaged.
    var reason: String?

    init(
        versionID: String, state: String, keyCount: Int? = nil, bytes: Int? = nil, created: ManifestTime? = nil,
        reason: String? = nil
    ) {
        self.versionID = versionID
        self.state = state
        self.keyCount = keyCount
        self.bytes = bytes
        self.created = created
        self.reason = reason
    }

    init(_ entry: VersionEntry) {
        self.init(
            versionID: entry.versionID, state: entry.state, keyCount: entry.manifest?.keyCount,
            bytes: entry.byteCount, created: entry.manifest?.created,
            reason: entry.refusal.map { "\($0.kind.rawValue): \($0.reason)" } ?? entry.problem)
    }

    private enum CodingKeys: String, CodingKey {
        case versionID = "version_id"
        case state
        case keyCount = "key_count"
        case bytes, created, reason
    }
}

/// Versions as operators read them, and as programs do; the newest first.
enum VersionTable {
    static func text(_ rows: [VersionRow], now: ManifestTime) -> String {
        guard !rows.isEmpty else { return "no versions" }
        let head = ["VERSION", "STATE", "KEYS", "BYTES", "CREATED", "AGE"]
        let isNumber = [false, false, true, true, false, true]
        let table = [head] + rows.map { cells($0, now: now) }
        let widths = head.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        var lines = table.map { cells in
            var line = ""
            for (column, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += (column == 0 ? "" : "  ") + (isNumber[column] ? padding + cell : cell + padding)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
        let reasons = rows.compactMap { row in row.reason.map { "\(row.versionID): \($0)" } }
        if !reasons.isEmpty { lines += [""] + reasons }
        return lines.joined(separator: "\n")
    }

    private static func cells(_ row: VersionRow, now: ManifestTime) -> [String] {
        [
            row.versionID, row.state, row.keyCount.map(String.init) ?? "-", row.bytes.map(String.init) ?? "-",
            row.created?.description ?? "-", row.created.map { age(now.unixSeconds - $0.unixSeconds) } ?? "-",
        ]
    }

    /// The largest unit that leaves at least two of it: `45s`, `12m`, `7h`, `30d`.
    static func age(_ seconds: Int64) -> String {
        switch max(seconds, 0) {
        case let seconds where seconds < 120: "\(seconds)s"
        case let seconds where seconds < 7_200: "\(seconds / 60)m"
        case let seconds where seconds < 172_800: "\(seconds / 3_600)h"
        case let seconds: "\(seconds / 86_400)d"
        }
    }

    /// An array of objects; what is not known is left out.
    static func json(_ rows: [VersionRow]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(rows), as: UTF8.self)
    }
}
