import Datasets
import Foundation
import RocksDBStorage
import Storage
import Testing

@testable import DatasetBuild

/// Keeps rows as text in a file, and fails where it is told to.
private final class TextSink: DatasetSink {
    enum Failure { case never, append, finish }

    let format = "text"
    private let path: String
    private let failure: Failure
    private var text = ""

    init(_ directory: String, failing failure: Failure = .never) {
        path = "\(directory)/rows.txt"
        self.failure = failure
    }

    func append(key: Span<UInt8>, value: Span<UInt8>) throws(BuildError) {
        text += "\(Printable.text(key)) = \(Printable.text(value))\n"
        if failure == .append { throw BuildError(.inputOutput, "the sink failed") }
    }

    func finish() throws(BuildError) {
        try BuildFile(creating: path).write(Array(text.utf8).span)
        if failure == .finish { throw BuildError(.inputOutput, "the sink failed at its end") }
    }
}

@Suite("Building a dataset") struct DatasetBuilderTests {
    private func options(_ inputs: [String], in scratch: ScratchDirectory) -> BuildOptions {
        var options = BuildOptions(
            inputs: inputs, output: "\(scratch.path)/out", versionID: "v1", builderVersion: "1.2.3")
        options.columns.value = "value"
        options.memoryBytes = BuildOptions.memoryBytesMin
        return options
    }

    private func build(_ options: BuildOptions, failing: TextSink.Failure = .never) throws -> BuildSummary {
        try DatasetBuilder(options, monitor: BuildMonitor(output: .none)).build { TextSink($0, failing: failing) }
    }

    private func manifest(_ scratch: ScratchDirectory) throws -> Manifest {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/out/manifest.json"))
        return try Manifest.decode(Array(data))
    }

    @Test("puts several inputs of several formats into one version, the last row of a key winning")
    func severalInputs() throws {
        let scratch = try ScratchDirectory()
        let inputs = [
            try scratch.file("a.csv", "key,value\nb,1\na,1\n"), try scratch.file("b.tsv", "value\tkey\n2\tb\n"),
            try scratch.file("c.jsonl", #"{"key":"c","value":"3"}"#),
            try scratch.file("d.resp", "SET d 4\r\nSET a 5\r\n"),
        ]
        let summary = try build(options(inputs, in: scratch))
        #expect(summary.rowsRead == 6)
        #expect(summary.keyCount == 4)
        #expect(summary.duplicatesDropped == 2)
        #expect(
            try String(contentsOfFile: "\(scratch.path)/out/rows.txt", encoding: .utf8)
                == "\"a\" = \"5\"\n\"b\" = \"2\"\n\"c\" = \"3\"\n\"d\" = \"4\"\n")
        #expect(try scratch.names == ["a.csv", "b.tsv", "c.jsonl", "d.resp", "out"])

        let manifest = try manifest(scratch)
        #expect(manifest.versionID == "v1")
        #expect(manifest.format == "text")
        #expect(manifest.keyCount == 4)
        #expect(manifest.duplicatesDropped == 2)
        #expect(manifest.minKey?.bytes == Array("a".utf8))
        #expect(manifest.maxKey?.bytes == Array("d".utf8))
        #expect(manifest.files.map(\.path) == ["rows.txt"])
        #expect(manifest.files.map(\.bytes) == [40])
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(scratch.path)/out/manifest.json")
        #expect(attributes[.posixPermissions] as? Int == 0o444)
    }

    static let refused: [(input: String, name: String, error: String)] = [
        ("key,value\na,1\nb\n", "x.csv", "x.csv:3: 1 field, but the header has 2"),
        ("key\tvalue\n\t1\n", "x.tsv", "x.tsv:2: the key is empty"),
        ("{}\n", "x.ndjson", "x.ndjson:1: the member \"key\" is missing"),
        ("SELECT 1\n", "x.resp", "x.resp:1: the command \"SELECT\": only SET and MSET make rows"),
        ("", "x.csv", "x.csv:1: there is no header line"),
        ("key,value\n", "x.csv", "no rows in 1 input(s); --allow-empty builds an empty dataset"),
        ("", "x.resp", "no rows in 1 input(s); --allow-empty builds an empty dataset"),
    ]

    @Test("refuses bad data with its place, and leaves nothing behind", arguments: refused)
    func refuses(_ input: String, _ name: String, _ message: String) throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.file(name, input)
        #expect {
            try build(options([path], in: scratch))
        } throws: { error in
            let error = error as? BuildError
            return error?.kind == .badData
                && error?.description.replacingOccurrences(of: "\(scratch.path)/", with: "") == message
        }
        #expect(try scratch.names == [name])
    }

    @Test("passes over as many malformed rows as allowed, and not one more", arguments: [0, 1, 2, 3])
    func skipsBadRows(_ allowed: Int) throws {
        let scratch = try ScratchDirectory()
        var options = options([try scratch.file("x.tsv", "key\tvalue\na\nb\t2\nc\n")], in: scratch)
        options.badRowsMax = allowed
        if allowed >= 2 {
            let summary = try build(options)
            #expect(summary.badRowsSkipped == 2)
            #expect(summary.keyCount == 1)
        } else {
            #expect(throws: BuildError.self) { try build(options) }
            #expect(try scratch.names == ["x.tsv"])
        }
    }

    @Test("leaves nothing behind where the sink fails", arguments: [TextSink.Failure.append, .finish])
    fileprivate func sinkFails(_ failure: TextSink.Failure) throws {
        let scratch = try ScratchDirectory()
        let options = options([try scratch.file("x.tsv", "key\tvalue\na\t1\n")], in: scratch)
        #expect(throws: BuildError.self) { try build(options, failing: failure) }
        #expect(try scratch.names == ["x.tsv"])
    }

    @Test("leaves nothing behind where a signal stops it")
    func interrupted() throws {
        let scratch = try ScratchDirectory()
        let options = options([try scratch.file("x.tsv", "key\tvalue\na\t1\n")], in: scratch)
        let builder = DatasetBuilder(options, monitor: BuildMonitor(output: .none) { 15 })
        #expect {
            try builder.build { TextSink($0) }
        } throws: { error in
            (error as? BuildError)?.kind == .interrupted(signal: 15)
        }
        #expect(try scratch.names == ["x.tsv"])
    }

    @Test("refuses an output that exists, and does not touch it", arguments: ["out", "out/", "out//"])
    func outputExists(_ name: String) throws {
        let scratch = try ScratchDirectory()
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/out", withIntermediateDirectories: false)
        var options = options([try scratch.file("x.tsv", "key\tvalue\na\t1\n")], in: scratch)
        options.output = "\(scratch.path)/\(name)"
        #expect {
            try build(options)
        } throws: { error in
            (error as? BuildError)?.kind == .usage && "\(error)".contains("exists; a version is never overwritten")
        }
        #expect(try scratch.names == ["out", "x.tsv"])
    }

    static let impossible: [(@Sendable (inout BuildOptions) -> Void, String)] = [
        ({ $0.inputs = [] }, "no input is named"), ({ $0.inputs = ["-", "-"] }, "named twice"),
        ({ $0.memoryBytes = 1 }, "at least 16MiB"), ({ $0.badRowsMax = -1 }, "--skip-bad"),
        ({ $0.versionID = "a/b" }, "--version-id \"a/b\""), ({ $0.parent = ".." }, "--parent \"..\""),
        ({ $0.output = "/" }, "does not name a directory"), ({ $0.output = "" }, "does not name a directory"),
        ({ $0.output = "\($0.inputs[0])/out" }, "is no directory"), ({ $0.inputs = ["x.txt"] }, "format is not clear"),
        ({ $0.inputs = ["-"] }, "standard input: its format is not clear"),
    ]

    @Test("refuses options that cannot be carried out", arguments: impossible.indices)
    func impossibleOptions(_ index: Int) throws {
        let scratch = try ScratchDirectory()
        var options = options([try scratch.file("x.tsv", "key\tvalue\na\t1\n")], in: scratch)
        let (change, message) = Self.impossible[index]
        change(&options)
        #expect {
            try build(options)
        } throws: { error in
            (error as? BuildError)?.kind == .usage && "\(error)".contains(message)
        }
        #expect(try scratch.names == ["x.tsv"])
    }

    @Test(
        "makes the directories above the output, and takes them back where nothing appears", arguments: [true, false])
    func parents(_ succeeds: Bool) throws {
        let scratch = try ScratchDirectory()
        var options = options([try scratch.file("x.tsv", "key\tvalue\na\t1\n")], in: scratch)
        options.output = "\(scratch.path)/data//versions/v1"
        if succeeds {
            _ = try build(options)
            #expect(FileTree.isDirectory("\(scratch.path)/data/versions/v1"))
        } else {
            #expect(throws: BuildError.self) { try build(options, failing: .append) }
            #expect(try scratch.names == ["x.tsv"])
        }
    }

    @Test("takes an output without any directory in its path")
    func relative() throws {
        let name = "almanac-\(UInt64.random(in: 0...UInt64.max))"
        defer { FileTree.remove(name) }
        let scratch = try ScratchDirectory()
        var options = options([try scratch.file("x.tsv", "key\tvalue\na\t1\n")], in: scratch)
        options.output = name
        _ = try build(options)
        #expect(FileTree.isDirectory(name))
    }

    @Test("tells of a missing input before it reads the others")
    func missingInput() throws {
        let scratch = try ScratchDirectory()
        let malformed = try scratch.file("x.tsv", "")
        #expect(throws: BuildError(.inputOutput, "cannot read \(scratch.path)/no.csv: No such file or directory")) {
            try build(options([malformed, "\(scratch.path)/no.csv"], in: scratch))
        }
    }

    @Test("refuses a row that is longer than a quarter of the memory, and takes one that is not")
    func longRow() throws {
        let scratch = try ScratchDirectory()
        let header = Array("key,value\na,".utf8)
        let long = [UInt8](repeating: 0x78, count: 4 << 20)
        var options = options([try scratch.file("x.csv", header + long)], in: scratch)
        #expect {
            try build(options)
        } throws: { error in
            "\(error)".contains("x.csv:2: the row that begins here is longer than 4 MiB")
        }
        options.memoryBytes = 32 << 20
        #expect(try build(options).keyCount == 1)
    }

    @Test("builds an empty dataset where that is wanted")
    func empty() throws {
        let scratch = try ScratchDirectory()
        var options = options([try scratch.file("x.csv", "key,value\n")], in: scratch)
        options.allowsEmpty = true
        #expect(try build(options).keyCount == 0)
        let manifest = try manifest(scratch)
        #expect(manifest.keyCount == 0)
        #expect(manifest.minKey == nil)
        #expect(manifest.canaries.count == 8)
        #expect(manifest.canaries.allSatisfy { $0.sha256 == nil })
    }
}
