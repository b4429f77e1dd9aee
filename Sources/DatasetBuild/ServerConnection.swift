internal import RESP
internal import RedisClient

/// A connection to a server whose keys are read; a signal ends the wait for a server that is silent.
final class ServerConnection {
    private let client: RedisClient
    private let monitor: BuildMonitor
    private let silenceMax: Duration

    /// How long one wait for the server is, before it is asked whether the build should stop.
    private static let patience = Duration.milliseconds(100)
    private static let connectTimeout = Duration.seconds(5)

    /// Connects, authenticates and selects the database.
    ///
    /// - Parameters:
    ///   - address: Of the server.
    ///   - monitor: Knows when to stop.
    ///   - silenceMax: How long the server may be silent while it owes a reply.
    /// - Throws: ``BuildError`` of kind `unreachable`.
    init(_ address: RedisAddress, monitor: BuildMonitor, silenceMax: Duration) throws(BuildError) {
        do throws(RedisClientError) {
            client = try RedisClient(
                address, connectTimeout: Self.connectTimeout, replyTimeout: min(silenceMax, Self.connectTimeout))
        } catch {
            throw BuildError(error)
        }
        client.replyTimeout = Self.patience
        self.monitor = monitor
        self.silenceMax = silenceMax
    }

    /// How many bytes the server has sent.
    var bytesReceived: Int { client.receivedByteCount }

    /// Adds a request of words that are text, to be sent with the next ``flush()`` or ``receive(_:)``.
    func ask(_ words: [String]) { client.send(words.map { Array($0.utf8) }) }

    /// Adds a GET.
    func askValue(of key: [UInt8]) {
        client.begin(wordCount: 2)
        client.append(word: Self.get.span)
        client.append(word: key.span)
    }

    private static let get = Array("GET".utf8)

    /// Sends what has been asked.
    func flush() throws(BuildError) { try waiting { () throws(RedisClientError) in try client.flush() } }

    /// The next reply, which may be an error.
    func receive() throws(BuildError) -> Reply {
        try waiting { () throws(RedisClientError) in try client.receive() }
    }

    /// The reply to `command`, which is no error.
    func receive(_ command: String) throws(BuildError) -> Reply {
        let reply = try receive()
        if case .error(let text) = reply { throw refusal(of: command, text) }
        return reply
    }

    /// How many keys the database has, as DBSIZE says.
    func keyCount() throws(BuildError) -> Int {
        ask(["DBSIZE"])
        guard case .integer(let count) = try receive("DBSIZE") else { throw unexpected("DBSIZE") }
        return count
    }

    /// What INFO says; nothing where the server does not tell.
    func facts() throws(BuildError) -> ServerFacts {
        ask(["INFO"])
        guard case .bulk(let text) = try receive() else { return ServerFacts("") }
        return ServerFacts(String(decoding: text, as: UTF8.self))
    }

    /// The error for an answer to `command` that is none of Redis's.
    func unexpected(_ command: String) -> BuildError {
        BuildError(.unreachable, "\(client.address) does not answer \(command) as Redis does")
    }

    /// The error that stands for an error reply to `command`.
    func refusal(of command: String, _ text: String) -> BuildError {
        BuildError(client.refusal(of: Array(command.utf8), text))
    }

    /// Goes on with `body` after each timeout until the server has been silent for too long.
    private func waiting<Result>(_ body: () throws(RedisClientError) -> Result) throws(BuildError) -> Result {
        var silence = Duration.zero
        var received = bytesReceived
        while true {
            do throws(RedisClientError) {
                return try body()
            } catch let error where error.kind == .timeout {
                try monitor.update { _ in }
                silence = bytesReceived == received ? silence + Self.patience : .zero
                received = bytesReceived
                guard silence < silenceMax else {
                    throw BuildError(
                        .unreachable, "\(client.address) has not answered for \(Quantity.duration(silenceMax))")
                }
            } catch {
                throw BuildError(error)
            }
        }
    }
}

extension BuildError {
    init(_ error: RedisClientError) {
        self.init(error.kind == .address ? .usage : .unreachable, error.description)
    }
}
