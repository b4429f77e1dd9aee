import Bytes
import RESP
import Testing

/// What `body` makes a fresh writer write, as text.
private func written(_ version: ProtocolVersion = .resp2, _ body: (inout ReplyWriter) -> Void) -> String {
    var writer = ReplyWriter(version: version)
    body(&writer)
    return text(of: writer.output.span)
}

private func text(of bytes: Span<UInt8>) -> String {
    var copy: [UInt8] = []
    for index in bytes.indices { copy.append(bytes[index]) }
    return String(decoding: copy, as: UTF8.self)
}

@Suite struct ReplyWriterTests {
    @Test("Statuses, errors and integers end with a line end and have their own markers")
    func simpleReplies() {
        #expect(written { $0.simple("PONG") } == "+PONG\r\n")
        #expect(written { $0.ok() } == "+OK\r\n")
        #expect(written { $0.error("ERR syntax error") } == "-ERR syntax error\r\n")
        #expect(written { $0.integer(0) } == ":0\r\n")
        #expect(written { $0.integer(-2) } == ":-2\r\n")
    }

    @Test("Line ends inside a status or error become spaces and those at its end are dropped")
    func lineEndsAreNeutralised() {
        let hostile = "ERR a\r\n+OK\nb\r\n"
        #expect(written { $0.error(hostile) } == "-ERR a  +OK b\r\n")
        #expect(written { $0.simple(hostile) } == "+ERR a  +OK b\r\n")
        #expect(written { $0.error(Array(hostile.utf8).span) } == "-ERR a  +OK b\r\n")
        #expect(written { $0.error(String("\r\n")) } == "-\r\n")
    }

    @Test("Integers of every length are written in decimal, to both ends of the range")
    func integersOfEveryLength() {
        var values = [0, 1, 9, Int.max, Int.min, Int.max - 1, Int.min + 1]
        var power = 10
        for _ in 0..<18 {
            values += [power - 1, power, power + 1, -power, 1 - power, -power - 1]
            power *= power < Int.max / 10 ? 10 : 1
        }
        for value in values {
            #expect(written { $0.integer(value) } == ":\(value)\r\n")
            #expect(
                written { $0.bulk(decimal: value.magnitude) }
                    == "$\("\(value.magnitude)".count)\r\n\(value.magnitude)\r\n")
        }
        #expect(written { $0.bulk(decimal: UInt.max) } == "$20\r\n18446744073709551615\r\n")
    }

    @Test("Every integer of up to five digits is written in decimal")
    func smallIntegers() {
        for value in 0..<100_100 where written(.resp2, { $0.integer(value) }) != ":\(value)\r\n" {
            Issue.record("\(value) is written wrongly")
        }
    }

    @Test("A bulk string carries any bytes of any length behind their count")
    func bulkLengths() {
        for count in [0, 1, 2, 7, 8, 9, 63, 64, 99, 100, 999, 1_000, 9_999, 10_000, 65_536, 1 << 20] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            var writer = ReplyWriter()
            writer.bulk(bytes.span)
            let expected = Array("$\(count)\r\n".utf8) + bytes + Array("\r\n".utf8)
            let isEqual =
                writer.output.count == expected.count
                && expected.indices.allSatisfy {
                    writer.output.span[$0] == expected[$0]
                }
            #expect(isEqual, "of \(count) bytes")
        }
        #expect(written { $0.bulk("héllo" as String) } == "$6\r\nhéllo\r\n")
        #expect(written { $0.bulk("static" as StaticString) } == "$6\r\nstatic\r\n")
        #expect(written { $0.bulk("" as StaticString) } == "$0\r\n\r\n")
    }

    @Test("Absent values and collections take the form of the protocol version")
    func formsByVersion() {
        let cases: [(resp2: String, resp3: String, write: (inout ReplyWriter) -> Void)] = [
            ("$-1\r\n", "_\r\n", { $0.null() }),
            ("*-1\r\n", "_\r\n", { $0.nullArray() }),
            ("*0\r\n", "*0\r\n", { $0.array(count: 0) }),
            ("*12\r\n", "*12\r\n", { $0.array(count: 12) }),
            ("*14\r\n", "%7\r\n", { $0.map(count: 7) }),
            ("*3\r\n", "~3\r\n", { $0.set(count: 3) }),
            ("*2\r\n", ">2\r\n", { $0.push(count: 2) }),
            (":1\r\n", "#t\r\n", { $0.boolean(true) }),
            (":0\r\n", "#f\r\n", { $0.boolean(false) }),
            ("$4\r\n1.25\r\n", ",1.25\r\n", { $0.double(1.25) }),
            ("$1\r\n3\r\n", ",3\r\n", { $0.double(3) }),
            ("$3\r\ninf\r\n", ",inf\r\n", { $0.double(.infinity) }),
            ("$4\r\n-inf\r\n", ",-inf\r\n", { $0.double(-.infinity) }),
            ("$3\r\nnan\r\n", ",nan\r\n", { $0.double(.nan) }),
            ("$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n", { $0.verbatim("hi") }),
            ("$0\r\n\r\n", "=4\r\ntxt:\r\n", { $0.verbatim("") }),
        ]
        for (resp2, resp3, write) in cases {
            #expect(written(.resp2, write) == resp2)
            #expect(written(.resp3, write) == resp3)
        }
    }

    @Test(
        "Replies follow one another in a buffer that held bytes before, and switching versions affects only later ones")
    func appending() {
        var output = ByteBuffer()
        output.append("before|" as StaticString)
        var writer = ReplyWriter(into: output)
        writer.null()
        writer.version = .resp3
        writer.null()
        writer.bulk("x" as String)
        #expect(text(of: writer.output.span) == "before|$-1\r\n_\r\n$1\r\nx\r\n")
    }

    @Test("Nothing outside the reply is overwritten, however full the buffer is")
    func everyFillOfTheBuffer() {
        for fill in 0..<200 {
            var writer = ReplyWriter(into: ByteBuffer(capacity: 64))
            var expected = ""
            for _ in 0..<fill {
                writer.integer(7)
                expected += ":7\r\n"
            }
            writer.integer(-123_456)
            writer.null()
            writer.bulk("abc" as String)
            writer.output.removeFirst(min(fill, 3))
            writer.ok()
            expected += ":-123456\r\n$-1\r\n$3\r\nabc\r\n+OK\r\n"
            #expect(
                text(of: writer.output.span) == String(decoding: expected.utf8.dropFirst(min(fill, 3)), as: UTF8.self))
        }
    }
}
