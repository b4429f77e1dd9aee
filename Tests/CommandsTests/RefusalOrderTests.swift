import Testing

/// Which of several reasons to refuse a request is given; found beside redis-server 7.0.15.
@Suite struct RefusalOrderTests {
    private static let world = SessionWorld(text: ["k": "v"])

    private static func lines(_ requests: String) -> [String] {
        let bytes = Array((requests.replacing("|", with: "\r\n") + "\r\n").utf8)
        return world.replies(to: bytes).split(separator: "\r\n").map(String.init)
    }

    @Test("What is switched off is not queued, and spoils the transaction")
    func debugInTransaction() {
        let lines = Self.lines("MULTI|DEBUG SLEEP 0|EXEC")
        #expect(lines.count == 3)
        #expect(lines[1].hasPrefix("-ERR DEBUG command not allowed."))
        #expect(lines[2] == "-EXECABORT Transaction discarded because of previous errors.")
    }

    @Test("What no setting would allow is not queued either, and spoils the transaction")
    func moduleInTransaction() {
        let lines = Self.lines("MULTI|MODULE LOAD x|EXEC")
        #expect(lines[1] == "-ERR MODULE LOAD is not available here: this server loads no modules")
        #expect(lines[2] == "-EXECABORT Transaction discarded because of previous errors.")
    }

    @Test("What is switched off is refused as such on a connection that messages come on")
    func debugWhileSubscribed() {
        #expect(Self.lines("SUBSCRIBE c|DEBUG SLEEP 0").last?.hasPrefix("-ERR DEBUG command not allowed.") == true)
    }

    @Test("CLIENT PAUSE of too many arguments gets the error of its container")
    func pauseArguments() {
        let text = "-ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP."
        #expect(Self.lines("CLIENT PAUSE 0 ALL x") == [text])
    }
}
