import RESP
import Testing

@testable import Commands

/// The reply of the table to a request, found as a session finds it.
private func answer(_ arguments: [String], _ version: ProtocolVersion = .resp2) -> String {
    let reply = tableAnswer(arguments, version)
    // What needs more than the table and the settings, a session answers.
    guard reply == "+not answered\r\n" else { return reply }
    let world = SessionWorld(text: [:])
    guard version == .resp3 else { return world.replies(to: requestBytes(arguments)) }
    let greeting = world.replies(to: request("HELLO", "3"))
    return String(world.replies(to: request("HELLO", "3"), requestBytes(arguments)).dropFirst(greeting.count))
}

private func tableAnswer(_ arguments: [String], _ version: ProtocolVersion) -> String {
    let table = CommandTable.standard
    let answers = ServerAnswers(table: table, settings: [("databases", "16"), ("maxmemory", "0")])
    return withRequest(arguments) { request in
        written(version) { reply in
            guard var command = table.find(request[0]) else {
                return reply.error(ErrorReply.unknownCommand(request).span)
            }
            if command.isContainer, request.count > 1 {
                guard let subcommand = table.find(request[1], in: command) else {
                    return reply.error(ErrorReply.unknownSubcommand(request).span)
                }
                command = subcommand
            }
            guard command.accepts(argumentCount: request.count) else {
                return reply.error(ErrorReply.wrongArity(command, table))
            }
            do throws(CommandError) {
                if try !answers.write(command, request, to: &reply) { reply.simple("not answered") }
            } catch {
                reply.error(error.text.span)
            }
        }
    }
}

private func fnv1a(_ text: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for scalar in text.unicodeScalars { hash = (hash ^ UInt64(scalar.value)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

@Suite struct AnswerTests {
    @Test("Requests are refused in Redis's words", arguments: recordedRefusals)
    func refusals(request: [String], resp2: String, resp3: String) {
        #expect(answer(request) == resp2)
        #expect(answer(request, .resp3) == (resp3.isEmpty ? resp2 : resp3))
    }

    @Test("Replies about the server and its commands are Redis's to the byte", arguments: recordedAnswers)
    func answers(request: [String], resp2: String, resp3: String) {
        #expect(answer(request) == resp2)
        #expect(answer(request, .resp3) == (resp3.isEmpty ? resp2 : resp3))
    }

    @Test("COMMAND INFO gives every command's ten fields as Redis does")
    func everyDescription() {
        for line in redisFacts.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            guard let hash = fields.last, hash != "-" else { continue }
            let reply = answer(["COMMAND", "INFO", fields[0]], .resp3)
            #expect(fnv1a(String(reply.unicodeScalars.dropFirst(4))) == hash, "\(fields[0])")
        }
    }

    @Test("COMMAND, COUNT and DOCS agree on how many commands there are, LIST has sub-commands besides")
    func counts() {
        let count = CommandTable.standard.topLevel.count
        #expect(answer(["COMMAND", "COUNT"]) == ":\(count)\r\n")
        #expect(answer(["COMMAND"]).hasPrefix("*\(count)\r\n*10\r\n$3\r\nget\r\n"))
        #expect(answer(["COMMAND"]) == answer(["COMMAND", "INFO"]))
        #expect(
            answer(["COMMAND", "LIST"]).hasPrefix("*\(CommandTable.standard.commands.count)\r\n$3\r\nget\r\n"))
        #expect(answer(["COMMAND", "DOCS"], .resp3).hasPrefix("%\(count)\r\n$3\r\nget\r\n%5\r\n$7\r\nsummary\r\n"))
    }

    @Test("COMMAND DOCS tells of deprecation and of sub-commands, and leaves unknown names out")
    func documentation() {
        #expect(
            answer(["COMMAND", "DOCS", "nosuch", "substr"], .resp3) == """
                %1\r\n$6\r\nsubstr\r\n%8\r\n$7\r\nsummary\r\n$22\r\nGives part of a value.\r\n$5\r\nsince\r\n\
                $5\r\n1.0.0\r\n$5\r\ngroup\r\n$6\r\nstring\r\n$10\r\ncomplexity\r\n$4\r\nO(N)\r\n$9\r\ndoc_flags\r\n\
                ~1\r\n+deprecated\r\n$16\r\ndeprecated_since\r\n$5\r\n2.0.0\r\n$11\r\nreplaced_by\r\n$10\r\n\
                `GETRANGE`\r\n$9\r\narguments\r\n*3\r\n%3\r\n$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n\
                $3\r\nkey\r\n$14\r\nkey_spec_index\r\n:0\r\n%2\r\n$4\r\nname\r\n$5\r\nstart\r\n$4\r\n\
                type\r\n$6\r\nstring\r\n%2\r\n$4\r\nname\r\n$3\r\nend\r\n$4\r\ntype\r\n$6\r\nstring\r\n
                """)
        let client = answer(["COMMAND", "DOCS", "client"], .resp3)
        let count = CommandTable.standard.commands.count { $0.fullName.hasPrefix("client|") }
        #expect(client.contains("$11\r\nsubcommands\r\n%\(count)\r\n$9\r\nclient|id\r\n%"))
    }

    @Test("Help names every sub-command that there is")
    func help() {
        for container in ["client", "config", "command", "slowlog", "latency", "module"] {
            let lines = answer([container, "help"]).split(separator: "\r\n").map(String.init)
            #expect(lines[1] == "+\(container.uppercased()) <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
            #expect(lines[0] == "*\(lines.count - 1)")
            #expect(lines.suffix(2) == ["+HELP", "+    Prints this help."])
            for command in CommandTable.standard.commands where command.fullName.hasPrefix("\(container)|") {
                let usage = command.usage ?? ""
                #expect(lines.contains("+\(command.name.uppercased())\(usage.isEmpty ? "" : " ")\(usage)"))
            }
        }
    }

    @Test("CONFIG GET gives each setting once, in any case, and keeps the spelling of a name asked for")
    func configGet() {
        let settings = [("save", ""), ("maxmemory", "0"), ("maxmemory-policy", "noeviction"), ("Odd[1]", "x")]
        let cases: [([String], String)] = [
            (["save"], "*2\r\n$4\r\nsave\r\n$0\r\n\r\n"), (["nosuch"], "*0\r\n"), (["max"], "*0\r\n"),
            (["MAXMEMORY", "maxmemory"], "*2\r\n$9\r\nMAXMEMORY\r\n$1\r\n0\r\n"),
            (["[m]axmemory", "m?xmemory"], "*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n"),
            (
                ["MAX*", "nosuch*", "SAVE"],
                "*6\r\n$4\r\nSAVE\r\n$0\r\n\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n$16\r\nmaxmemory-policy\r\n$10\r\nnoeviction\r\n"
            ),
        ]
        for (patterns, expected) in cases {
            let reply = withRequest(["CONFIG", "GET"] + patterns) { request in
                written { ConfigCommands.writeMatches(request, of: settings, to: &$0) }
            }
            #expect(reply == expected)
        }
        let all = withRequest(["CONFIG", "GET", "*"]) { request in
            written(.resp3) { ConfigCommands.writeMatches(request, of: settings, to: &$0) }
        }
        #expect(all.hasPrefix("%4\r\n$4\r\nsave\r\n$0\r\n\r\n"))
    }

    @Test("HELLO describes the server in seven fields, and in RESP3 what is served in two more")
    func hello() {
        let tail = "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"
        let head = "$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.4.0\r\n$5\r\nproto\r\n"
        #expect(
            written { ServerFacts.writeHello(clientID: 7, dataset: "users", version: "B", to: &$0) }
                == "*14\r\n\(head):2\r\n$2\r\nid\r\n:7\r\n\(tail)")
        #expect(
            written(.resp3) { ServerFacts.writeHello(clientID: 81, dataset: "users", version: "B", to: &$0) }
                == "%9\r\n\(head):3\r\n$2\r\nid\r\n:81\r\n\(tail)$7\r\ndataset\r\n$5\r\nusers\r\n"
                + "$15\r\ndataset_version\r\n$1\r\nB\r\n")
    }

    @Test("TIME gives seconds and microseconds as bulk strings")
    func time() {
        let reply = written { ServerAnswers.writeTime(unixMicroseconds: 1_795_245_290_000_849, to: &$0) }
        #expect(reply == "*2\r\n$10\r\n1795245290\r\n$3\r\n849\r\n")
    }

    @Test(
        "Cursors are read as C's strtoul reads them",
        arguments: [
            ("0", 0), ("", 0), ("7", 7), ("007", 7), ("+5", 5), ("-1", UInt64.max),
            ("18446744073709551615", UInt64.max),
            ("18446744073709551616", nil), ("-18446744073709551616", nil), (" 5", nil), ("5 ", nil), ("-", nil),
            ("+", nil), ("abc", nil), ("0x5", nil), ("--1", nil),
            ("\0", 0), ("12\0x", 12), ("-\0", nil),
        ] as [(String, UInt64?)])
    func cursors(text: String, expected: UInt64?) {
        #expect(UInt64(cursor: text.utf8.span) == expected)
    }
}
