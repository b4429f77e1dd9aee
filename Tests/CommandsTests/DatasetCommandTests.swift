import Commands
import SessionSupport
import Storage
import TestSupport
import Testing

@Suite struct DatasetCommandTests {
    private static let two = SessionWorld([["k": "v"], ["k": "w"]].map(SessionWorld.bytes))
    private static let one = SessionWorld(text: ["k": "v"])

    private func replies(_ world: SessionWorld, _ control: RecordingControl?, _ words: [[String]]) -> String {
        let driver = SessionDriver(world.versions, control: control)
        for request in words { driver.clients[0].send(requestBytes(request)) }
        guard driver.run(turnsMax: 10_000) else { return "stuck" }
        return text(driver.clients[0].received)
    }

    @Test(
        "Arguments name a dataset by its name or, left out, mean the one selected",
        arguments: [
            (["LIST"], DatasetRequest(.list)),
            (["STATUS"], DatasetRequest(.status, database: 1)),
            (["STATUS", "v0"], DatasetRequest(.status, database: 0)),
            (["VERSIONS", "v1"], DatasetRequest(.versions, database: 1)),
            (["RELOAD"], DatasetRequest(.reload(isForced: false), database: 1)),
            (["RELOAD", "force"], DatasetRequest(.reload(isForced: true), database: 1)),
            (["reload", "v0", "FORCE"], DatasetRequest(.reload(isForced: true), database: 0)),
            (["ROLLBACK"], DatasetRequest(.rollback(version: nil), database: 1)),
            (["ROLLBACK", "v0"], DatasetRequest(.rollback(version: nil), database: 0)),
            (["ROLLBACK", "v0", "2026-1"], DatasetRequest(.rollback(version: "2026-1"), database: 0)),
            (["PIN", "v1", "x"], DatasetRequest(.pin(version: "x"), database: 1)),
            (["UNPIN", "v0"], DatasetRequest(.unpin, database: 0)),
            (["VERIFY"], DatasetRequest(.verify(version: nil), database: 1)),
        ])
    func arguments(words: [String], expected: DatasetRequest) {
        let control = RecordingControl()
        #expect(replies(Self.two, control, [["SELECT", "1"], ["DATASET"] + words]) == "+OK\r\n+OK\r\n")
        #expect(control.requests == [expected])
    }

    @Test("Where there is one dataset, a single argument may also be a version")
    func loneVersion() {
        let control = RecordingControl()
        let requests = [["DATASET", "ROLLBACK", "B"], ["DATASET", "ROLLBACK", "v0"], ["DATASET", "PIN", "C"]]
        #expect(replies(Self.one, control, requests) == "+OK\r\n+OK\r\n+OK\r\n")
        #expect(
            control.requests == [
                DatasetRequest(.rollback(version: "B"), database: 0),
                DatasetRequest(.rollback(version: nil), database: 0),
                DatasetRequest(.pin(version: "C"), database: 0),
            ])
    }

    @Test(
        "What cannot be meant is refused, and the control never hears of it",
        arguments: [
            (["STATUS", "none"], "ERR no dataset 'none'; there are: v0, v1"),
            (["RELOAD", "x\r\ny"], "ERR no dataset 'x  y'; there are: v0, v1"),
            (["RELOAD", "v0", "now"], "ERR syntax error"), (["LIST", "v0"], nil),
            (["ROLLBACK", "B"], "ERR no dataset 'B'; there are: v0, v1"),
            (["PIN", "v0", "../x"], "ERR '../x' cannot be a version's id"),
            (["PIN", "v0", ""], "ERR '' cannot be a version's id"),
            (["VERIFY", "v0", "a", "b"], nil), (["UNPIN", "v0", "x"], "ERR syntax error"), ([], nil),
        ])
    func refusals(words: [String], error: String?) {
        let control = RecordingControl()
        let reply = replies(Self.two, control, [["DATASET"] + words])
        #expect(reply.hasPrefix("-ERR ") && reply.hasSuffix("\r\n"))
        if let error { #expect(reply == "-\(error)\r\n") }
        #expect(control.requests.isEmpty)
    }

    @Test("Without a control every request but HELP is refused")
    func withoutControl() {
        #expect(
            replies(Self.two, nil, [["DATASET", "LIST"], ["PING"]])
                == "-ERR the datasets of this server cannot be managed\r\n+PONG\r\n")
        let help = replies(Self.two, nil, [["DATASET", "HELP"]])
        #expect(help.hasPrefix("*27\r\n+DATASET <subcommand>"))
        #expect(help.contains("+RELOAD [name] [FORCE]\r\n+    Swaps in"))
    }

    @Test("Answers take the form of the protocol")
    func forms() {
        let control = RecordingControl(
            answer: .map([
                ("name", .text("users")), ("keys", .integer(3)), ("staged", .null),
                ("phases", .list([.ok("open"), .error("ERR no")])),
            ]))
        let tail = "$4\r\nname\r\n$5\r\nusers\r\n$4\r\nkeys\r\n:3\r\n$6\r\nstaged\r\n"
        let phases = "$6\r\nphases\r\n*2\r\n+open\r\n-ERR no\r\n"
        #expect(replies(Self.one, control, [["DATASET", "STATUS"]]) == "*8\r\n" + tail + "$-1\r\n" + phases)
        #expect(
            replies(Self.one, control, [["HELLO", "3"], ["DATASET", "STATUS"]]).hasSuffix(
                "%4\r\n" + tail + "_\r\n" + phases))
    }

    @Test("Replies keep their order around an answer that takes long, and other clients go on", arguments: 0...8)
    func order(seed: UInt64) {
        let control = RecordingControl(answer: nil)
        let driver = SessionDriver(
            Self.one.versions, clientCount: 2, pace: seed == 0 ? .prompt : .random(seed: seed), control: control)
        driver.clients[0].send(
            request("GET", "k") + request("DATASET", "RELOAD") + request("GET", "k") + request("MULTI")
                + request("GET", "k") + request("DATASET", "RELOAD", "FORCE") + request("PING") + request("EXEC")
                + request("PING"))
        driver.clients[1].send(request("GET", "k"))
        #expect(!driver.run(turnsMax: 2_000))
        #expect(text(driver.clients[0].received) == "$1\r\nv\r\n")
        #expect(text(driver.clients[1].received) == "$1\r\nv\r\n")
        control.answerAll(.text("swapped"))
        #expect(!driver.run(turnsMax: 2_000))
        control.answerAll(.error("ERR refused"))
        #expect(driver.run(turnsMax: 2_000))
        #expect(
            text(driver.clients[0].received)
                == "$1\r\nv\r\n$7\r\nswapped\r\n$1\r\nv\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n"
                + "*3\r\n$1\r\nv\r\n-ERR refused\r\n+PONG\r\n+PONG\r\n")
    }

    @Test("INFO dataset tells what the control knows")
    func facts() {
        let control = RecordingControl()
        var facts = DatasetFacts(name: "users", versionID: "B", format: "packed", keyCount: 5, isKeyCountExact: true)
        facts.lastSwapUnixSeconds = 1_795_000_000
        control.setFacts([facts])
        let reply = replies(Self.one, control, [["INFO", "dataset"], ["LASTSAVE"]])
        #expect(reply.contains("# Dataset\r\ndataset0_name:users\r\ndataset0_version:B\r\n"))
        #expect(reply.hasSuffix(":1795000000\r\n"))
    }
}
