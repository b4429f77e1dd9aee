import Commands
import SessionSupport
import TestSupport
import Testing

@Suite struct ReplyModeTests {
    private static let world = SessionWorld(text: ["k": "v"])

    /// Inline requests, and all that redis-server 7.0.15 sends for them.
    private static let recorded: [(requests: String, replies: String)] = [
        ("CLIENT REPLY maybe|PING", "-ERR syntax error|+PONG|"),
        ("CLIENT REPLY skip|PING|PING", "+PONG|"),
        ("CLIENT REPLY skip|GET k|GET k", "$1|v|"),
        ("CLIENT REPLY skip|SCAN 0|PING", "+PONG|"),
        ("CLIENT REPLY skip|nosuch|PING", "+PONG|"),
        ("CLIENT REPLY off|PING|GET k|nosuch|SET a b|CLIENT REPLY skip|PING|CLIENT REPLY on|PING", "+OK|+PONG|"),
        ("CLIENT REPLY skip|CLIENT REPLY on|PING", "+OK|+PONG|"),
        ("CLIENT REPLY off|PING|CLIENT REPLY off|PING|CLIENT REPLY on|PING", "+OK|+PONG|"),
        ("CLIENT REPLY skip|CLIENT REPLY skip|PING|PING", "+PONG|"),
        ("CLIENT REPLY off|RESET|PING", "+RESET|+PONG|"),
        ("CLIENT REPLY skip|MULTI|GET k|EXEC|PING", "+QUEUED|*1|$1|v|+PONG|"),
        ("MULTI|GET k|CLIENT REPLY skip|EXEC|PING", "+OK|+QUEUED|+QUEUED|*2|$1|v|"),
        ("CLIENT REPLY off|QUIT", ""),
    ]

    @Test("What is left out, and what is not, is what Redis leaves out", arguments: 0...8)
    func recordedReplies(seed: UInt64) {
        for (requests, replies) in Self.recorded where !requests.hasPrefix("MULTI") {
            let pace = seed == 0 ? SessionDriver.Pace.prompt : .random(seed: seed)
            let bytes = Array((requests.replacing("|", with: "\r\n") + "\r\n").utf8)
            #expect(Self.world.replies(to: bytes, pace: pace) == replies.replacing("|", with: "\r\n"), "\(requests)")
        }
    }

    @Test("Messages come also to a client that wants no replies")
    func messages() {
        let driver = SessionDriver(Self.world.versions)
        let client = driver.clients[0]
        client.send(request("HELLO", "3") + request("CLIENT", "TRACKING", "ON") + request("CLIENT", "REPLY", "OFF"))
        client.send(request("GET", "k"))
        #expect(driver.run())
        let before = client.received.count
        driver.swap(to: Self.world.versions)
        client.send(request("GET", "k") + request("CLIENT", "REPLY", "ON"))
        #expect(driver.run())
        #expect(text(Array(client.received[before...])) == ">2\r\n$10\r\ninvalidate\r\n_\r\n+OK\r\n")
    }
}
