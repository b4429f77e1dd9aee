internal import FoundationEssentials

/// A manifest that cannot be used, and where it goes wrong.
public struct ManifestError: Error, Equatable, CustomStringConvertible {
    /// One line for an operator, which names the field.
    public let description: String
    /// Whether a newer release wrote it: it may be sound, and this build cannot tell.
    public let isUnsupported: Bool

    init(_ description: String, isUnsupported: Bool = false) {
        self.description = description
        self.isUnsupported = isUnsupported
    }
}

extension Manifest {
    /// Reads the text of a `manifest.json` and checks everything that it says about itself.
    public static func decode(_ json: [UInt8]) throws(ManifestError) -> Manifest {
        if let problem = StrictJSON.problem(in: json) { throw ManifestError(problem) }
        let decoder = JSONDecoder()
        let manifest: Manifest
        do {
            let head = try decoder.decode(Head.self, from: Data(json))
            guard head.manifestVersion == manifestVersionSupported else {
                throw ManifestError(
                    "manifest_version is \(head.manifestVersion); this build reads \(manifestVersionSupported)",
                    isUnsupported: head.manifestVersion > manifestVersionSupported)
            }
            manifest = try decoder.decode(Manifest.self, from: Data(json))
        } catch let error as ManifestError {
            throw error
        } catch {
            throw ManifestError(describe(error))
        }
        try manifest.validate()
        return manifest
    }

    /// The text of `manifest.json`: indented, fields in alphabetical order, a line feed at its end.
    public func encoded() throws(ManifestError) -> [UInt8] {
        try validate()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
        } catch {
            throw ManifestError("it cannot be written as JSON: \(error)")
        }
    }

    /// Checks what the types do not.
    public func validate() throws(ManifestError) {
        func require(_ isTrue: Bool, _ problem: @autoclosure () -> String) throws(ManifestError) {
            if !isTrue { throw ManifestError(problem()) }
        }
        let idRule = "1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or a digit"
        try require(Self.isValidVersionID(versionID), "version_id must be \(idRule)")
        if let parent { try require(Self.isValidVersionID(parent), "parent must be \(idRule)") }
        try require(Self.isValidFormat(format), "format must be 1 to 32 of a-z 0-9 -")
        try require(keyCount >= 0, "key_count is negative")
        try require(duplicatesDropped >= 0, "duplicates_dropped is negative")
        if keyCount == 0 {
            try require(minKey == nil && maxKey == nil, "min_key and max_key are given though key_count is 0")
        } else {
            guard let minKey, let maxKey else { throw ManifestError("min_key or max_key is missing") }
            try require(!maxKey.bytes.lexicographicallyPrecedes(minKey.bytes), "max_key comes before min_key")
        }
        if let sizes = valueBytes {
            let ascending = [0, sizes.min, sizes.p50, sizes.p90, sizes.p99, sizes.p999, sizes.max]
            try require(ascending == ascending.sorted(), "value_bytes does not ascend from min to max")
            try require(sizes.total >= sizes.max, "value_bytes: total is below max")
        }
        var paths: Set<String> = []
        var total = 0
        for file in files {
            let name = "\"\(OneLine.shown(file.path))\""
            try require(Self.isValidPath(file.path), "files: \(name) is not a plain relative path")
            try require(paths.insert(file.path).inserted, "files: \(name) is listed twice")
            try require(file.bytes >= 0, "files: \(name) has a negative size")
            let (sum, isTooMuch) = total.addingReportingOverflow(file.bytes)
            try require(!isTooMuch, "files: together they have more bytes than can be counted")
            total = sum
        }
    }

    /// What stands beside the files without being one of them.
    private static let reservedNames: Set<String> = [
        fileName, VersionDirectory.sealFileName, VersionDirectory.signatureFileName,
    ]

    /// Whether `format` can be the name of one, known or not: it is shown, and stored beside the version.
    private static func isValidFormat(_ format: String) -> Bool {
        (1...32).contains(format.utf8.count)
            && format.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    /// Whether `path` stays inside the version's directory, and is not the manifest or what goes with it.
    private static func isValidPath(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !reservedNames.contains(path) && path.unicodeScalars.allSatisfy(OneLine.isPrinted)
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    /// The one field that every manifest version has.
    private struct Head: Decodable {
        let manifestVersion: Int

        enum CodingKeys: String, CodingKey {
            case manifestVersion = "manifest_version"
        }
    }

    private static func describe(_ error: any Error) -> String {
        func path(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
            let keys = context.codingPath + (last.map { [$0] } ?? [])
            return keys.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }.joined(separator: ".")
        }
        return switch error {
        case DecodingError.keyNotFound(let key, let context): "\(path(context, key)) is missing"
        case DecodingError.valueNotFound(_, let context): "\(path(context)) is null"
        case DecodingError.typeMismatch(let type, let context): "\(path(context)) is not of type \(type)"
        case DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty: "it is not JSON"
        case DecodingError.dataCorrupted(let context): "\(path(context)): \(context.debugDescription)"
        default: "\(error)"
        }
    }
}
