import Commands
import Datasets
import Foundation
import Platform
import Settings
import Synchronization
import Testing

@testable import Versions

/// A data directory with versions made of text, and what it takes to serve them; gone with the value.
final class VersionsWorld {
    let path: String
    let directory: DataDirectory
    let engines = StubEngines()
    let log = RecordingLog()
    var settings = ServerSettings()
    var trustedKeysPath: String?

    init() throws {
        let temporary = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        path = temporary.appendingPathComponent("almanac-versions-\(UUID())").path
        directory = DataDirectory(path: "\(path)/data")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try directory.create()
        settings.openThreads = 1
    }

    /// A world with these versions, of ten keys each, the last of them current.
    convenience init(_ ids: String...) throws {
        try self.init()
        for id in ids { try add(id) }
        if let last = ids.last { try directory.setCurrent(last) }
    }

    deinit {
        try? FileSystem.removeTree(path)
    }

    // MARK: Versions

    /// Adds a version of `keyCount` keys `key:N`, whose values are its id; canaries are `key:0` and an absent one.
    ///
    /// Where it `isSealed` somebody vouches for its files; `change` makes another manifest of it.
    func add(
        _ id: String, keyCount: Int = 10, isSealed: Bool = true, _ change: (inout Manifest) -> Void = { _ in }
    ) throws {
        let version = VersionDirectory(path: directory.versionPath(id))
        try FileSystem.makeDirectory(version.path)
        let digits = (0..<keyCount).map { "key:\($0)=\(id)\n" }.joined()
        let data = Array(digits.utf8)
        try write(data, to: "\(version.path)/data")
        func key(_ text: String) -> ManifestKey { ManifestKey(Array(text.utf8)) }
        var manifest = Manifest(
            versionID: id, parent: nil, format: "memory", created: ManifestTime(unixSeconds: 1_795_000_000),
            builder: Manifest.Builder(name: "test", version: "1"), keyCount: keyCount,
            minKey: keyCount == 0 ? nil : key("key:0"), maxKey: keyCount == 0 ? nil : key("key:\(keyCount - 1)"),
            valueBytes: nil, duplicatesDropped: 0,
            files: [Manifest.File(path: "data", bytes: data.count, sha256: SHA256.digest(of: data.span))],
            canaries: [Manifest.Canary(key: key("absent"), sha256: nil)])
        if keyCount > 0 {
            let value = Array(id.utf8)
            manifest.canaries.append(Manifest.Canary(key: key("key:0"), sha256: SHA256.digest(of: value.span)))
        }
        change(&manifest)
        let text = try manifest.encoded()
        if isSealed { try version.markVerified(manifestSHA256: SHA256.digest(of: text.span), at: .now) }
        try write(text, to: "\(version.path)/manifest.json")
    }

    func write(_ bytes: [UInt8], to file: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: file)) }

    func file(_ id: String, _ name: String = "data") -> String { "\(directory.versionPath(id))/\(name)" }

    func remove(_ id: String) throws { try FileSystem.removeTree(directory.versionPath(id)) }

    /// Flips the lowest bit of a file's middle byte.
    func flipBit(_ id: String, _ name: String = "data") throws {
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file(id, name))))
        bytes[bytes.count / 2] ^= 1
        try write(bytes, to: file(id, name))
    }

    var refusals: [String: Refusal.Kind] {
        get throws { Dictionary(uniqueKeysWithValues: try directory.refusals().map { ($0.versionID, $0.kind) }) }
    }

    // MARK: Serving

    func firstVersion(_ path: String? = nil) throws -> FirstVersion {
        FirstVersion(
            dataset: DatasetPath(name: "users", path: path ?? directory.path), settings: settings,
            trustedKeys: try TrustedKeys(path: trustedKeysPath), openEngine: engines.open, logger: log.logger)
    }

    /// Serves the data directory, or what is at `path`, while `body` runs.
    func serve(_ path: String? = nil, _ body: (Serving) throws -> Void) throws {
        let serving = try Serving(self, path)
        defer { serving.stop() }
        try body(serving)
    }
}

/// A control with a server that is none.
final class Serving {
    let control: SwapControl
    let audience: FakeAudience

    init(_ world: VersionsWorld, _ path: String?) throws {
        let opened = try world.firstVersion(path).open()
        audience = FakeAudience([opened.served.version])
        control = SwapControl([opened])
        try control.start(
            settings: world.settings, audience: audience, openEngine: world.engines.open,
            trustedKeys: try TrustedKeys(path: world.trustedKeysPath), logger: world.log.logger)
    }

    /// Ends it.
    ///
    /// - Returns: Whether all had ended in time.
    @discardableResult func stop(within nanoseconds: UInt64 = 60_000_000_000) -> Bool {
        control.stop(deadline: Clock.monotonicNanoseconds() + nanoseconds)
    }

    /// Sends a request without waiting for its answer.
    func send(_ action: DatasetRequest.Action) -> Reply {
        let reply = Reply()
        control.submit(DatasetRequest(action, database: 0)) { reply.set($0) }
        return reply
    }

    /// The answer to a request, as text.
    func ask(_ action: DatasetRequest.Action) -> String { send(action).text }

    func reload(isForced: Bool = false) -> String { ask(.reload(isForced: isForced)) }

    /// A field of `DATASET STATUS`.
    func status(_ field: String) -> String { send(.status).fields[field] ?? "none" }

    /// The states of all versions by their ids.
    var states: [String: String] {
        guard case .list(let versions) = send(.versions).answer else { return [:] }
        let pairs = versions.map(Reply.fields)
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0["version"] ?? "", $0["state"] ?? "") })
    }

    /// Whether the version being served has this id, for the server, for `STATUS` and for `INFO`.
    func serves(_ id: String) -> Bool {
        audience.currentIDs == [id] && status("version") == id && control.facts()[0].versionID == id
    }
}

/// An answer that may have yet to come.
final class Reply: Sendable {
    private let state = Mutex<[DatasetAnswer]>([])

    func set(_ answer: DatasetAnswer) { state.withLock { $0.append(answer) } }

    var isThere: Bool { state.withLock { !$0.isEmpty } }

    /// Waits for the answer; there must be one alone.
    var answer: DatasetAnswer {
        guard eventually({ isThere }) else { return .error("there was no answer") }
        return state.withLock { $0.count == 1 ? $0[0] : .error("there were \($0.count) answers") }
    }

    /// A status as it is, an error after a minus, anything else in its parts.
    var text: String { Self.text(answer) }

    var fields: [String: String] { Self.fields(answer) }

    static func fields(_ answer: DatasetAnswer) -> [String: String] {
        guard case .map(let fields) = answer else { return [:] }
        return Dictionary(uniqueKeysWithValues: fields.map { ($0.0, text($0.1)) })
    }

    private static func text(_ answer: DatasetAnswer) -> String {
        switch answer {
        case .ok(let text), .text(let text): text
        case .integer(let number): "\(number)"
        case .null: "null"
        case .error(let text): "-\(text)"
        case .list(let parts): "[" + parts.map(text).joined(separator: ", ") + "]"
        case .map(let fields): "{" + fields.map { "\($0.0): \(text($0.1))" }.joined(separator: ", ") + "}"
        }
    }
}
