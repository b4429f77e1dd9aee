internal import Platform

/// What a data directory knows of one version.
public struct VersionEntry: Sendable, Equatable {
    public var versionID: String
    /// Where its files are.
    public var place: Place
    public var isCurrent = false
    public var isPinned = false
    public var refusal: Refusal?
    /// What the version says of itself; `nil` where that is not there or cannot be understood.
    public var manifest: Manifest?
    /// Why there is no ``manifest``, though there should be one.
    public var problem: String?

    public enum Place: Sendable, Equatable {
        /// Whole, among the versions.
        case versions
        /// On its way; of how many bytes, where its manifest has come, how many have.
        case incoming(bytes: Int, of: Int?)
        /// Nowhere: what is left is a refusal, a pin, or a `current` that leads to nothing.
        case nowhere
    }

    public init(versionID: String, place: Place, manifest: Manifest? = nil) {
        self.versionID = versionID
        self.place = place
        self.manifest = manifest
    }

    /// Bytes of all its files, as its manifest has them.
    public var byteCount: Int? { manifest.map { $0.files.reduce(0) { $0 + $1.bytes } } }

    /// A few words for an operator: `current, pinned`, `quarantined`, `incoming 40 %`, `available`.
    public var state: String {
        var words: [String] = []
        if isCurrent { words.append("current") }
        if isPinned { words.append("pinned") }
        if let refusal { words.append("quarantined (\(refusal.kind.rawValue))") }
        switch place {
        case .incoming(_, nil): words.append("incoming")
        case .incoming(let bytes, .some(let total)):
            words.append("incoming \(total == 0 ? 0 : Int(Double(bytes) / Double(total) * 100)) %")
        case .nowhere: words.append("not on disk")
        case .versions: if problem != nil { words.append("damaged") }
        }
        return words.isEmpty ? "available" : words.joined(separator: ", ")
    }
}

extension DataDirectory {
    /// Every version that is here, on its way here, or spoken of here, by id, ascending.
    ///
    /// Looks at each part of the directory in turn: what changes meanwhile may be seen half.
    public func entries() throws(DataDirectoryError) -> [VersionEntry] {
        var entries: [String: VersionEntry] = [:]
        for id in try versionIDs() {
            var entry = VersionEntry(versionID: id, place: .versions)
            do throws(DataDirectoryError) {
                entry.manifest = try manifest(of: id).manifest
            } catch {
                entry.problem = error.description
            }
            entries[id] = entry
        }
        for id in try incomingIDs() where entries[id] == nil {
            let manifest = (try? VersionDirectory(path: incomingPath(of: id)).manifest(expecting: id))?.manifest
            entries[id] = VersionEntry(versionID: id, place: incomingPlace(of: id, manifest), manifest: manifest)
        }
        func note(_ id: String, _ change: (inout VersionEntry) -> Void) {
            change(&entries[id, default: VersionEntry(versionID: id, place: .nowhere)])
        }
        for refusal in try refusals() { note(refusal.versionID) { $0.refusal = refusal } }
        if let id = try currentVersionID() { note(id) { $0.isCurrent = true } }
        if let id = try pin()?.versionID { note(id) { $0.isPinned = true } }
        return entries.values.sorted { $0.versionID < $1.versionID }
    }

    private func incomingPlace(of id: String, _ manifest: Manifest?) -> VersionEntry.Place {
        guard let manifest else { return .incoming(bytes: 0, of: nil) }
        var (present, total) = (0, 0)
        for file in manifest.files {
            // What cannot be looked at is not there yet.
            let status = (try? FileSystem.status(of: "\(incomingPath(of: id))/\(file.path)")) ?? nil
            present += min(status?.byteCount ?? 0, file.bytes)
            total += file.bytes
        }
        return .incoming(bytes: present, of: total)
    }
}
