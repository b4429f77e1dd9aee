import Datasets
import Testing

@testable import RemoteStorage

@Suite struct HTTPTests {
    @Test("A head holds the last response's headers, by lower-case name")
    func head() {
        var head = HTTPHead()
        for line in [
            "HTTP/1.1 302 Found\r\n", "Location: x\r\n", "\r\n", "HTTP/1.1 206\r\n", "ETag:  \"a\" \r\n",
            "Content-Range: bytes 5-9/100\r\n", "Retry-After: 7\r\n",
        ] { head.add(line: line) }
        #expect(head.status == 206)
        #expect(head["location"] == nil)
        #expect(head.validator?.text == "\"a\"")
        #expect(head.contentRange?.range == 5..<10)
        #expect(head.contentRange?.total == 100)
        #expect(head.retryAfterSeconds == 7)
    }

    @Test(
        "A content range that makes no sense is none",
        arguments: ["", "bytes */10", "bytes 5-4/10", "bytes -1-4/10", "items 1-2/3", "bytes 1-9223372036854775807/9"])
    func range(text: String) {
        var head = HTTPHead(status: 206)
        head.add(line: "Content-Range: \(text)\r\n")
        #expect(head.contentRange == nil)
    }

    @Test(
        "Addresses are taken apart",
        arguments: [
            ("http://h", "http://h", "", nil), ("HTTPS://H:8443/a/b?q=1#f", "https://h:8443", "/a/b", "q=1"),
            ("http://[::1]:80/x", "http://[::1]:80", "/x", nil),
        ] as [(String, String, String, String?)])
    func address(text: String, origin: String, path: String, query: String?) {
        let address = WebAddress(text)
        #expect(address?.origin == origin)
        #expect(address?.path == path)
        #expect(address?.query == query)
    }

    @Test(
        "What is no address is none",
        arguments: ["", "h", "ftp://h", "http://", "http://:80", "http://h:port", "http://h:70000", "http://h/a b"])
    func noAddress(text: String) { #expect(WebAddress(text) == nil) }

    @Test("No message shows what is secret in a source")
    func secrets() throws {
        let cancellation = Cancellation()
        for text in ["https://user:SECRET@h/x?sig=SECRET", "rclone::s3,secret_access_key=SECRET:b/x"] {
            let source = try RemoteStorage.open(text, environment: [:], cancellation: cancellation)
            #expect(!source.name.contains("SECRET"))
        }
    }

    @Test("Pauses double up to a limit, keep a server's wish, and end")
    func pauses() {
        var schedule = RetrySchedule(retriesMax: 8)
        let pauses = (0..<8).map { _ in schedule.nextMilliseconds(jitter: 1) }
        #expect(pauses == [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
        #expect(schedule.nextMilliseconds() == nil)
        schedule.reset()
        #expect(schedule.nextMilliseconds(jitter: 0) == 100)
        #expect(schedule.nextMilliseconds(wishSeconds: 5, jitter: 0) == 5000)
        #expect(schedule.nextMilliseconds(wishSeconds: 100_000, jitter: 0) == 60_000)
        #expect(schedule.nextMilliseconds(wishSeconds: .max, jitter: 0) == 60_000)
        schedule.reset()
        #expect(schedule.nextMilliseconds(wishSeconds: .min, jitter: 0) == 100)
        #expect(schedule.nextMilliseconds(wishSeconds: -1, jitter: 0) == 200)
    }

    @Test("A rate lets a fifth of a second through at once, and no more than the rate after that")
    func rate() {
        var limit = RateLimit(bytesPerSecond: 1000, nowNanoseconds: 0)
        limit.consume(200)
        #expect(limit.delayMilliseconds(nowNanoseconds: 0) == 0)
        limit.consume(500)
        #expect(limit.isExhausted)
        #expect(limit.delayMilliseconds(nowNanoseconds: 0) == 500)
        #expect(limit.delayMilliseconds(nowNanoseconds: 400_000_000) == 100)
        #expect(limit.delayMilliseconds(nowNanoseconds: 10_000_000_000) == 0)
        limit.consume(201)
        #expect(limit.isExhausted)
        var none = RateLimit(bytesPerSecond: nil, nowNanoseconds: 0)
        none.consume(.max)
        #expect(none.delayMilliseconds(nowNanoseconds: 0) == 0)
    }

    @Test("XML elements are read with their entities; what is missing is nil")
    func elements() {
        let document = "<Error><Code>A&amp;B&lt;</Code><Message></Message></Error>"
        #expect(Text.element("Code", in: document) == "A&B<")
        #expect(Text.element("Message", in: document) == "")
        #expect(Text.element("Region", in: document) == nil)
    }

    @Test("Rclone's version is read from its greeting")
    func rcloneVersion() {
        #expect(RcloneProgram.version("rclone v1.75.2\n- os/version: debian").map { $0 == (1, 75) } == true)
        #expect(RcloneProgram.version("rclone v1.60.1-DEV").map { $0 == (1, 60) } == true)
        #expect(RcloneProgram.version("bash: rclone") == nil)
    }
}
