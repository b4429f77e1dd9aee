import SessionSupport
import TestSupport
import Testing

@Suite struct SessionTrialTests {
    private static let pieces = [
        "*1\r\n$4\r\nPING\r\n", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "GET bad\n", "MGET k bad\n", "EXISTS k bad none k\n",
        "MULTI\n",
        "EXEC\n", "DISCARD\n", "HELLO 3\n", "HELLO 2\n", "SELECT 1\n", "RESET\n", "SCAN 0 COUNT 3\n", "KEYS a*\n",
        "DBSIZE\n",
        "CLIENT LIST\n", "GETRANGE k 0 -1\n", "STRLEN k\n", "*0\r\n", "\r\n", "*-1\r\n", "*2\r\n$4\r\n", "$1\r\nk\r\n",
        "ECHO \"\\x00\\n\"\n",
        "CONFIG GET *\n", "COMMAND COUNT\n", "SET k v\n", "NOSUCH\r\n",
    ].map { Array($0.utf8) }

    @Test("Bytes that are nearly requests get the same replies at every pace, and all of them RESP", arguments: 1...40)
    func trials(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<8 {
            var input = random.bytes(2)
            for _ in 0..<random.pick(1...40) {
                var piece = Self.pieces[random.pick(0...Self.pieces.count - 1)]
                if random.oneIn(15) {
                    piece[random.pick(0...piece.count - 1)] = UInt8(truncatingIfNeeded: random.next())
                }
                if random.oneIn(20) { piece.removeLast() }
                input += piece
            }
            SessionTrial(input).run()
        }
    }

    @Test(
        "Clients that say anything while versions change get replies in order, each of one version",
        arguments: 1...60)
    func conversations(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<4 {
            var trial = ConversationTrial(random.bytes(random.pick(20...1_500)))
            trial.run()
        }
    }
}
