import RESP
import SessionSupport
import Testing

@testable import Commands

/// What `CLIENT KILL` with these arguments, sent by connection 7, looks for; or why it looks for nothing.
private func filter(_ arguments: [String]) -> Result<ClientFilter, CommandError> {
    withRequest(["CLIENT", "KILL"] + arguments) { request in
        do throws(CommandError) {
            return .success(try ClientFilter(killed: request, askerID: 7) { text($0) == "default" })
        } catch {
            return .failure(error)
        }
    }
}

@Suite("CLIENT KILL and its like")
struct ClientKillTests {
    @Test("Options are refused in Redis's words")
    func refusals() {
        let cases: [([String], String)] = [
            (["ID", "x"], "ERR client-id should be greater than 0"),
            (["ID", "0"], "ERR client-id should be greater than 0"),
            (["TYPE", "x"], "ERR Unknown client type 'x'"), (["USER", "nobody"], "ERR No such user 'nobody'"),
            (["SKIPME", "maybe"], "ERR syntax error"), (["FOO", "bar"], "ERR syntax error"),
            (["ID", "1", "ADDR"], "ERR syntax error"), (["MAXAGE", "0"], "ERR maxage should be greater than 0"),
            (["MAXAGE", "x"], "ERR maxage is not an integer or out of range"),
        ]
        for (arguments, expected) in cases {
            #expect(filter(arguments) == .failure(CommandError(Array(expected.utf8))), "\(arguments)")
        }
    }

    @Test("Every option narrows the choice, and the asker is spared unless it says otherwise")
    func options() throws {
        let addresses = (peer: "1.2.3.4:5", local: "6.7.8.9:10")
        let cases: [([String], Bool)] = [
            (["ID", "8"], true), (["ID", "9"], false), (["ID", "8", "ID", "9"], false), (["TYPE", "normal"], true),
            (["TYPE", "pubsub"], false), (["ADDR", "1.2.3.4:5"], true), (["ADDR", "1.2.3.4:6"], false),
            (["LADDR", "6.7.8.9:10"], true), (["LADDR", "1.2.3.4:5"], false), (["MAXAGE", "20"], true),
            (["MAXAGE", "21"], false), (["USER", "default", "SKIPME", "no"], true),
            (["ID", "8", "ADDR", "1.2.3.4:5", "LADDR", "0.0.0.0:0"], false),
        ]
        for (arguments, isIncluded) in cases {
            let filter = try filter(arguments).get()
            let isFound = filter.includes(
                id: 8, kind: .normal, username: Array("default".utf8), ageSeconds: 20
            ) { addresses }
            #expect(isFound == isIncluded, "\(arguments)")
        }
        let all = try filter(["TYPE", "normal"]).get()
        let allAndMe = try filter(["TYPE", "normal", "SKIPME", "no"]).get()
        let isSpared = !all.includes(id: 7, kind: .normal, username: Array("default".utf8), ageSeconds: 0) { addresses }
        let isClosed = allAndMe.includes(id: 7, kind: .normal, username: Array("default".utf8), ageSeconds: 0) {
            addresses
        }
        #expect(isSpared && isClosed)
    }

    @Test("Who closes others goes on; who closes itself has its reply and nothing more")
    func ends() {
        let world = SessionWorld(SessionWorld.usual)
        let driver = SessionDriver(world.versions, clientCount: 3)
        driver.clients[0].send(request("CLIENT", "KILL", "ID", "2") + request("PING"))
        #expect(driver.run())
        #expect(text(driver.clients[0].received) == ":1\r\n+PONG\r\n")
        #expect(driver.clients[1].isClosed && !driver.clients[2].isClosed)
        driver.clients[0].send(
            request("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no") + request("GET", "k") + request("PING"))
        #expect(driver.run())
        #expect(text(driver.clients[0].received) == ":1\r\n+PONG\r\n:2\r\n")
        #expect(!driver.clients.contains { !$0.isClosed })
    }

    @Test("A list of more connections than one slice writes is whole and in order")
    func longList() {
        let world = SessionWorld(SessionWorld.usual)
        let driver = SessionDriver(world.versions, clientCount: 600)
        driver.clients[0].send(request("CLIENT", "LIST"))
        #expect(driver.run())
        // In front of the lines stands the length of the reply.
        let lines = driver.clients[0].received.split(separator: UInt8(ascii: "\n")).map { text(Array($0)) }
            .filter { $0.hasPrefix("id=") }
        let numbers = lines.compactMap { Int($0.dropFirst(3).prefix { $0 != " " }) }
        #expect(numbers == Array(1...600))
    }

    @Test("A job is ended by the last loop, and tells only then whether the asker ends")
    func lastLoop() {
        let job = ClientVisitJob(ClientFilter(id: 7), .kill(countsThem: true), askerID: 7)
        #expect(!job.endLoop(of: 2))
        job.countKilled(id: 7)
        #expect(job.endLoop(of: 2))
        #expect(job.endsSession)
    }
}

@Suite("CONFIG SET")
struct SettingsJobTests {
    /// Answers what it is told to, and keeps what it was asked.
    private final class Control: SettingsControl {
        private let given: SettingsAnswer
        init(_ given: SettingsAnswer) { self.given = given }

        func submit(
            _ changes: [(name: String, value: String)], answer: @escaping @Sendable (SettingsAnswer) -> Void
        ) {
            answer(given)
        }
    }

    @Test(
        "Each answer has Redis's text",
        arguments: [
            (SettingsAnswer.changed, "+OK\r\n"),
            (.unknown(index: 1), "-ERR Unknown option or number of arguments for CONFIG SET - 'Foo'\r\n"),
            (
                .refused(name: "maxclients", reason: "no"),
                "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - no\r\n"
            ),
            (.stopping, "-ERR the server is stopping\r\n"),
        ])
    func answers(answer: SettingsAnswer, expected: String) {
        let world = SessionWorld(SessionWorld.usual)
        let received = world.replies(to: request("CONFIG", "SET", "maxclients", "1", "Foo", "2")) {
            $0.context.server.settingsControl = Control(answer)
        }
        #expect(received == expected)
    }

    @Test("An odd number of arguments is refused before anybody is asked, and so is any change where nobody changes")
    func refusals() {
        let world = SessionWorld(SessionWorld.usual)
        let odd = world.replies(to: request("CONFIG", "SET", "a", "b", "c")) {
            $0.context.server.settingsControl = Control(.changed)
        }
        #expect(odd == "-ERR syntax error\r\n")
        #expect(
            world.replies(to: request("CONFIG", "SET", "a", "b"))
                == "-ERR the settings of this server cannot be changed while it runs\r\n")
    }
}
