private import DatasetBuild
internal import DatasetInspection
private import Datasets

/// What `almanac inspect` prints: names and values in two columns.
struct InspectionText {
    private let report: InspectionReport
    private var lines: [(name: String, value: String)] = []

    init(_ report: InspectionReport) {
        self.report = report
        addDirectory()
        if let manifest = report.manifest { addManifest(manifest) }
        addFiles()
        addEngine()
    }

    var text: String {
        let width = lines.map(\.name.count).max() ?? 0
        return lines.map { name, value in
            name + String(repeating: " ", count: width - name.count) + "  " + value
        }.joined(separator: "\n")
    }

    private mutating func add(_ name: String, _ value: String?) {
        if let value { lines.append((name, value)) }
    }

    private mutating func addDirectory() {
        add("path", "\(report.path) (\(report.kind))")
        guard let versions = report.versions else { return }
        let current = report.directory?.split(separator: "/").last.map(String.init)
        add("current", current ?? "none")
        add("versions", versions.isEmpty ? "none" : versions.joined(separator: " "))
        let quarantined = report.quarantined ?? []
        add("quarantined", quarantined.isEmpty ? "none" : quarantined.joined(separator: " "))
    }

    private mutating func addManifest(_ manifest: Manifest) {
        add("version", manifest.versionID)
        add("format", manifest.format)
        add("created", "\(manifest.created)")
        add("builder", "\(manifest.builder.name) \(manifest.builder.version)")
        add("parent", manifest.parent ?? "none")
        add("keys", Quantity.grouped(manifest.keyCount))
        add("duplicates dropped", Quantity.grouped(manifest.duplicatesDropped))
        add("first key", manifest.minKey.map { Printable.text($0.bytes.span) })
        add("last key", manifest.maxKey.map { Printable.text($0.bytes.span) })
        if let sizes = manifest.valueBytes {
            add("values", Quantity.bytes(sizes.total))
            let named = [
                ("min", sizes.min), ("p50", sizes.p50), ("p90", sizes.p90), ("p99", sizes.p99),
                ("p99.9", sizes.p999), ("max", sizes.max),
            ]
            add("value sizes", named.map { "\($0) \(Quantity.bytes($1))" }.joined(separator: ", "))
        }
        let absent = manifest.canaries.count { $0.sha256 == nil }
        add("canaries", "\(manifest.canaries.count), \(absent) of them absent")
        add("signature", report.isSigned ? "present" : "none")
    }

    private mutating func addFiles() {
        guard report.directory != nil else { return }
        if report.manifest == nil { add("manifest", "none") }
        var files = "\(Quantity.grouped(report.fileCount)), \(Quantity.bytes(report.fileBytes))"
        if let largest = report.largestFile {
            files += "; the largest is \(largest.path), \(Quantity.bytes(largest.bytes))"
        }
        add("files", files)
    }

    private mutating func addEngine() {
        if report.engineProblem != nil { add("engine", "does not open") }
        guard let engine = report.engine else { return }
        let count = Quantity.grouped(engine.keyCount)
        add("engine", "\(engine.format), \(engine.isKeyCountExact ? count : "about \(count)") keys")
        for (name, value) in engine.details.sorted(by: { $0.key < $1.key }) { add(name, value) }
    }
}
