import Commands

/// Draws the requests of one client, right and wrong, of every command there is.
struct ConversationScript {
    typealias Bytes = [UInt8]

    private let commands = CommandTable.standard.commands.filter { !Self.left.contains($0.fullName.lowercased()) }
    /// What the client is likely to be in the middle of, so that a request of several replies is not queued.
    private var isInTransaction = false
    private var isMuted = false
    /// Whether the next request gets no reply, so that it must not be one that changes much.
    private var isSkipping = false

    /// Commands whose effect on later replies is not understood here; most of them are sent on purpose below.
    private static let left: Set<String> = [
        "client|reply", "client|pause", "client|kill", "client|tracking", "client|attributes", "dataset|use", "quit",
        "subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe", "hello", "reset",
        "select", "config|set", "monitor", "sync", "psync", "shutdown", "debug|sleep", "exec", "multi", "discard",
    ]

    /// The next request of the client.
    mutating func request(from source: inout ChoiceSource) -> [Bytes] {
        if isSkipping {
            isSkipping = false
            return words("GET", key(&source))
        }
        switch source.pick(0...31) {
        case 0...4: return words("GET", key(&source))
        case 5...6: return [word("MGET")] + keys(&source, most: source.oneIn(6) ? 700 : 12)
        case 7: return [word(source.oneIn(2) ? "EXISTS" : "touch")] + keys(&source, most: source.oneIn(6) ? 700 : 6)
        case 8: return words(source.element(of: ["STRLEN", "TYPE", "TTL"]), key(&source))
        case 9: return words("GETRANGE", key(&source), Bytes("0".utf8), Bytes("\(source.pick(0...40))".utf8))
        case 10: return words(source.element(of: ["DBSIZE", "RANDOMKEY", "SCAN 0 COUNT 3", "KEYS *"]))
        case 11...12:
            guard !isMuted else { return words("PING") }
            isInTransaction = true
            return words("MULTI")
        case 13...14:
            isInTransaction = false
            return words("EXEC")
        case 15:
            isInTransaction = false
            return words("DISCARD")
        case 16...17: return words(source.element(of: ["HELLO 2", "HELLO 3", "HELLO 3", "HELLO", "HELLO 4"]))
        case 18: return words(source.element(of: ["SELECT 0", "SELECT 1", "SELECT 1", "SELECT 7"]))
        case 19:
            guard source.oneIn(2) else { return words("WATCH k1") }
            isInTransaction = false
            isMuted = false
            return words("RESET")
        case 20...21: return subscription(&source)
        case 22: return tracking(&source)
        case 23: return muting(&source)
        case 24: return words("PING", source.oneIn(2) ? [] : key(&source))
        case 25:
            return words(source.element(of: ["SET k1 v", "DEL k1", "GET", "NOSUCH thing", "CLIENT NOSUCH", "MGET"]))
        default: return any(&source)
        }
    }

    /// Any command of the table with any arguments, most of them refused.
    private func any(_ source: inout ChoiceSource) -> [Bytes] {
        let command = commands[source.pick(0...commands.count - 1)]
        var request = command.fullName.split(separator: "|").map { Bytes($0.utf8) }
        let least = max(abs(command.arity) - request.count, 0)
        var count = command.arity < 0 ? least + source.pick(0...3) : least
        if source.oneIn(8) { count = source.pick(0...6) }
        for _ in 0..<count {
            request.append(source.oneIn(2) ? key(&source) : word(source.element(of: Self.arguments)))
        }
        return request
    }

    private static let arguments = [
        "0", "1", "-1", "2", "10", "9223372036854775807", "x", "*", "COUNT", "MATCH", "LIMIT", "WITHSCORES", "GET",
        "u8", "BYTE", "BIT", "LEN", "IDX", "STREAMS", "TYPE", "ID", "ON", "OFF", "YES", "NO", "string", "default",
        "get", "k*", "FILTERBY", "PATTERN", "ACLCAT", "SAMPLES", "",
    ]

    private mutating func subscription(_ source: inout ChoiceSource) -> [Bytes] {
        guard !isMuted else { return words("PING") }
        // Redis refuses shard channels inside of a transaction.
        let kind = source.element(of: isInTransaction ? ["", "P"] : ["", "P", "S"])
        let names = ["swaps", "s*", "other", "__redis__:invalidate"].map { Bytes($0.utf8) }
        if isInTransaction { return words(kind + "SUBSCRIBE", source.element(of: names)) }
        if source.oneIn(2) { return words(kind + "UNSUBSCRIBE") }
        let chosen = (0...source.pick(0...2)).map { _ in source.element(of: names) }
        return [word(kind + (source.oneIn(3) ? "UNSUBSCRIBE" : "SUBSCRIBE"))] + chosen
    }

    private func tracking(_ source: inout ChoiceSource) -> [Bytes] {
        words(
            source.element(of: [
                "CLIENT TRACKING ON", "CLIENT TRACKING ON", "CLIENT TRACKING OFF", "CLIENT TRACKING ON BCAST",
                "CLIENT TRACKING ON OPTIN", "CLIENT CACHING YES", "CLIENT TRACKING ON OPTOUT NOLOOP",
                "CLIENT CACHING NO", "CLIENT TRACKING ON REDIRECT 1", "CLIENT TRACKING ON REDIRECT 2",
                "CLIENT TRACKING ON BCAST PREFIX k", "CLIENT TRACKINGINFO",
            ]))
    }

    private mutating func muting(_ source: inout ChoiceSource) -> [Bytes] {
        guard !isInTransaction else { return words("PING") }
        let mode = source.element(of: ["OFF", "SKIP", "ON"])
        isMuted = mode == "OFF" || isMuted && mode == "SKIP"
        isSkipping = mode == "SKIP"
        return words("CLIENT REPLY \(mode)")
    }

    private func key(_ source: inout ChoiceSource) -> Bytes {
        source.oneIn(10) ? Bytes("none".utf8) : source.element(of: VersionedWorld.keys)
    }

    private func keys(_ source: inout ChoiceSource, most: Int) -> [Bytes] {
        let chosen = (0...source.pick(0...11)).map { _ in key(&source) }
        let wanted = most > 12 ? source.pick(200...most) : chosen.count
        // Many keys must not meet the one that cannot be read: their reply has begun when it is found.
        let usable = wanted > 12 ? chosen.map { $0 == VersionedWorld.damagedKey ? Bytes("k1".utf8) : $0 } : chosen
        return (0..<wanted).map { usable[$0 % usable.count] }
    }

    /// The words of `text`, and what follows them.
    private func words(_ text: String, _ arguments: Bytes...) -> [Bytes] {
        text.split(separator: " ").map { Bytes($0.utf8) } + arguments
    }

    private func word(_ text: String) -> Bytes { Bytes(text.utf8) }
}
