internal import ArgumentParser
internal import Datasets
internal import RESP
internal import RedisClient

/// The data directory, or the dataset of a running server, that a command about versions acts on.
enum VersionsPlace {
    case directory(DataDirectory)
    case server(ServedDataset)
}

/// How a command line names a ``VersionsPlace``: a data directory, or a server by `--server`; then perhaps a version.
struct VersionsPlaceArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The data directory, unless a server is named; then the version.", valueName: "dir> <version"))
    var words: [String] = []

    @Option(
        help: ArgumentHelp(
            "Acts on a running server in place of a directory: redis://host:port/db or unix:///path.",
            valueName: "address"))
    var server: String?

    @OptionGroup var password: ServerPassword

    @Option(help: ArgumentHelp("The server's dataset, in place of the address's database.", valueName: "name"))
    var dataset: String?

    /// Takes the version off the end of the words.
    ///
    /// - Parameter takesVersion: Whether the command may be given one.
    /// - Returns: The data directory, unless there is a server; the version, where one is named.
    /// - Throws: `ValidationError`, where the words are too many or too few.
    func parts(takesVersion: Bool) throws -> (path: String?, version: String?) {
        var rest = words[...]
        let path = server == nil ? rest.popFirst() : nil
        guard path != nil || server != nil else { throw ValidationError("Name a data directory, or a --server") }
        guard server != nil || dataset == nil else { throw ValidationError("--dataset goes with --server") }
        guard server != nil || password.serverPasswordFile == nil else {
            throw ValidationError("--server-password-file goes with --server")
        }
        let version = takesVersion ? rest.popFirst() : nil
        if let word = rest.first { throw ValidationError("Unexpected argument '\(word)'") }
        return (path, version)
    }

    /// - Throws: ``CommandFailure`` where there is no such directory, or no server that answers.
    func open(takesVersion: Bool) throws -> (place: VersionsPlace, version: String?) {
        let (path, version) = try parts(takesVersion: takesVersion)
        guard let path else { return (.server(try ServedDataset(server ?? "", password, name: dataset)), version) }
        guard DataDirectory.isPresent(at: path) else {
            throw CommandFailure(.badConfiguration, "\(path) is no data directory: it has no versions")
        }
        return (.directory(DataDirectory(path: path)), version)
    }
}

/// A dataset of a running server, which `DATASET` acts on.
struct ServedDataset {
    private let client: RedisClient
    private let name: String?

    /// - Parameters:
    ///   - address: The server's, with the database.
    ///   - password: Where its password is, unless it stands in the address.
    ///   - name: The dataset's, in place of the database.
    /// - Throws: ``CommandFailure`` where the address makes no sense or nobody answers there.
    init(_ address: String, _ password: ServerPassword, name: String?) throws {
        self.name = name
        do throws(RedisClientError) {
            // A swap may have to open, check and warm a version first.
            client = try RedisClient(password.address(address), replyTimeout: .seconds(600))
            // Where there is one dataset only, the server could take another name for a version.
            if let name { try Self.requireDataset(name, client) }
        } catch {
            throw CommandFailure(error)
        }
    }

    private static func requireDataset(_ name: String, _ client: RedisClient) throws(RedisClientError) {
        guard case .array(let datasets) = try client.call(["DATASET", "LIST"]) else { return }
        let names = datasets.compactMap { fields($0)["name"]?.text }
        guard names.contains(name) else {
            let known = names.joined(separator: ", ")
            throw RedisClientError(.refused, "\(client.address) has no dataset '\(name)'; there are: \(known)")
        }
    }

    /// Has the server do something, and prints what it says.
    func perform(_ action: String, version: String? = nil) throws {
        switch try ask(action, version) {
        case .simple(let text): print(text.hasPrefix("OK ") ? text.dropFirst(3) : text[...])
        case .bulk(let bytes): print(String(decoding: bytes, as: UTF8.self))
        case let reply: print("\(reply)")
        }
    }

    func versions() throws -> [VersionRow] {
        guard case .array(let versions) = try ask("VERSIONS", nil) else { return [] }
        return versions.map { version in
            let fields = Self.fields(version)
            let state = [fields["state"]?.text ?? "", fields["pinned"] == nil ? "" : "pinned"]
            return VersionRow(
                versionID: fields["version"]?.text ?? "?", state: state.filter { !$0.isEmpty }.joined(separator: ", "),
                keyCount: fields["keys"]?.number, bytes: fields["bytes"]?.number,
                created: fields["created"]?.text.flatMap { ManifestTime($0) }, reason: fields["reason"]?.text)
        }
    }

    private func ask(_ action: String, _ version: String?) throws -> Reply {
        do throws(RedisClientError) {
            var words = ["DATASET", action]
            // A version alone could be taken for a dataset's name.
            let name = if name == nil, version != nil { try selectedName() } else { name }
            if let name { words.append(name) }
            if let version { words.append(version) }
            return try client.call(words)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// The name of the dataset that is the address's database.
    private func selectedName() throws(RedisClientError) -> String? {
        Self.fields(try client.call(["DATASET", "STATUS"]))["name"]?.text
    }

    /// A map, which comes as names and values in turn.
    private static func fields(_ reply: Reply) -> [String: Reply] {
        guard case .array(let elements) = reply else { return [:] }
        let pairs = stride(from: 0, to: elements.count - 1, by: 2).compactMap { index in
            elements[index].text.map { ($0, elements[index + 1]) }
        }
        return Dictionary(pairs) { first, _ in first }
    }
}

extension Reply {
    fileprivate var text: String? {
        switch self {
        case .simple(let text): text
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }

    fileprivate var number: Int? { if case .integer(let number) = self { number } else { nil } }
}

extension CommandFailure {
    /// What a server did not do, as the client says it.
    init(_ error: RedisClientError) {
        let code: ExitCode =
            switch error.kind {
            case .address: .usage
            case .unreachable, .timeout: .sourceUnreachable
            case .malformed: .badData
            case .refused: .badConfiguration
            }
        self.init(code, error.description)
    }
}

extension Almanac {
    /// How a running server is made to take what was changed in a data directory.
    static let serverAdvice = "a running server takes it on SIGHUP, or with: redis-cli DATASET RELOAD"
}
