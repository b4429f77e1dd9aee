import Bytes
import RESP

/// `LOLWUT`: a small picture, another each time, and what version this is.
enum Lolwut {
    /// Writes a page of a calendar whose nights have been rolled out at random.
    ///
    /// - Parameters:
    ///   - seed: Chooses the picture.
    ///   - reply: Where to.
    static func write(seed: UInt64, to reply: inout ReplyWriter) {
        var random = SplitMix64(state: seed)
        var text = ""
        for _ in 0..<6 {
            var line = ""
            for _ in 0..<28 {
                switch random.next() % 19 {
                case 0: line += "*"
                case 1, 2: line += "."
                case 3: line += "'"
                default: line += " "
                }
            }
            while line.hasSuffix(" ") { line.removeLast() }
            text += line + "\n"
        }
        let moons = ["new moon", "first quarter", "full moon", "last quarter"]
        text += "\nThe almanac foretells: \(moons[Int(random.next() % 4)]), clear skies, and no writes.\n"
        reply.verbatim(text + "\nRedis ver. \(ServerFacts.redisVersion)\n")
    }

    /// Reads `LOLWUT [VERSION version …]`.
    static func check(_ request: borrowing Request) throws(CommandError) {
        guard request.count >= 3, request[1].equalsIgnoringCase("version") else { return }
        guard let version = Int(decimal: request[2]) else { throw CommandError(ErrorReply.notAnInteger) }
        // The pictures of two versions of Redis have sizes.
        guard version == 5 || version == 6 else { return }
        for index in 3..<max(request.count, 3) where Int(decimal: request[index]) == nil {
            throw CommandError(ErrorReply.notAnInteger)
        }
    }
}
