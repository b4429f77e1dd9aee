import TestSupport

/// Requests drawn from a seed, and the replies that they should get.
public struct RandomScript: Sendable {
    /// The requests as a client sends them.
    public private(set) var bytes: [UInt8] = []
    /// What must come back, to the byte.
    public private(set) var replies: [UInt8] = []

    private var random: SeededRandom
    private var model: SessionModel
    private let keys: [[UInt8]]

    /// Draws `count` requests about `keys`, present or not, and asks `model` for the replies.
    public init(seed: UInt64, model: SessionModel, keys: [[UInt8]], count: Int) {
        random = SeededRandom(seed: seed)
        self.model = model
        self.keys = keys
        for _ in 0..<count { append(next()) }
    }

    private mutating func append(_ request: [[UInt8]]) {
        let isWord = request.allSatisfy { !$0.isEmpty && $0.allSatisfy { (48...122).contains($0) && $0 != 92 } }
        if isWord, random.oneIn(5) {
            bytes += request.joined(separator: [32]) + (random.oneIn(2) ? [13, 10] : [10])
        } else {
            bytes += Self.encoded(request)
        }
        if random.oneIn(20) { bytes += Array(["\r\n", "*0\r\n", "*-1\r\n"][random.pick(0...2)].utf8) }
        replies += model.reply(to: request)
    }

    private mutating func next() -> [[UInt8]] {
        switch random.pick(0...29) {
        case 0...5: command("GET", key())
        case 6...7: many("MGET")
        case 8...9: many("EXISTS")
        case 10: many("TOUCH")
        case 11: command("STRLEN", key())
        case 12: command("GETRANGE", key(), number(), number())
        case 13: command("TYPE", key())
        case 14: command(random.oneIn(2) ? "TTL" : "PTTL", key())
        case 15: random.oneIn(2) ? command("PING") : command("ping", key())
        case 16: command("ECHO", random.bytes(random.pick(0...50)))
        case 17...18: command("MULTI")
        case 19...20: command("EXEC")
        case 21: random.oneIn(3) ? command("DISCARD") : command("WATCH", key())
        case 22...23: command("SELECT", Array("\(random.pick(0...2))".utf8))
        case 24: command("HELLO", Array(random.oneIn(2) ? "2".utf8 : "3".utf8))
        case 25: random.oneIn(4) ? command("RESET") : command("DBSIZE")
        case 26: command("SET", key(), key())
        case 27: random.oneIn(3) ? command("GET") : command("NOSUCH", Array("argument".utf8))
        case 28: subscription()
        default: random.oneIn(60) ? command("QUIT") : command("UNWATCH")
        }
    }

    /// Mostly the end of subscriptions, as RESP2 allows little else while there are any.
    private mutating func subscription() -> [[UInt8]] {
        let kind = ["", "P", "S"][random.pick(0...2)]
        if random.oneIn(4) { return command(kind + "SUBSCRIBE", key(), key()) }
        return random.oneIn(2) ? command(kind + "UNSUBSCRIBE") : command(kind + "UNSUBSCRIBE", key())
    }

    private func command(_ name: String, _ arguments: [UInt8]...) -> [[UInt8]] { [Array(name.utf8)] + arguments }

    private mutating func key() -> [UInt8] { keys[random.pick(0...keys.count - 1)] }

    private mutating func number() -> [UInt8] { Array("\(random.pick(-12...12))".utf8) }

    private mutating func many(_ name: String) -> [[UInt8]] {
        let count = random.oneIn(8) ? random.pick(200...1_000) : random.pick(1...20)
        return [Array(name.utf8)] + (0..<count).map { _ in key() }
    }

    /// A request in the multibulk form.
    public static func encoded(_ request: [[UInt8]]) -> [UInt8] {
        request.reduce(into: Array("*\(request.count)\r\n".utf8)) { bytes, argument in
            bytes += Array("$\(argument.count)\r\n".utf8) + argument + [13, 10]
        }
    }

    /// A request in the multibulk form, of text.
    public static func encoded(_ words: String...) -> [UInt8] { encoded(words.map { Array($0.utf8) }) }
}
