import Bytes
import Testing

@testable import DatasetBuild

/// What came out of a decoder, to compare.
struct DecoderOutcome: Equatable, CustomStringConvertible {
    struct Row: Equatable {
        var line: Int
        var key: [UInt8]
        var value: [UInt8]
    }

    var rows: [Row] = []
    var bad: [String] = []
    var failure: String?

    /// One line a row, problem or failure.
    var lines: [String] {
        rows.map { "\($0.line): \(Printable.text($0.key.span)) = \(Printable.text($0.value.span, limit: 400))" }
            + bad.map { "bad \($0)" } + (failure.map { ["failed \($0)"] } ?? [])
    }

    var description: String { lines.joined(separator: "\n") }

    /// Decodes `input`, which arrives in pieces that end at `cuts`.
    static func decode<Decoder: RowDecoder & ~Copyable>(
        _ input: [UInt8], cuts: [Int] = [], _ decoder: consuming Decoder
    ) -> DecoderOutcome {
        var sink = RecordingSink()
        var start = 0
        do throws(BuildError) {
            for end in cuts {
                let consumed = try decoder.decode(input.span.extracting(start..<end), isLast: false, to: &sink)
                start += consumed
            }
            let rest = input.span.extracting(start..<input.count)
            let consumed = try decoder.decode(rest, isLast: true, to: &sink)
            if consumed != rest.count { sink.outcome.failure = "consumed \(consumed) of the last \(rest.count)" }
        } catch {
            sink.outcome.failure = error.description
        }
        return sink.outcome
    }

    /// Decodes `input` whole, in two pieces cut at every place, and byte by byte.
    ///
    /// Returns the first outcome that differs from the whole one's, or that one.
    static func decodeAtEverySplit<Decoder: RowDecoder & ~Copyable>(
        _ input: [UInt8], _ make: () -> Decoder
    ) -> (whole: DecoderOutcome, differing: DecoderOutcome?) {
        let whole = decode(input, make())
        for cut in 0...input.count {
            let split = decode(input, cuts: [cut], make())
            if split != whole { return (whole, split) }
        }
        let byByte = decode(input, cuts: Array(0...input.count), make())
        return (whole, byByte == whole ? nil : byByte)
    }
}

private struct RecordingSink: RowSink {
    var outcome = DecoderOutcome()

    mutating func take(key: Span<UInt8>, value: Span<UInt8>, line: Int) throws(BuildError) {
        outcome.rows.append(DecoderOutcome.Row(line: line, key: key.copied(), value: value.copied()))
    }

    mutating func takeBad(line: Int, _ problem: String) throws(BuildError) { outcome.bad.append("\(line): \(problem)") }

    func failure(line: Int, _ problem: String) -> BuildError { BuildError(.badData, "\(line): \(problem)") }
}

/// An input and what should come out of it, in the words of ``DecoderOutcome/lines``.
struct DecoderCase: Sendable, CustomTestStringConvertible {
    var name: String
    var input: [UInt8]
    var key: String?
    var value: String?
    var expected: [String]

    init(_ name: String, _ input: String, key: String? = nil, value: String? = nil, _ expected: [String]) {
        self.init(name, bytes: Array(input.utf8), key: key, value: value, expected)
    }

    init(_ name: String, bytes: [UInt8], key: String? = nil, value: String? = nil, _ expected: [String]) {
        self.name = name
        self.input = bytes
        self.key = key
        self.value = value
        self.expected = expected
    }

    var choice: ColumnChoice { ColumnChoice(key: key, value: value) }
    var testDescription: String { name }
}
