import Testing

@testable import Datasets

@Suite("Manifest") struct ManifestTests {
    static let manifest = Manifest(
        versionID: "20261121T0300Z", parent: "20261120T0300Z", format: "rocksdb",
        created: ManifestTime(unixSeconds: 1_795_230_000), builder: .init(name: "almanac", version: "0.1.0"),
        keyCount: 2, minKey: ManifestKey([0x00, 0xFF]), maxKey: ManifestKey(Array("zürich".utf8)),
        valueBytes: .init(total: 10, min: 0, p50: 0, p90: 10, p99: 10, p999: 10, max: 10), duplicatesDropped: 1,
        files: [.init(path: "000001.sst", bytes: 7, sha256: digest("x"))],
        canaries: [
            .init(key: ManifestKey(Array("zürich".utf8)), sha256: digest("y")),
            .init(key: ManifestKey([]), sha256: nil),
        ])

    static func digest(_ text: String) -> SHA256Digest {
        let bytes = Array(text.utf8)
        return SHA256.digest(of: bytes.span)
    }

    private func text(_ manifest: Manifest = manifest) throws -> String {
        String(decoding: try manifest.encoded(), as: UTF8.self)
    }

    @Test("comes back from its text as it was")
    func roundTrip() throws {
        #expect(try Manifest.decode(Self.manifest.encoded()) == Self.manifest)
        var empty = Self.manifest
        (empty.keyCount, empty.minKey, empty.maxKey, empty.valueBytes, empty.parent) = (0, nil, nil, nil, nil)
        #expect(try Manifest.decode(empty.encoded()) == empty)
    }

    @Test("writes text keys as text, others as base64, and digests as hexadecimal digits")
    func shape() throws {
        let text = try text()
        #expect(text.contains("\"text\" : \"zürich\""))
        #expect(text.contains("\"base64\" : \"AP8=\""))
        #expect(text.contains("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"))
        #expect(text.contains("\"created\" : \"2026-11-21T03:00:00Z\""))
        #expect(text.contains("\"absent\" : true"))
        #expect(text.hasSuffix("}\n"))
    }

    @Test("tolerates fields that it does not know")
    func unknownFields() throws {
        let text = try text().replacing("\"format\"", with: "\"signature\" : {\"x\": [1]},\n  \"format\"")
        #expect(try Manifest.decode(Array(text.utf8)) == Self.manifest)
    }

    /// What to replace in the text, with what, and the error.
    static let damaged: [(String, String, String)] = [
        ("\"manifest_version\" : 1", "\"manifest_version\" : 2", "manifest_version is 2; this build reads 1"),
        ("\"manifest_version\" : 1", "\"x\" : 1", "manifest_version is missing"),
        ("\"key_count\" : 2", "\"key_count\" : \"2\"", "key_count is not of type Int"),
        ("\"key_count\" : 2", "\"key_count\" : -2", "key_count is negative"),
        ("\"key_count\" : 2", "\"key_count\" : 0", "min_key and max_key are given though key_count is 0"),
        ("\"min_key\"", "\"no_key\"", "min_key or max_key is missing"),
        ("\"AP8=\"", "\"AP8\"", "min_key.base64: not base64 (RFC 4648, padded)"),
        ("\"AP8=\"", "\"/////w==\"", "max_key comes before min_key"),
        ("\"base64\" : \"AP8=\"", "\"x\" : 1", "min_key: a key has either text or base64"),
        (
            "20261121T0300Z", "../evil",
            "version_id must be 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or a digit"
        ),
        ("20261120T0300Z", "", "parent must be 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or a digit"),
        ("\"rocksdb\"", "\"\"", "format must be 1 to 32 of a-z 0-9 -"),
        ("\"rocksdb\"", "\"../\\u001b[2J\"", "format must be 1 to 32 of a-z 0-9 -"),
        ("2026-11-21T03:00:00Z", "2026-02-30T03:00:00Z", "created: a time is written as 2026-11-21T03:00:00Z"),
        ("000001.sst", "../000001.sst", "files: \"../000001.sst\" is not a plain relative path"),
        ("000001.sst", "/etc/passwd", "files: \"/etc/passwd\" is not a plain relative path"),
        ("000001.sst", "manifest.json", "files: \"manifest.json\" is not a plain relative path"),
        ("\"bytes\" : 7", "\"bytes\" : -7", "files: \"000001.sst\" has a negative size"),
        ("2d711642b", "2D711642b", "files.[0].sha256: a SHA-256 is 64 lower-case hexadecimal digits"),
        ("2d711642b", "", "files.[0].sha256: a SHA-256 is 64 lower-case hexadecimal digits"),
        ("\"absent\" : true", "\"absent\" : false", "canaries.[1]: a canary has either sha256 or absent"),
        ("\"p50\" : 0", "\"p50\" : 99", "value_bytes does not ascend from min to max"),
        ("\"total\" : 10", "\"total\" : 9", "value_bytes: total is below max"),
        ("{\n  \"builder\"", "[\n  \"builder\"", "it is not a JSON object in UTF-8"),
        ("\"rocksdb\"", "rocksdb", "it is not JSON"),
        ("\"format\" :", "\"parent\" :", "the field \"parent\" is there twice"),
        ("000001.sst", "a\\u009b2J\u{202E}b", "files: \"a\u{FFFD}2J\u{FFFD}b\" is not a plain relative path"),
    ]

    @Test("tells which field is wrong", arguments: damaged)
    func damage(_ original: String, _ replacement: String, _ message: String) throws {
        let text = try text()
        let damaged = text.replacing(original, with: replacement, maxReplacements: 1)
        try #require(damaged != text)
        let error = #expect(throws: ManifestError.self) { try Manifest.decode(Array(damaged.utf8)) }
        #expect(error?.description == message)
        #expect(error?.isUnsupported == message.hasPrefix("manifest_version is 2"))
    }

    @Test("refuses text that was cut off anywhere")
    func truncated() throws {
        let whole = try Self.manifest.encoded()
        for count in 0..<whole.count - 2 {
            #expect(throws: ManifestError.self) { try Manifest.decode(Array(whole.prefix(count))) }
        }
    }

    @Test("refuses a file that is listed twice")
    func listedTwice() throws {
        var manifest = Self.manifest
        manifest.files += manifest.files
        #expect(throws: ManifestError("files: \"000001.sst\" is listed twice")) { try manifest.encoded() }
    }

    @Test(
        "takes ids that can be a directory's name",
        arguments: ["v1", "20261121T0300Z", "a.b_c-d", String(repeating: "x", count: 64)])
    func validIDs(_ id: String) {
        #expect(Manifest.isValidVersionID(id))
    }

    @Test(
        "refuses other ids",
        arguments: ["", ".", "..", ".hidden", "-x", "_x", "a/b", "a b", "ä", "a\0", String(repeating: "x", count: 65)])
    func invalidIDs(_ id: String) {
        #expect(!Manifest.isValidVersionID(id))
    }

    @Test(
        "reads and writes times",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"), (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"), (1_795_230_000, "2026-11-21T03:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] as [(Int64, String)])
    func times(_ seconds: Int64, _ text: String) {
        #expect(ManifestTime(unixSeconds: seconds).description == text)
        #expect(ManifestTime(text)?.unixSeconds == seconds)
    }

    @Test(
        "refuses times of other forms, and days that are not",
        arguments: [
            "", "2026-11-21 03:00:00Z", "2026-11-21T03:00:00", "2026-11-21T03:00:00.0Z", "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T03:60:00Z", "1969-12-31T23:59:59Z",
            "2026-00-10T00:00:00Z", "2026-01-00T00:00:00Z",
        ])
    func noTimes(_ text: String) {
        #expect(ManifestTime(text) == nil)
    }

    @Test("makes version ids that sort as time does")
    func versionIDs() {
        #expect(ManifestTime(unixSeconds: 1_795_230_000).versionID == "20261121T0300Z")
        #expect(Manifest.isValidVersionID(ManifestTime(unixSeconds: 0).versionID))
    }

    @Test("shows keys on one line", arguments: [("user:17", "user:17"), ("a\nb", "base64:YQpi"), ("", "")])
    func printable(_ key: String, _ shown: String) {
        #expect(ManifestKey(Array(key.utf8)).printable == shown)
    }
}
