import Bytes
import TestSupport
import Testing

@testable import DatasetBuild

@Suite("External sort") struct RowSorterTests {
    struct Row: Equatable {
        var key: [UInt8]
        var value: [UInt8]
    }

    /// Keys and values of many lengths out of few bytes, so that prefixes are shared and keys repeat.
    struct Shape: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var rowCount: Int
        var keyPrefix = ""
        var keyCountMax = 12
        var alphabet: [UInt8] = [0x00, 0x61, 0x62, 0xFF]
        var valueCountMax = 20

        func row(_ index: Int, _ random: inout SeededRandom) -> Row {
            let count = Int.random(in: 0...keyCountMax, using: &random)
            let tail = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            let filler = Int.random(in: 0...valueCountMax, using: &random)
            return Row(
                key: Array(keyPrefix.utf8) + tail,
                value: Array("\(index):".utf8) + [UInt8](repeating: 0x76, count: filler))
        }
    }

    static let shapes = [
        Shape(testDescription: "no rows", rowCount: 0),
        Shape(testDescription: "one row", rowCount: 1),
        Shape(testDescription: "few keys, often repeated", rowCount: 5000, keyCountMax: 3),
        Shape(testDescription: "many keys", rowCount: 5000),
        Shape(testDescription: "a long common prefix", rowCount: 5000, keyPrefix: "tenant:0000001:user:"),
        Shape(testDescription: "long keys that differ late", rowCount: 2000, keyCountMax: 40, alphabet: [0x61]),
        Shape(testDescription: "keys of zero bytes alone", rowCount: 3000, keyCountMax: 40, alphabet: [0]),
        Shape(
            testDescription: "two hosts with long paths", rowCount: 3000, keyCountMax: 60,
            alphabet: [0x61, 0x61, 0x61, 0x61, 0x62]),
        Shape(testDescription: "digits", rowCount: 3000, keyPrefix: "k", alphabet: Array("0123456789".utf8)),
        Shape(testDescription: "values larger than the memory", rowCount: 60, valueCountMax: 200_000),
    ]

    /// From "everything in memory" to "runs of a few rows, merged in several passes".
    static let memorySizes = [64 << 20, 256 << 10, 16 << 10, 2 << 10]

    @Test("yields what a sorted dictionary holds, the last row of a key", arguments: shapes, memorySizes)
    func sorts(_ shape: Shape, _ memoryBytes: Int) throws {
        let scratch = try ScratchDirectory()
        var random = SeededRandom(seed: UInt64(shape.rowCount &* 31 &+ memoryBytes))
        let duplicates = DuplicateCounter(DuplicateRule(policy: .lastWins, inputNames: ["input"]))
        var model: [[UInt8]: [UInt8]] = [:]
        var sorted: [Row] = []
        do {
            var sorter = RowSorter(
                directory: scratch.path, memoryBytes: memoryBytes, duplicates: duplicates,
                checkpoints: Checkpoints { _ in })
            for index in 0..<shape.rowCount {
                let row = shape.row(index, &random)
                model[row.key] = row.value
                try sorter.add(key: row.key.span, value: row.value.span, origin: RowOrigin(input: 0, line: index))
            }
            try sorter.drain { key, value in sorted.append(Row(key: key.copied(), value: value.copied())) }
        }
        let expected = model.map { Row(key: $0.key, value: $0.value) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        #expect(sorted == expected)
        #expect(duplicates.count == shape.rowCount - expected.count)
        #expect(try scratch.names == [])
    }

    /// Adds rows with an empty value and drains them.
    private func sort(
        _ rows: some Sequence<(key: String, origin: RowOrigin)>, in directory: String, memoryBytes: Int,
        _ duplicates: DuplicateCounter, _ checkpoints: Checkpoints = Checkpoints { _ in }
    ) throws(BuildError) {
        var sorter = RowSorter(
            directory: directory, memoryBytes: memoryBytes, duplicates: duplicates, checkpoints: checkpoints)
        let value: [UInt8] = []
        for row in rows {
            let key = Array(row.key.utf8)
            try sorter.add(key: key.span, value: value.span, origin: row.origin)
        }
        try sorter.drain { _, _ in }
    }

    @Test("names the key and both rows of a duplicate where duplicates fail", arguments: memorySizes)
    func duplicatesFail(_ memoryBytes: Int) throws {
        let scratch = try ScratchDirectory()
        var rows = (2..<300).map { (key: "k\($0)", origin: RowOrigin(input: 0, line: $0)) }
        rows.append((key: "k17", origin: RowOrigin(input: 1, line: 5)))
        #expect {
            try sort(
                rows, in: scratch.path, memoryBytes: memoryBytes,
                DuplicateCounter(DuplicateRule(policy: .fail, inputNames: ["a.csv", "b.csv"])))
        } throws: { error in
            "\(error)".hasPrefix("b.csv:5: the key \"k17\" was already at a.csv:17;")
        }
        #expect(try scratch.names == [])
    }

    @Test("stops at a signal, and leaves no run behind")
    func stops() throws {
        let scratch = try ScratchDirectory()
        let rows = (0..<1_000_000).lazy.map { (key: "k\($0)", origin: RowOrigin(input: 0, line: $0)) }
        #expect(throws: BuildError(.interrupted(signal: 15), "interrupted; nothing is left at the output path")) {
            try sort(
                rows, in: scratch.path, memoryBytes: 4 << 10,
                DuplicateCounter(DuplicateRule(policy: .lastWins, inputNames: ["input"])),
                BuildMonitor(output: .none) { 15 }.checkpoints)
        }
        #expect(try scratch.names == [])
    }
}
