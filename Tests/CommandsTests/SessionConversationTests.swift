import Commands
import RESP
import ServerMetrics
import SessionSupport
import Storage
import TestSupport
import Testing

/// A conversation, in inline requests, and its replies.
private struct Conversation: CustomStringConvertible, Sendable {
    let requests: String
    let replies: String
    var description: String { requests.debugDescription }

    init(_ requests: String, _ replies: String) {
        self.requests = requests.replacing("\n", with: "\r\n") + "\r\n"
        self.replies = replies.replacing("\n", with: "\r\n") + (replies.isEmpty ? "" : "\r\n")
    }
}

@Suite struct SessionConversationTests {
    private static let conversations = [
        Conversation("MULTI\nGET k\nEXEC\nGET k", "+OK\n+QUEUED\n*1\n$1\nv\n$1\nv"),
        Conversation("MULTI\nEXEC", "+OK\n*0"),
        Conversation("EXEC\nDISCARD", "-ERR EXEC without MULTI\n-ERR DISCARD without MULTI"),
        Conversation("MULTI\nMULTI\nGET k\nEXEC", "+OK\n-ERR MULTI calls can not be nested\n+QUEUED\n*1\n$1\nv"),
        Conversation("MULTI\nGET k\nDISCARD\nGET k\nEXEC", "+OK\n+QUEUED\n+OK\n$1\nv\n-ERR EXEC without MULTI"),
        Conversation("WATCH k\nMULTI\nGET k\nEXEC\nUNWATCH", "+OK\n+OK\n+QUEUED\n*1\n$1\nv\n+OK"),
        Conversation("MULTI\nWATCH k\nEXEC", "+OK\n-ERR WATCH inside MULTI is not allowed\n*0"),
        Conversation(
            "MULTI\nSET k x\nGET k\nEXEC\nGET k",
            """
            +OK\n-READONLY You can't write against a read only replica.\n+QUEUED
            -EXECABORT Transaction discarded because of previous errors.\n$1\nv
            """),
        Conversation(
            "MULTI\nNOSUCH\nEXEC",
            """
            +OK\n-ERR unknown command 'NOSUCH', with args beginning with:\u{20}
            -EXECABORT Transaction discarded because of previous errors.
            """),
        Conversation(
            "MULTI\nGET\nEXEC\nMULTI\nEXEC",
            """
            +OK\n-ERR wrong number of arguments for 'get' command
            -EXECABORT Transaction discarded because of previous errors.\n+OK\n*0
            """),
        Conversation("MULTI\nSELECT 1\nGET k\nEXEC\nGET k", "+OK\n+QUEUED\n+QUEUED\n*2\n+OK\n$5\nother\n$5\nother"),
        Conversation(
            "MULTI\nPING a b\nGET k\nEXEC",
            "+OK\n+QUEUED\n+QUEUED\n*2\n-ERR wrong number of arguments for 'ping' command\n$1\nv"),
        Conversation("SELECT 1\nGET k\nSELECT 0\nGET k", "+OK\n$5\nother\n+OK\n$1\nv"),
        Conversation(
            "SELECT 2\nSELECT x\nSELECT -1",
            "-ERR DB index is out of range\n-ERR value is not an integer or out of range\n-ERR DB index is out of range"
        ),
        Conversation("SELECT 1\nMULTI\nRESET\nGET k\nEXEC", "+OK\n+OK\n+RESET\n$1\nv\n-ERR EXEC without MULTI"),
        Conversation("GET k\nQUIT\nGET k", "$1\nv\n+OK"),
        Conversation("GET k\nPOST / HTTP/1.1\nGET k", "$1\nv"),
        Conversation("GET k\n*1\n$x\nGET k", "$1\nv\n-ERR Protocol error: invalid bulk length"),
        Conversation("GET 'k\nGET k", "-ERR Protocol error: unbalanced quotes in request"),
        Conversation("EXISTS k k none k\nTOUCH none\nSTRLEN k\nSTRLEN none", ":3\n:0\n:1\n:0"),
        Conversation("TYPE k\nTYPE none\nTTL k\nPTTL none\nEXPIRETIME k", "+string\n+none\n:-1\n:-2\n:-1"),
        Conversation(
            "GETRANGE word 0 -1\nGETRANGE word 1 2\nGETRANGE word -3 -2\nGETRANGE word 3 1\nGETRANGE none 0 -1",
            "$4\nword\n$2\nor\n$2\nor\n$0\n\n$0\n"),
        Conversation(
            "GETRANGE word -9223372036854775808 9223372036854775807\nGETRANGE word a 1",
            "$4\nword\n-ERR value is not an integer or out of range"),
        Conversation("GETRANGE word -1 -9\nGETRANGE word -9 -8\nGETRANGE word 9 10", "$0\n\n$1\nw\n$0\n"),
        Conversation(
            "SET k\nSET k v",
            "-ERR wrong number of arguments for 'set' command\n-READONLY You can't write against a read only replica."),
        Conversation(
            "CLIENT NOSUCH\nclient setname me\nCLIENT GETNAME",
            "-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.\n+OK\n$2\nme"),
        Conversation(
            "HELLO 4\nHELLO x\nHELLO 3 FOO\nGET none",
            """
            -NOPROTO unsupported protocol version
            -ERR Protocol version is not an integer or out of range
            -ERR Syntax error in HELLO option 'FOO'
            $-1
            """
        ),
    ]

    @Test("Requests get the replies that Redis gives, at every pace", arguments: conversations)
    fileprivate func conversation(_ conversation: Conversation) {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.coldKeys = [Array("k".utf8)]
        behaviour.warmsOnRead = false
        let databases = [SessionWorld.bytes(["k": "v", "word": "word"]), SessionWorld.bytes(["k": "other"])]
        for isCold in [false, true] {
            let world = isCold ? SessionWorld(databases, behaviour: behaviour) : SessionWorld(databases)
            for seed: UInt64 in 0..<12 {
                let pace = seed == 0 ? SessionDriver.Pace.prompt : .random(seed: seed)
                #expect(
                    world.replies(to: Array(conversation.requests.utf8), pace: pace) == conversation.replies,
                    "seed \(seed)")
            }
        }
    }

    @Test("Nulls have the form of the protocol that HELLO chose before them, within one pipeline")
    func nullForms() {
        let world = SessionWorld(text: ["k": "v"])
        let get = request("GET", "none") + request("MGET", "k", "none")
        let reply = world.replies(
            to: get + request("HELLO", "3") + get + request("HELLO", "2") + get + request("HELLO", "3")
                + request("RESET") + get)
        let nulls = reply.split(separator: "\r\n").filter { $0 == "$-1" || $0 == "_" }
        #expect(nulls == ["$-1", "$-1", "_", "_", "$-1", "$-1", "$-1", "$-1"])
    }

    @Test("Every command of the table gets one whole reply, with any number of arguments", arguments: [2, 3])
    func everyCommand(protocolVersion: Int) throws {
        let world = SessionWorld(text: ["k": "v"])
        for command in CommandTable.standard.commands {
            let name = command.fullName.split(separator: "|").map(String.init)
            for count in 0...4 {
                let words = name + (0..<count).map { $0 % 2 == 0 ? "k" : "1" }
                let hello = request("HELLO", "\(protocolVersion)")
                let replies = try ReplyChecker.replies(
                    in: world.replies(to: hello + requestBytes(words) + request("ECHO", "end")).unicodeScalars.map {
                        UInt8($0.value)
                    })
                // Each name subscribed to is confirmed by itself.
                let extra = name[0].hasSuffix("subscribe") ? max(count, 1) - 1 : 0
                #expect(replies.count == 3 + extra || (name == ["quit"] && replies.count == 2), "\(words)")
            }
        }
    }

    @Test("A damaged key in a short MGET makes one error of it, and the connection goes on", arguments: [false, true])
    func damagedMGET(isCold: Bool) {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.damagedKeys = [Array("bad".utf8)]
        if isCold { behaviour.coldKeys = [Array("bad".utf8), Array("k".utf8)] }
        let world = SessionWorld(text: ["k": "v", "bad": "x"], behaviour: behaviour)
        let many = (0..<255).flatMap { _ in request("GET", "k") }
        let values = String(repeating: "$1\r\nv\r\n", count: 255)
        for name in ["MGET", "EXISTS", "TOUCH"] {
            let reply = world.replies(
                to: many + request(name, "k", "k", "bad", "none", "k") + request("GET", "bad") + request("GET", "k"))
            #expect(reply == values + damagedText + damagedText + "$1\r\nv\r\n")
        }
        let block =
            request("MULTI") + request("GET", "bad") + request("MGET", "k", "bad") + request("GET", "k")
            + request("EXEC")
        #expect(world.replies(to: block).hasSuffix("*3\r\n" + damagedText + damagedText + "$1\r\nv\r\n"))
    }

    @Test("Damage in an array that has begun ends the connection after an error, with no null in its place")
    func brokenArray() {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.damagedKeys = [Array("bad".utf8)]
        let world = SessionWorld(text: ["k": "v", "bad": "x"], behaviour: behaviour)
        let keys = (0..<400).map { $0 == 399 ? "bad" : "k" }
        let reply = world.replies(to: requestBytes(["MGET"] + keys) + request("PING"))
        #expect(reply.hasPrefix("*400\r\n"))
        #expect(reply.hasSuffix("$1\r\nv\r\n" + damagedText))
        #expect(!reply.contains("$-1"))
    }

    @Test("A request counts as one command, over however many turns it is spread")
    func counting() {
        let world = SessionWorld(text: ["k": "v"])
        let driver = SessionDriver(world.versions)
        driver.clients[0].send(requestBytes(["MGET"] + (0..<1_000).map { _ in "k" }) + request("PING"))
        #expect(driver.run())
        #expect(driver.context.metrics.commandsProcessed.total == 2)
        #expect(driver.context.metrics.keyspaceHits.total == 1_000)
    }
}
