public import Datasets
internal import FoundationEssentials
internal import Platform

/// What a path given by an operator leads to.
public struct DatasetPath: Sendable, Equatable {
    /// As it was given.
    public let path: String
    public let kind: Kind
    /// The directory that holds the engine's files; `nil` for a data directory without a current version.
    public let versionDirectory: String?

    public enum Kind: Sendable, Equatable {
        /// Holds versions, of which one may be current.
        case dataDirectory
        /// Has a manifest.
        case version
        /// Has none: a database made elsewhere, or nothing at all, which opening it tells.
        case bare
    }

    /// Looks at `path`.
    ///
    /// - Throws: ``InspectionError`` where nothing is there, or where `current` leads nowhere.
    public init(_ path: String) throws(InspectionError) {
        self.path = path
        var isDirectory = false
        guard Self.exists(path, &isDirectory) else {
            throw InspectionError(.inputOutput, "\(path): no such file or directory")
        }
        guard isDirectory else { throw InspectionError(.badData, "\(path): not a directory, and so not a dataset") }
        if Self.exists("\(path)/\(Manifest.fileName)") {
            (kind, versionDirectory) = (.version, path)
        } else if let target = Self.linkTarget("\(path)/current") {
            // Resolved once, so that a flip meanwhile cannot mix two versions.
            let resolved = URL(fileURLWithPath: "\(path)/current").resolvingSymlinksInPath().path
            guard Self.exists(resolved) else {
                throw InspectionError(.badData, "\(path): current leads to \(target), which is not there")
            }
            (kind, versionDirectory) = (.dataDirectory, resolved)
        } else if Self.exists("\(path)/versions", &isDirectory), isDirectory {
            (kind, versionDirectory) = (.dataDirectory, nil)
        } else {
            (kind, versionDirectory) = (.bare, path)
        }
    }

    /// The directory to read, where there must be one.
    public func requireVersion() throws(InspectionError) -> String {
        guard let versionDirectory else {
            throw InspectionError(.badData, "\(path): no version is current; name one of \(path)/versions")
        }
        return versionDirectory
    }

    /// The ids of the versions in a data directory, ascending.
    public var versionIDs: [String] { Self.names("\(path)/versions").filter(Manifest.isValidVersionID) }

    /// The ids of the versions that were refused, ascending.
    public var quarantinedIDs: [String] {
        Self.names("\(path)/quarantine").filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
    }

    /// The manifest of the version in `directory`; `nil` where it has none.
    ///
    /// - Throws: ``InspectionError`` for one that cannot be read or understood.
    public static func manifest(in directory: String) throws(InspectionError) -> Manifest? {
        let path = "\(directory)/\(Manifest.fileName)"
        guard exists(path) else { return nil }
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw InspectionError(.inputOutput, "\(path): cannot be read")
        }
        do throws(ManifestError) {
            return try Manifest.decode(bytes)
        } catch {
            throw InspectionError(.badData, "\(path): \(error)")
        }
    }

    /// Every plain file below `directory`, by its path in it, ascending.
    static func files(below directory: String) -> [String] {
        var found: [String] = []
        var waiting = [""]
        while let prefix = waiting.popLast() {
            for name in names("\(directory)/\(prefix)") {
                var isDirectory = false
                guard exists("\(directory)/\(prefix)\(name)", &isDirectory) else { continue }
                if isDirectory { waiting.append("\(prefix)\(name)/") } else { found.append("\(prefix)\(name)") }
            }
        }
        return found.sorted()
    }

    /// The size of a file; 0 where it cannot be told.
    static func byteCount(_ path: String) -> Int { FileSize.bytes(ofFile: path) ?? 0 }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private static func exists(_ path: String, _ isDirectory: inout Bool) -> Bool {
        FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    }

    private static func linkTarget(_ path: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: path)  // Fails for whatever is no link.
    }

    /// The names in a directory, ascending; none where it cannot be read.
    private static func names(_ directory: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    }
}
