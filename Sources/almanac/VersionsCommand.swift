internal import ArgumentParser
internal import Datasets
internal import FoundationEssentials
internal import Glibc

/// `almanac versions`: what is in a data directory.
struct VersionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "versions",
        abstract: "Lists the versions in a data directory.",
        discussion: """
            STATES, of which a version may be in several:
              current      what the link DIR/current leads to, and servers serve
              pinned       the dataset is to stay with it; see almanac help pin
              quarantined  refused, and why; it is not tried again by itself
              incoming     being downloaded, or left half-way
              available    there, and none of these
              damaged      there, but its manifest cannot be used
              not on disk  spoken of, but gone

            EXAMPLES:
              almanac versions /srv/users
              almanac versions /srv/users --json

            EXIT CODES:
              0   done
              64  the command line is wrong
              74  the directory cannot be read
              78  it is no data directory
            """)

    @OptionGroup var directory: DataDirectoryArgument

    @Flag(help: "Prints JSON: an array of objects.")
    var json = false

    func run() throws {
        let entries = try directory.open().entries()
        if json {
            print(try VersionTable.json(entries))
        } else {
            print(VersionTable.text(entries, now: ManifestTime(unixSeconds: Int64(time(nil)))))
        }
    }
}

/// Versions as an operator reads them, and as programs do.
enum VersionTable {
    static func text(_ entries: [VersionEntry], now: ManifestTime) -> String {
        guard !entries.isEmpty else { return "no versions" }
        let head = ["VERSION", "STATE", "KEYS", "BYTES", "CREATED", "AGE"]
        let isNumber = [false, false, true, true, false, true]
        let rows = [head] + entries.reversed().map { row($0, now: now) }
        let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += (column == 0 ? "" : "  ") + (isNumber[column] ? padding + cell : cell + padding)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
        let reasons = entries.reversed().compactMap { entry in
            (entry.refusal?.reason ?? entry.problem).map { "\(entry.versionID): \($0)" }
        }
        if !reasons.isEmpty { lines += [""] + reasons }
        return lines.joined(separator: "\n")
    }

    private static func row(_ entry: VersionEntry, now: ManifestTime) -> [String] {
        guard let manifest = entry.manifest else { return [entry.versionID, entry.state, "-", "-", "-", "-"] }
        let seconds = now.unixSeconds - manifest.created.unixSeconds
        return [
            entry.versionID, entry.state, "\(manifest.keyCount)", "\(entry.byteCount ?? 0)", "\(manifest.created)",
            age(seconds),
        ]
    }

    /// The largest unit that is whole: `45s`, `12m`, `7h`, `30d`.
    static func age(_ seconds: Int64) -> String {
        switch max(seconds, 0) {
        case let seconds where seconds < 120: "\(seconds)s"
        case let seconds where seconds < 7_200: "\(seconds / 60)m"
        case let seconds where seconds < 172_800: "\(seconds / 3_600)h"
        case let seconds: "\(seconds / 86_400)d"
        }
    }

    static func json(_ entries: [VersionEntry]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(entries.map(Row.init)), as: UTF8.self)
    }

    /// A version in JSON; what is not known is left out.
    private struct Row: Encodable {
        let versionID: String
        let current: Bool
        let pinned: Bool
        let onDisk: Bool
        let refusal: Refusal?
        let problem: String?
        let incoming: Progress?
        let keyCount: Int?
        let bytes: Int?
        let created: ManifestTime?
        let parent: String?
        let format: String?

        enum CodingKeys: String, CodingKey {
            case versionID = "version_id"
            case current, pinned
            case onDisk = "on_disk"
            case refusal, problem, incoming
            case keyCount = "key_count"
            case bytes, created, parent, format
        }

        struct Progress: Encodable {
            let bytes: Int
            let total: Int?
        }

        init(_ entry: VersionEntry) {
            versionID = entry.versionID
            current = entry.isCurrent
            pinned = entry.isPinned
            onDisk = entry.place == .versions
            refusal = entry.refusal
            problem = entry.problem
            incoming =
                if case .incoming(let bytes, let total) = entry.place {
                    Progress(bytes: bytes, total: total)
                } else {
                    nil
                }
            keyCount = entry.manifest?.keyCount
            bytes = entry.byteCount
            created = entry.manifest?.created
            parent = entry.manifest?.parent
            format = entry.manifest?.format
        }
    }
}
