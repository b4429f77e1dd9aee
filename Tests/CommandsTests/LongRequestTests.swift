import RESP
import ServerMetrics
import SessionSupport
import TestSupport
import Testing

@testable import Commands

@Suite struct LongRequestTests {
    private static let world = SessionWorld(text: ["k": "v"])
    private static let tooMany = "-ERR too many or too long arguments\r\n"

    /// Commands of any number of names.
    private static let commands = [["COMMAND", "INFO"], ["COMMAND", "DOCS"], ["CONFIG", "GET"]]

    /// What one client gets for a request, and whether a reader made it.
    private static func reply(to words: [String]) -> (text: String, isFromReader: Bool) {
        let driver = SessionDriver(world.versions)
        let client = driver.clients[0]
        var isFromReader = false
        driver.beforeTurn = { _ in
            if case .job(let job) = client.session.need, job is RequestJob { isFromReader = true }
        }
        client.send(requestBytes(words))
        #expect(driver.run())
        return (text(client.received), isFromReader)
    }

    @Test("What a long request asks for is made by a reader, and just as for a short one", arguments: commands)
    func fromReader(command: [String]) {
        let known = command[0] == "CONFIG" ? "port" : "get"
        let unknown = [String](repeating: "nosuch", count: 62)
        let one = Self.reply(to: command + [known])
        let short = Self.reply(to: command + unknown.dropLast() + [known])
        let long = Self.reply(to: command + unknown + [known])
        let wide = Self.reply(to: command + [String(repeating: "x", count: 4_096), known])
        #expect([one, short, long, wide].map(\.isFromReader) == [false, false, true, true])
        // COMMAND INFO has a null for each name that is unknown, the others nothing.
        let content = one.text.split(separator: "\r\n").dropFirst()
        #expect(content.count > 0)
        let isInfo = command[1] == "INFO"
        for (reply, unknownCount) in [(short, 61), (long, 62), (wide, 1)] {
            let lines = reply.text.split(separator: "\r\n")
            #expect(lines.dropFirst(isInfo ? 1 + unknownCount : 1) == content)
            if isInfo { #expect(lines[1...unknownCount].allSatisfy { $0 == "$-1" }) }
        }
    }

    @Test("An error of a long request is the short one's, and is counted")
    func errors() {
        let long = String(repeating: "x", count: 5_000)
        let driver = SessionDriver(Self.world.versions)
        driver.clients[0].send(
            request("COMMAND", "LIST", "FILTERBY", "PATTERN", long) + request("COMMAND", "LIST", "FILTERBY", long, "x")
                + request("COMMAND", "GETKEYS", "GET", long) + request("COMMAND", "GETKEYS", long, "x")
                + request("ACL", "DELUSER", long) + request("PING"))
        #expect(driver.run())
        #expect(
            text(driver.clients[0].received)
                == "*0\r\n-ERR syntax error\r\n*1\r\n\(bulkText(long))-ERR Invalid command specified\r\n:0\r\n"
                + "+PONG\r\n")
        #expect(driver.context.metrics.errorReplies.total == 2)
    }

    @Test("In a transaction, long requests are answered in their turn")
    func transaction() {
        let names = (0..<100).map { "unknown-\($0)" }
        let reply = Self.world.replies(
            to: request("MULTI") + requestBytes(["CONFIG", "GET"] + names) + request("GET", "k") + request("EXEC"))
        #expect(reply == "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n*0\r\n\(bulkText("v"))")
    }

    @Test(
        "There is an end to names, and to their bytes",
        arguments: commands + [["INFO"], ["LATENCY", "RESET"], ["LATENCY", "HISTOGRAM"]])
    func limits(command: [String]) {
        let names = [String](repeating: "nosuch", count: 4_096 - command.count)
        #expect(Self.world.replies(to: requestBytes(command + names)) != Self.tooMany)
        #expect(Self.world.replies(to: requestBytes(command + names + ["nosuch"])) == Self.tooMany)
        let long = String(repeating: "x", count: 65_536)
        #expect(Self.world.replies(to: requestBytes(command + [long])) == Self.tooMany)
    }

    @Test("A transaction that was taken is carried out, whatever requests may be like by then")
    func narrowedLimits() {
        let driver = SessionDriver(Self.world.versions)
        let client = driver.clients[0]
        let long = String(repeating: "x", count: 2_000)
        client.send(request("MULTI") + request("ECHO", long) + request("GET", "k"))
        #expect(driver.run())
        client.session.limits = RequestParser.Limits(argumentCountMax: 1, argumentBytesMax: 1_000)
        client.send(request("EXEC"))
        #expect(driver.run())
        #expect(
            text(client.received)
                == "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n\(bulkText(long))\(bulkText("v"))")
    }
}
