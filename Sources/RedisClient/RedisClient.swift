internal import Bytes
internal import Platform
public import RESP
internal import TLS

/// A connection to a Redis server, or to one of our own, that waits for what it asks.
///
/// For commands that ask a server something now and then, and for walks over all of its keys. Requests may be
/// pipelined: ``send(_:)`` any number, then ``receive()`` as many replies. Speaks RESP2. Belongs to one
/// thread. After a `timeout` the reply may still be received; after a thrown error of another kind than that and
/// `refused` the connection is of no further use.
public final class RedisClient {
    public let address: RedisAddress
    /// How long the server may be silent while a reply is due.
    public var replyTimeout: Duration
    /// How many bytes of answers have come.
    public private(set) var receivedByteCount = 0
    private let socket: Socket
    /// Between this client and its socket where the address says so.
    private var stream: TLSStream?
    private var output = ByteBuffer()
    private var input = ByteBuffer()
    private var parser: ReplyParser
    private var hasEnded = false

    private static let receiveBytes = 256 << 10
    /// What is sent in one piece before the server's answers are looked for.
    private static let outputBytesMax = 1 << 20
    /// What is kept of the server's answers while requests are still being sent.
    private static let inputBytesMax = 1 << 30

    /// Connects, authenticates and selects the database, as `address` says.
    ///
    /// - Throws: ``RedisClientError``.
    public init(
        _ address: RedisAddress, connectTimeout: Duration = .seconds(5), replyTimeout: Duration = .seconds(60),
        limits: ReplyParser.Limits = ReplyParser.Limits()
    ) throws(RedisClientError) {
        let elsewhere = address.leavesPasswordOut ? try address.passwordElsewhere?.read() : nil
        socket = try Self.connect(address, connectTimeout)
        self.address = address
        self.replyTimeout = replyTimeout
        parser = ReplyParser(limits: limits)
        socket.configure(keepaliveSeconds: 30)
        if let encryption = address.encryption { try shakeHands(encryption, connectTimeout) }
        if let password = elsewhere ?? address.password {
            try authenticate(password, isOptional: elsewhere != nil)
        }
        if address.database != 0 { _ = try call(["SELECT", String(address.database)]) }
    }

    /// Where it `isOptional`, a server that has no password is as good: of several servers that one password is given
    /// for, some may have none.
    private func authenticate(_ password: String, isOptional: Bool) throws(RedisClientError) {
        let command = Array("AUTH".utf8)
        send([command] + (address.user.map { [Array($0.utf8)] } ?? []) + [Array(password.utf8)])
        guard case .error(let text) = try receive() else { return }
        guard isOptional, text.hasPrefix("ERR AUTH <password> called without any password configured") else {
            throw refusal(of: command, text)
        }
    }

    private static func connect(
        _ address: RedisAddress, _ timeout: Duration
    ) throws(RedisClientError) -> Socket {
        do throws(SystemError) {
            switch address.endpoint {
            case .host(let host, let port):
                return try Socket.connecting(host: host, port: port, timeout: timeout)
            case .unix(let path): return try Socket.connecting(unixPath: path, timeout: timeout)
            }
        } catch {
            let reason = error.call.description == "getaddrinfo" ? "no such host" : error.reason
            throw RedisClientError(.unreachable, "cannot connect to \(address): \(reason)")
        }
    }

    private func shakeHands(_ encryption: RedisEncryption, _ timeout: Duration) throws(RedisClientError) {
        do throws(TLSError) {
            let context = try TLSContext(
                clientTrusting: encryption.authorities, identity: encryption.identity,
                isInsecure: encryption.isInsecure)
            let name: String? = if case .host(let host, _) = address.endpoint { host } else { nil }
            let stream = TLSStream(try TLSSession(context, serverName: name))
            try stream.shakeHands(over: socket, timeout: timeout, early: &input)
            self.stream = stream
        } catch {
            throw RedisClientError(.unreachable, "cannot connect to \(address): \(error)")
        }
    }

    /// Asks, and waits for the answer; what was sent before must have been received.
    ///
    /// - Throws: ``RedisClientError``, of kind `refused` for an error reply.
    public func call(_ words: [String]) throws(RedisClientError) -> Reply {
        try call(words.map { Array($0.utf8) })
    }

    /// Asks with words of any bytes, and waits for the answer; what was sent before must have been received.
    ///
    /// - Throws: ``RedisClientError``, of kind `refused` for an error reply.
    public func call(_ words: [[UInt8]]) throws(RedisClientError) -> Reply {
        begin(wordCount: words.count)
        for word in words { append(word: word.span) }
        let reply = try receive()
        if case .error(let text) = reply { throw refusal(of: words.first ?? [], text) }
        return reply
    }

    /// The error that stands for an error reply to `command`.
    public func refusal(of command: [UInt8], _ text: String) -> RedisClientError {
        RedisClientError(.refused, "\(address) refused \(String(decoding: command, as: UTF8.self)): \(text)")
    }

    // MARK: Pipelining

    /// Begins a request of `wordCount` words, which are to be given by ``append(word:)`` next.
    ///
    /// It is sent with the next ``receive()``, or earlier.
    public func begin(wordCount: Int) {
        output.appendHeader(UInt8(ascii: "*"), wordCount)
    }

    /// Adds a word to the request begun last.
    public func append(word: Span<UInt8>) {
        output.appendFrame(UInt8(ascii: "$"), word)
    }

    /// Adds a whole request, to be sent with the next ``receive()``.
    public func send(_ words: [[UInt8]]) {
        begin(wordCount: words.count)
        for word in words { append(word: word.span) }
    }

    /// Sends what has been asked without waiting for an answer, for the server to work while the caller does.
    public func flush() throws(RedisClientError) {
        while !output.isEmpty {
            switch Self.send(output, through: stream, to: socket) {
            case .bytes(let count): output.removeFirst(count)
            case .wouldBlock:
                try waitForServer(forOutput: true)
                // A server that is busy sending reads nothing: take what it has, or both would wait for ever.
                _ = try fill()
                guard input.count <= Self.inputBytesMax else {
                    throw RedisClientError(.malformed, "\(address) sends more than was asked of it")
                }
            case .end: throw RedisClientError(.unreachable, "\(address) closed the connection")
            case .failed(let code): throw failure(code)
            }
        }
        try flushStream()
    }

    private static func send(
        _ output: borrowing ByteBuffer, through stream: TLSStream?, to socket: borrowing Socket
    ) -> Socket.Transfer {
        let part = output.span.extracting(..<min(output.count, outputBytesMax))
        if let stream { return stream.send(part, to: socket) }
        return socket.send(part)
    }

    /// Has the socket take what the stream has encrypted.
    private func flushStream() throws(RedisClientError) {
        guard let stream else { return }
        while true {
            if case .failed(let code)? = stream.flush(to: socket) { throw failure(code) }
            guard stream.wantsOutput else { return }
            try waitForServer(forOutput: true)
            _ = try fill()
        }
    }

    /// The next reply; an error reply is a value here.
    ///
    /// Sends what has not been sent, and waits.
    public func receive() throws(RedisClientError) -> Reply {
        try flush()
        while true {
            do throws(ReplyError) {
                let (taken, reply) = try parser.parse(input.span)
                input.removeFirst(taken)
                if let reply { return reply }
            } catch {
                throw RedisClientError(.malformed, "\(address): \(error); is it a Redis server?")
            }
            guard !hasEnded else { throw RedisClientError(.unreachable, "\(address) closed the connection") }
            if try !fill() { try waitForServer(forOutput: false) }
        }
    }

    /// Takes what has come; false where there was nothing.
    private func fill() throws(RedisClientError) -> Bool {
        let transfer =
            stream?.receive(from: socket, into: &input, byteCountMax: Self.receiveBytes)
            ?? socket.receive(into: &input, byteCountMax: Self.receiveBytes)
        switch transfer {
        case .bytes(let count):
            receivedByteCount += count
            return true
        case .end:
            hasEnded = true
            return true
        case .wouldBlock: return false
        case .failed(let code): throw failure(code)
        }
    }

    private func waitForServer(forOutput: Bool) throws(RedisClientError) {
        guard socket.wait(forOutput: forOutput, timeout: replyTimeout) else {
            let seconds = Int((replyTimeout / .seconds(1)).rounded(.up))
            throw RedisClientError(.timeout, "\(address) has not answered for \(seconds) seconds")
        }
    }

    private func failure(_ code: Int32) -> RedisClientError {
        if let failure = stream?.failure { return RedisClientError(.unreachable, "\(address): \(failure)") }
        return RedisClientError(
            .unreachable, "\(address): the connection broke: \(SystemError(call: "", code: code).reason)")
    }
}
