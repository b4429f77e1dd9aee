import RESP
import Testing

@testable import Commands

/// What reading `request` fails with, or nothing.
private func failure(_ request: [String], _ read: (borrowing Request) throws(CommandError) -> Void) -> String? {
    withRequest(request) { request in
        do throws(CommandError) {
            try read(request)
            return nil
        } catch {
            return text(error.text)
        }
    }
}

@Suite struct ClientCommandTests {
    @Test("The line of CLIENT LIST has every field of Redis 7.4 in its order")
    func line() {
        var facts = ClientFacts()
        facts.id = 9
        facts.address = "127.0.0.1:48658"
        facts.localAddress = "127.0.0.1:6379"
        facts.fileDescriptor = 7
        facts.name = "app"
        facts.lastCommand = "client|info"
        facts.protocolVersion = 3
        facts.libraryName = "redis-py"
        facts.libraryVersion = "8.1.0"
        #expect(
            facts.line == """
                id=9 addr=127.0.0.1:48658 laddr=127.0.0.1:6379 fd=7 name=app age=0 idle=0 flags=N db=0 sub=0 psub=0 \
                ssub=0 multi=-1 watch=0 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 \
                events=r cmd=client|info user=default redir=-1 resp=3 lib-name=redis-py lib-ver=8.1.0 loop=0
                """)
        facts.queuedRequestCount = 2
        facts.isNoEvict = true
        facts.address = "/run/almanac.sock:0"
        #expect(facts.line.contains(" flags=xUe "))
        #expect(facts.line.contains(" multi=2 "))
    }

    @Test(
        "Names of clients are printable ASCII without spaces",
        arguments: [
            ("", true), ("a", true), ("!~", true), ("a b", false), ("a\n", false), ("\u{7f}", false), ("\u{e9}", false),
            ("\u{00}", false), (String(repeating: "n", count: 10_000), true),
        ])
    func names(name: String, isValid: Bool) {
        #expect((ClientFacts.validName(name.utf8.span) == name) == isValid)
    }

    @Test("CLIENT LIST takes a type or numbers, and refuses the rest in Redis's words")
    func filters() {
        let cases: [([String], String?)] = [
            ([], nil), (["TYPE", "normal"], nil), (["type", "SLAVE"], nil), (["ID", "1", "2"], nil),
            (["TYPE", "x"], "ERR Unknown client type 'x'"), (["FOO"], "ERR syntax error"), (["ID"], "ERR syntax error"),
            (["ID", "x"], "ERR Invalid client ID"), (["TYPE", "normal", "x"], "ERR syntax error"), (["ID", "-1"], nil),
        ]
        for (arguments, expected) in cases {
            #expect(
                failure(["CLIENT", "LIST"] + arguments) { request throws(CommandError) in
                    _ = try ClientFilter(listed: request)
                } == expected)
        }
        var client = ClientFacts()
        client.id = 2
        let included: [([String], Bool)] = [
            ([], true), (["ID", "1", "2"], true), (["ID", "3"], false), (["TYPE", "normal"], true),
            (["TYPE", "pubsub"], false),
        ]
        for (arguments, isIncluded) in included {
            let filter = withRequest(["CLIENT", "LIST"] + arguments) { try? ClientFilter(listed: $0) }
            let isFound = filter?.includes(id: client.id, kind: client.kind, username: [], ageSeconds: 0) { ("", "") }
            #expect(isFound == isIncluded)
        }
    }

    @Test("CLIENT SETINFO takes a library's name and version")
    func libraries() {
        let cases: [([String], ClientLibrary?, String?)] = [
            (["LIB-NAME", "redis-py"], .name("redis-py"), nil), (["lib-ver", "1.2"], .version("1.2"), nil),
            (["LIB-FOO", "x"], nil, "ERR Unrecognized option 'LIB-FOO'"),
            (["lib-name", "a b"], nil, "ERR lib-name cannot contain spaces, newlines or special characters."),
        ]
        for (arguments, expected, expectedFailure) in cases {
            var library: ClientLibrary?
            let message = failure(["CLIENT", "SETINFO"] + arguments) { request throws(CommandError) in
                library = try ClientLibrary(request)
            }
            #expect(library == expected)
            #expect(message == expectedFailure)
        }
    }

    @Test("Switches are ON or OFF in any case")
    func switches() {
        #expect((try? Bool(onOrOff: "oN".utf8.span)) == true)
        #expect((try? Bool(onOrOff: "OFF".utf8.span)) == false)
        #expect((try? Bool(onOrOff: "yes".utf8.span)) == nil)
    }
}
