/// What replies a client should get, from one request after another and plain dictionaries.
///
/// Written to be obviously right rather than to be like the server: no batches, no turns, no buffers.
public struct SessionModel: Sendable {
    public typealias Bytes = [UInt8]
    private let databases: [[Bytes: Bytes]]
    private let damaged: Set<Bytes>
    private var database = 0
    private var isRESP3 = false
    private var queue: [[Bytes]]?
    private var isSpoilt = false
    private let clientID: Int
    /// Channels, patterns and shard channels subscribed to.
    private var subscriptions: [[Bytes]] = [[], [], []]
    /// Whether the connection has ended, so that nothing more is answered.
    public private(set) var hasEnded = false

    public init(_ databases: [[Bytes: Bytes]], damaged: Set<Bytes> = [], clientID: Int = 1) {
        self.databases = databases
        self.damaged = damaged
        self.clientID = clientID
    }

    public static let damagedReply = Array(
        "-ERR the data of this key cannot be read, the server's log says why\r\n".utf8)

    /// The reply to `request`, all of whose commands must be among those handled here.
    public mutating func reply(to request: [Bytes]) -> Bytes {
        guard !hasEnded, !request.isEmpty else { return [] }
        let name = String(decoding: request[0], as: UTF8.self).uppercased()
        if let refusal = refusal(of: request, name) {
            isSpoilt = isSpoilt || queue != nil
            return refusal
        }
        if !isRESP3, subscriptions != [[], [], []], !Self.isAllowedWhileSubscribed(name) {
            let text =
                "Can't execute '\(name.lowercased())': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET "
                + "are allowed in this context"
            guard name == "EXEC" else { return line("-ERR \(text)") }
            return line("-EXECABORT Transaction discarded because of: \(text)")
        }
        switch name {
        case "MULTI":
            guard queue == nil else { return line("-ERR MULTI calls can not be nested") }
            (queue, isSpoilt) = ([], false)
            return line("+OK")
        case "DISCARD":
            guard queue != nil else { return line("-ERR DISCARD without MULTI") }
            queue = nil
            return line("+OK")
        case "WATCH":
            return line(queue == nil ? "+OK" : "-ERR WATCH inside MULTI is not allowed")
        case "EXEC":
            guard let requests = queue else { return line("-ERR EXEC without MULTI") }
            queue = nil
            guard !isSpoilt else { return line("-EXECABORT Transaction discarded because of previous errors.") }
            var reply = line("*\(requests.count)")
            for queued in requests {
                let isRefused = String(decoding: queued[0], as: UTF8.self).uppercased() == "SSUBSCRIBE"
                reply +=
                    isRefused ? line("-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client") : perform(queued)
            }
            return reply
        case "QUIT":
            hasEnded = true
            return line("+OK")
        case "RESET":
            (queue, database, isRESP3, subscriptions) = (nil, 0, false, [[], [], []])
            return line("+RESET")
        default:
            guard queue == nil else {
                queue?.append(request)
                return line("+QUEUED")
            }
            return perform(request)
        }
    }

    private func refusal(of request: [Bytes], _ name: String) -> Bytes? {
        let arities = [
            "GET": 2, "MGET": -2, "EXISTS": -2, "TOUCH": -2, "STRLEN": 2, "GETRANGE": 4, "TYPE": 2, "TTL": 2,
            "PTTL": 2, "PING": -1, "ECHO": 2, "SELECT": 2, "HELLO": -1, "DBSIZE": 1, "KEYS": 2, "MULTI": 1, "EXEC": 1,
            "DISCARD": 1, "WATCH": -2, "UNWATCH": 1, "QUIT": -1, "RESET": 1, "SET": -3, "DEL": -2,
            "SUBSCRIBE": -2, "PSUBSCRIBE": -2, "SSUBSCRIBE": -2, "UNSUBSCRIBE": -1, "PUNSUBSCRIBE": -1,
            "SUNSUBSCRIBE": -1,
        ]
        guard let arity = arities[name] else {
            var text =
                "-ERR unknown command '\(String(decoding: request[0], as: UTF8.self))', with args beginning with: "
            for argument in request.dropFirst() { text += "'\(String(decoding: argument, as: UTF8.self))' " }
            return line(text)
        }
        guard arity >= 0 ? request.count == arity : request.count >= -arity else {
            return line("-ERR wrong number of arguments for '\(name.lowercased())' command")
        }
        if name == "SET" || name == "DEL" { return line("-READONLY You can't write against a read only replica.") }
        return nil
    }

    private mutating func perform(_ request: [Bytes]) -> Bytes {
        let keys = databases[database]
        let key = request.count > 1 ? request[1] : []
        switch String(decoding: request[0], as: UTF8.self).uppercased() {
        case "PING" where !isRESP3 && subscriptions != [[], [], []]: return line("*2") + bulk("pong") + bulk(key)
        case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE":
            return changeSubscriptions(request)
        case "PING": return request.count > 1 ? bulk(key) : line("+PONG")
        case "ECHO": return bulk(key)
        case "UNWATCH": return line("+OK")
        case "DBSIZE": return line(":\(keys.count)")
        case "KEYS": return line("*1") + bulk(key)
        case "SELECT":
            guard let number = Int(String(decoding: key, as: UTF8.self)) else {
                return line("-ERR value is not an integer or out of range")
            }
            guard databases.indices.contains(number) else { return line("-ERR DB index is out of range") }
            database = number
            return line("+OK")
        case "HELLO":
            if request.count > 1 { isRESP3 = key == Array("3".utf8) }
            return hello
        case "MGET":
            guard damaged.isDisjoint(with: request.dropFirst()) else { return Self.damagedReply }
            return request.dropFirst().reduce(line("*\(request.count - 1)")) { $0 + (keys[$1].map(bulk) ?? null) }
        case "EXISTS", "TOUCH":
            guard damaged.isDisjoint(with: request.dropFirst()) else { return Self.damagedReply }
            return line(":\(request.dropFirst().count { keys[$0] != nil })")
        default:
            return damaged.contains(key) ? Self.damagedReply : about(keys[key], request)
        }
    }

    private static func isAllowedWhileSubscribed(_ name: String) -> Bool {
        name.hasSuffix("SUBSCRIBE") || ["PING", "QUIT", "RESET"].contains(name)
    }

    private mutating func changeSubscriptions(_ request: [Bytes]) -> Bytes {
        let word = String(decoding: request[0], as: UTF8.self).lowercased()
        let isEnding = word.contains("unsub")
        let kind = word.hasPrefix("p") ? 1 : word.hasPrefix("ss") || word.hasPrefix("sun") ? 2 : 0
        var names: [Bytes?] = Array(request.dropFirst())
        if names.isEmpty { names = subscriptions[kind].sorted { $0.lexicographicallyPrecedes($1) } }
        if names.isEmpty { names = [nil] }
        var reply: Bytes = []
        for name in names {
            if let name, isEnding { subscriptions[kind].removeAll { $0 == name } }
            if let name, !isEnding, !subscriptions[kind].contains(name) { subscriptions[kind].append(name) }
            let count = kind == 2 ? subscriptions[2].count : subscriptions[0].count + subscriptions[1].count
            reply += line(isRESP3 ? ">3" : "*3") + bulk(word) + (name.map(bulk) ?? null) + line(":\(count)")
        }
        return reply
    }

    private func about(_ value: Bytes?, _ request: [Bytes]) -> Bytes {
        switch String(decoding: request[0], as: UTF8.self).uppercased() {
        case "GET": return value.map(bulk) ?? null
        case "STRLEN": return line(":\(value?.count ?? 0)")
        case "TYPE": return line(value == nil ? "+none" : "+string")
        case "TTL", "PTTL": return line(value == nil ? ":-2" : ":-1")
        case "GETRANGE":
            guard let value, let first = Int(String(decoding: request[2], as: UTF8.self)),
                let last = Int(String(decoding: request[3], as: UTF8.self))
            else { return bulk([]) }
            // Counted from either end, then kept inside the value; what is left is every byte in both bounds.
            let start = first < 0 ? value.count + first : first
            let end = max(last < 0 ? value.count + last : last, 0)
            return bulk(
                value.indices.filter { $0 >= start && $0 <= end && !(first < 0 && last < 0 && first > last) }.map {
                    value[$0]
                })
        default: preconditionFailure("the model does not know this command")
        }
    }

    private var null: Bytes { line(isRESP3 ? "_" : "$-1") }

    private var hello: Bytes {
        line(isRESP3 ? "%9" : "*14") + bulk("server") + bulk("redis") + bulk("version") + bulk("7.4.0") + bulk("proto")
            + line(":\(isRESP3 ? 3 : 2)") + bulk("id") + line(":\(clientID)") + bulk("mode") + bulk("standalone")
            + bulk("role") + bulk("master") + bulk("modules") + line("*0")
            + (isRESP3 ? bulk("dataset") + bulk("v\(database)") + bulk("dataset_version") + bulk("v\(database)") : [])
    }

    private func bulk(_ text: String) -> Bytes { bulk(Array(text.utf8)) }

    private func bulk(_ bytes: Bytes) -> Bytes { line("$\(bytes.count)") + bytes + [13, 10] }

    private func line(_ text: String) -> Bytes { Array(text.utf8) + [13, 10] }
}
