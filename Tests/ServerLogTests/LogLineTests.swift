import Foundation
import Logging
import Testing

@testable import ServerLog

private struct Broken: Error, CustomStringConvertible {
    let description = "it broke\nbadly"
}

private func line(
    _ format: LineFormat, _ message: String, label: String = "almanac", error: (any Error)? = nil,
    metadata: [Logger.Metadata] = [], time: Int = 1_795_242_254_123_999
) -> String {
    var bytes: [UInt8] = []
    let record = LogRecord(
        time: time, level: .info, label: label, message: message, error: error, metadata: metadata)
    LogLine(format: format).append(record, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
}

private func object(_ line: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
}

@Suite("Lines of the log")
struct LogLineTests {
    @Test("A line of text has time, level, label, message and metadata in the order of keys")
    func text() {
        let metadata: Logger.Metadata = ["peer": "10.0.0.1:5", "empty": "", "name": "two words", "n": "\(7)"]
        #expect(
            line(.text, "client closed", metadata: [metadata])
                == "2026-11-21T06:24:14.123Z info  almanac: client closed "
                + #"empty="" n=7 name="two words" peer=10.0.0.1:5"# + "\n")
    }

    static let escapes: [(String, String)] = [
        ("a\nb", #"a\nb"#), ("a\r\nb", #"a\r\nb"#), ("\u{1b}[31mred", #"\u{1b}[31mred"#), ("a\tb", #"a\tb"#),
        ("nul\u{0}", #"nul\u{0}"#), ("\u{7f}\u{9b}", #"\u{7f}\u{9b}"#), ("\u{2028}\u{2029}", #"\u{2028}\u{2029}"#),
        ("\u{202e}txt", #"\u{202e}txt"#), ("\u{feff}", #"\u{feff}"#), (#"a\nb"#, #"a\\nb"#), ("žluť 🐎", "žluť 🐎"),
        ("a=b \"c\"", "a=b \"c\""), (String(decoding: [0x61, 0xff, 0xfe, 0x62], as: UTF8.self), "a\u{fffd}\u{fffd}b"),
    ]

    @Test("Nothing in a message can end a line or steer a terminal", arguments: escapes)
    func escapedMessage(_ message: String, _ expected: String) {
        #expect(line(.text, message) == "2026-11-21T06:24:14.123Z info  almanac: \(expected)\n")
    }

    @Test("Nothing in metadata, a label or an error can end a line either, and values that could be misread are quoted")
    func escapedMetadata() {
        let metadata: Logger.Metadata = [
            "k\ney": "v\n\"=\\", "list": ["a", "b\nc"], "map": ["y": "1", "x": ["z": []]],
        ]
        #expect(
            line(.text, "m", label: "l\nl", error: Broken(), metadata: [metadata])
                == #"2026-11-21T06:24:14.123Z info  l\nl: m error="it broke\nbadly" "k\ney"="v\n\"=\\" "#
                + #"list="[a, b\nc]" map="[x: [z: []], y: 1]""# + "\n")
    }

    @Test("Of a key that several origins give, the last counts")
    func merged() {
        let text = line(.text, "m", metadata: [["a": "1", "b": "1"], ["b": "2"], ["c": "3", "b": "3"]])
        #expect(text.hasSuffix("m a=1 b=3 c=3\n"))
    }

    @Test("A line of JSON is one object that holds the same", arguments: escapes.map(\.0))
    func json(_ message: String) throws {
        let metadata: Logger.Metadata = ["k\"\u{0}": "\(message)", "list": ["\(message)"], "map": ["n": "1"]]
        let text = line(.json, message, label: message, error: Broken(), metadata: [metadata])
        #expect(text.last == "\n" && !text.dropLast().contains { $0.isNewline })
        #expect(text.unicodeScalars.dropLast().allSatisfy { $0.isHarmless })
        let found = try object(text)
        #expect(found["time"] as? String == "2026-11-21T06:24:14.123Z")
        #expect(found["level"] as? String == "info")
        #expect(found["label"] as? String == message)
        #expect(found["message"] as? String == message)
        #expect(found["error"] as? String == "it broke\nbadly")
        let nested = try #require(found["metadata"] as? [String: Any])
        #expect(nested["k\"\u{0}"] as? String == message)
        #expect(nested["list"] as? [String] == [message])
        #expect(nested["map"] as? [String: String] == ["n": "1"])
    }

    @Test("A line of JSON without metadata or error has no field for them")
    func shortJSON() {
        #expect(
            line(.json, "m")
                == #"{"time":"2026-11-21T06:24:14.123Z","level":"info","label":"almanac","message":"m"}"# + "\n")
    }

    @Test("Every control and format character survives JSON")
    func everyScalar() throws {
        let scalars = (0...0x2fff).compactMap(Unicode.Scalar.init) + ["\u{e0001}", "\u{1f40e}", "\u{10ffff}"]
        for start in stride(from: 0, to: scalars.count, by: 512) {
            var message = String.UnicodeScalarView()
            message.append(contentsOf: scalars[start..<min(start + 512, scalars.count)])
            let found = try object(line(.json, String(message)))
            #expect((found["message"] as? String)?.unicodeScalars.elementsEqual(message) == true)
        }
    }

    @Test("Long text is cut at a whole character, many values and deep nesting are cut, and JSON stays valid")
    func cuts() throws {
        for extra in 0..<4 {
            let long = String(repeating: "x", count: extra) + String(repeating: "🐎", count: 10_000)
            let shown = try #require(try object(line(.json, long))["message"] as? String)
            #expect(shown.utf8.count <= LogLine.textBytesMax + 3)
            #expect(shown.hasSuffix("🐎…"))
        }
        let exact = String(repeating: "y", count: LogLine.textBytesMax)
        #expect(try object(line(.json, exact))["message"] as? String == exact)

        var deep: Logger.MetadataValue = "bottom"
        for _ in 0..<1_000 { deep = .array([deep]) }
        let wide = Logger.MetadataValue.array(Array(repeating: "v", count: 100_000))
        let map = Logger.MetadataValue.dictionary(
            Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("k\($0)", "v") }))
        for value in [deep, wide, map] {
            let metadata = [["value": value, "z": value] as Logger.Metadata]
            #expect(try object(line(.json, "m", metadata: metadata))["metadata"] != nil)
            #expect(line(.json, "m", metadata: metadata).utf8.count < 10_000)
            #expect(line(.text, "m", metadata: metadata).utf8.count < 10_000)
        }
    }

    static let times: [(Int, String)] = [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000Z"), (951_868_799_999_999, "2000-02-29T23:59:59.999Z"),
        (951_868_800_000_000, "2000-03-01T00:00:00.000Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
        (4_107_456_000_000_000, "2100-02-28T00:00:00.000Z"), (1_798_761_599_001_000, "2026-12-31T23:59:59.001Z"),
    ]

    @Test("Times are in UTC with milliseconds, in every kind of year", arguments: times)
    func time(_ microseconds: Int, _ expected: String) {
        #expect(line(.text, "", time: microseconds).hasPrefix(expected + " "))
    }
}
