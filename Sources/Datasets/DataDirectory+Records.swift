internal import FoundationEssentials
internal import Platform

/// Why a version is not served, nor tried again by itself: `quarantine/ID.json`.
public struct Refusal: Sendable, Equatable, Codable, Error {
    /// What was wrong, in one word that does not change between releases.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// A file is missing, has another size or other bytes than promised, or cannot be understood.
        case damaged
        /// A canary gave something else than promised.
        case canary
        /// Too few or too many keys, alone or beside the version being served.
        case guardrail
        /// No signature, or not one of a key that is trusted.
        case signature
        /// In a format, or of a release, that this build does not read.
        case unsupported
        /// An operator went back to another version.
        case rolledBack = "rolled-back"

        /// Whether an operator may have it served all the same, by FORCE.
        public var canBeForced: Bool { self == .guardrail || self == .rolledBack }
    }

    public var versionID: String
    public var kind: Kind
    /// One line for an operator.
    public var reason: String
    public var refusedAt: ManifestTime
    /// The program that refused: `almanac serve`, `almanac sync`.
    public var by: String
    /// The manifest that was refused, so that other bytes of the same id are not confused with it.
    public var manifestSHA256: SHA256Digest?

    public init(
        versionID: String, kind: Kind, reason: String, refusedAt: ManifestTime, by: String,
        manifestSHA256: SHA256Digest? = nil
    ) {
        self.versionID = versionID
        self.kind = kind
        self.reason = reason
        self.refusedAt = refusedAt
        self.by = by
        self.manifestSHA256 = manifestSHA256
    }

    private enum CodingKeys: String, CodingKey {
        case versionID = "version_id"
        case kind
        case reason
        case refusedAt = "refused_at"
        case by
        case manifestSHA256 = "manifest_sha256"
    }
}

/// The version that a dataset is to stay with: `pinned.json`.
public struct Pin: Sendable, Equatable, Codable {
    public var versionID: String
    public var pinnedAt: ManifestTime

    public init(versionID: String, pinnedAt: ManifestTime) {
        self.versionID = versionID
        self.pinnedAt = pinnedAt
    }

    private enum CodingKeys: String, CodingKey {
        case versionID = "version_id"
        case pinnedAt = "pinned_at"
    }
}

extension Pin {
    public init(from decoder: any Decoder) throws {
        let record = try decoder.container(keyedBy: CodingKeys.self)
        versionID = try record.decodeVersionID(forKey: .versionID)
        pinnedAt = try record.decode(ManifestTime.self, forKey: .pinnedAt)
    }
}

/// What a server says of itself in the data directory, for a sidecar that can only send it signals: `serving.json`.
///
/// Written after every start, swap and answer to a trigger; where several servers share the directory, the last one to
/// write is seen.
public struct ServingRecord: Sendable, Equatable, Codable {
    /// What is being served.
    public var versionID: String
    public var servingSince: ManifestTime
    public var processID: Int
    /// How many triggers (signals, commands) the server has dealt with since it started.
    public var triggersAnswered: Int
    /// The last trigger's outcome, in one line.
    public var outcome: String

    public init(
        versionID: String, servingSince: ManifestTime, processID: Int, triggersAnswered: Int, outcome: String
    ) {
        self.versionID = versionID
        self.servingSince = servingSince
        self.processID = processID
        self.triggersAnswered = triggersAnswered
        self.outcome = outcome
    }

    private enum CodingKeys: String, CodingKey {
        case versionID = "version_id"
        case servingSince = "serving_since"
        case processID = "process_id"
        case triggersAnswered = "triggers_answered"
        case outcome
    }
}

extension ServingRecord {
    public init(from decoder: any Decoder) throws {
        let record = try decoder.container(keyedBy: CodingKeys.self)
        versionID = try record.decodeVersionID(forKey: .versionID)
        servingSince = try record.decode(ManifestTime.self, forKey: .servingSince)
        processID = try record.decode(Int.self, forKey: .processID)
        triggersAnswered = try record.decode(Int.self, forKey: .triggersAnswered)
        outcome = try record.decode(String.self, forKey: .outcome)
    }
}

extension KeyedDecodingContainer {
    /// What is no version id could lead anywhere once it is part of a path, and is shown to operators as a version.
    fileprivate func decodeVersionID(forKey key: Key) throws -> String {
        let id = try decode(String.self, forKey: key)
        guard Manifest.isValidVersionID(id) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "no version id")
        }
        return id
    }
}

extension DataDirectory {
    // MARK: Quarantine

    public func quarantine(_ refusal: Refusal) throws(DataDirectoryError) {
        try requireVersionID(refusal.versionID)
        try step("cannot create \(quarantinePath)") { () throws(SystemError) in
            try FileSystem.makeSharedDirectory(quarantinePath)
        }
        try write(refusal, to: quarantineFile(of: refusal.versionID))
    }

    /// Why a version was refused; `nil` where it was not.
    ///
    /// A record that is there and cannot be read or understood still refuses.
    public func refusal(of id: String) throws(DataDirectoryError) -> Refusal? {
        guard Manifest.isValidVersionID(id) else { return nil }
        do throws(DataDirectoryError) {
            var refusal = try read(Refusal.self, from: quarantineFile(of: id))
            // The file's name is what refuses.
            refusal?.versionID = id
            return refusal
        } catch {
            return Refusal(
                versionID: id, kind: .damaged,
                reason: "\(error.description); once it is removed, the version can be tried again",
                refusedAt: ManifestTime(unixSeconds: 0), by: "unknown")
        }
    }

    /// Every refusal on record, by version id, ascending.
    public func refusals() throws(DataDirectoryError) -> [Refusal] {
        var refusals: [Refusal] = []
        for name in try names(in: quarantinePath) where name.hasSuffix(".json") {
            if let refusal = try refusal(of: String(name.dropLast(5))) { refusals.append(refusal) }
        }
        return refusals
    }

    /// Forgets that a version was refused.
    public func release(_ id: String) throws(DataDirectoryError) {
        try requireVersionID(id)
        try remove(quarantineFile(of: id))
    }

    private func quarantineFile(of id: String) -> String { "\(quarantinePath)/\(id).json" }

    // MARK: Pin

    public func pin() throws(DataDirectoryError) -> Pin? { try read(Pin.self, from: pinFile) }

    public func setPin(_ pin: Pin?) throws(DataDirectoryError) {
        guard let pin else { return try remove(pinFile) }
        // Held, so that nobody deletes it between the look and the record.
        let hold = try hold(pin.versionID)
        defer { withExtendedLifetime(hold) {} }
        try write(pin, to: pinFile)
    }

    private var pinFile: String { "\(path)/pinned.json" }

    // MARK: Serving

    public func servingRecord() throws(DataDirectoryError) -> ServingRecord? {
        try read(ServingRecord.self, from: servingFile)
    }

    public func setServingRecord(_ record: ServingRecord) throws(DataDirectoryError) {
        // Of no more use once the process is gone, and a swap must not wait for a busy disk.
        try write(record, to: servingFile, isDurable: false)
    }

    private var servingFile: String { "\(path)/serving.json" }

    // MARK: JSON

    private func read<Record: Decodable>(_ type: Record.Type, from file: String) throws(DataDirectoryError) -> Record? {
        let bytes = try step("cannot read \(file)") { () throws(SystemError) in
            try FileSystem.read(file, byteCountMax: 1 << 20)
        }
        guard let bytes else { return nil }
        guard StrictJSON.problem(in: bytes) == nil, let record = try? JSONDecoder().decode(type, from: Data(bytes))
        else {
            throw DataDirectoryError(.damaged, "\(file) cannot be understood")
        }
        return record
    }

    private func write(
        _ record: some Encodable, to file: String, isDurable: Bool = true
    ) throws(DataDirectoryError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(record) else {
            throw DataDirectoryError(.invalid, "\(file) cannot be written as JSON")
        }
        try step("cannot write \(file)") { () throws(SystemError) in
            try FileSystem.write(Array(json) + [UInt8(ascii: "\n")], to: file, isDurable: isDurable)
        }
    }
}
