import TestSupport
import Testing

@testable import DatasetBuild

@Suite("Decoders under random input") struct DecoderFuzzTests {
    /// What random inputs of a format are put together from, and what they begin with.
    struct Grammar: Sendable, CustomTestStringConvertible {
        var format: InputFormat
        var beginnings: [String]
        var parts: [String]
        var testDescription: String { format.rawValue }

        func input(_ random: inout SeededRandom) -> [UInt8] {
            var input = Array((beginnings.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                input += Array((parts.randomElement(using: &random) ?? "").utf8)
                if Int.random(in: 0..<20, using: &random) == 0 {
                    input.append(UInt8.random(in: 0...255, using: &random))
                }
            }
            return input
        }
    }

    static let grammars = [
        Grammar(
            format: .csv, beginnings: ["key,value\n", "\u{FEFF}\"key\",\"value\"\r\n", "", "key"],
            parts: ["\"", "\"\"", ",", "\n", "\r\n", "\r", "a", "é", "b,c\n", "\"x\ny\",z\n", "\0"]),
        Grammar(
            format: .tsv, beginnings: ["key\tvalue\n", "\u{FEFF}key\tvalue\r\n", ""],
            parts: ["\t", "\n", "\r\n", "\r", "a", "\"", "b\tc\n", "\0"]),
        Grammar(
            format: .jsonLines, beginnings: ["", "\u{FEFF}", "{\"key\":\"k\",\"value\":\"v\"}\n"],
            parts: [
                "{", "}", "[", "]", ":", ",", "\"key\"", "\"value\"", "\"key_base64\"", "\"AAH/\"", "1", "-0.5e3",
                "true",
                "null", "\"a\\u00e9\\ud83d\\ude00\"", "\\", "\"", "\n", " ", "{\"key\":\"k\",\"value\":[1,{}]}\n",
            ]),
        Grammar(
            format: .resp, beginnings: ["", "*3\r\n$3\r\nSET\r\n"],
            parts: [
                "*3\r\n", "*5\r\n", "*0\r\n", "$3\r\nSET\r\n", "$4\r\nMSET\r\n", "$1\r\na\r\n", "$0\r\n\r\n", "$", "*",
                "\r\n", "\n",
                "SET a 1\n", "MSET a \"x\\x41\" b 'y'\r\n", "\"", "'", "12", "$9", "\r",
                "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\n\n\r\n",
            ]),
    ]

    private func decode(_ input: [UInt8], cuts: [Int], _ format: InputFormat, _ choice: ColumnChoice) -> DecoderOutcome
    {
        switch format {
        case .csv: .decode(input, cuts: cuts, CSVDecoder(choice: choice))
        case .tsv: .decode(input, cuts: cuts, TSVDecoder(choice: choice))
        case .jsonLines: .decode(input, cuts: cuts, JSONLinesDecoder(choice: choice))
        case .resp: .decode(input, cuts: cuts, RESPDecoder())
        }
    }

    @Test("find the same rows and problems however the input is cut", arguments: grammars)
    func cuts(_ grammar: Grammar) {
        var random = SeededRandom(seed: 11)
        var rowCount = 0
        for round in 0..<4000 {
            let input = grammar.input(&random)
            let choice = ColumnChoice(key: "key", value: round.isMultiple(of: 2) ? "value" : nil)
            let whole = decode(input, cuts: [], grammar.format, choice)
            rowCount += whole.rows.count
            let cuts = (0..<Int.random(in: 1...6, using: &random))
                .map { _ in Int.random(in: 0...input.count, using: &random) }.sorted()
            let split = decode(input, cuts: cuts, grammar.format, choice)
            if split != whole {
                Issue.record("\(Printable.text(input.span, limit: 500)) cut at \(cuts):\n\(whole)\nbut\n\(split)")
                return
            }
        }
        #expect(rowCount > 100, "the grammar should make some valid rows")
    }
}
