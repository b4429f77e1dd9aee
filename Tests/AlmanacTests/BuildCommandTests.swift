import ArgumentParser
import DatasetBuild
import Testing

@testable import almanac

@Suite("The command line of build") struct BuildCommandTests {
    @Test("has a default for all but the inputs and the output")
    func defaults() throws {
        let command = try BuildCommand.parse(["a.csv", "-", "--output", "out"])
        #expect(command.inputs == ["a.csv", "-"])
        #expect(command.output == "out" && command.dataDirectory == nil && !command.activate)
        #expect(command.memory.bytes == 512 << 20)
        #expect(command.duplicates == .lastWins)
        #expect(command.skipBad == 0)
        #expect(command.inputFormat == nil)
        #expect(!command.allowEmpty)
    }

    @Test("takes every option")
    func options() throws {
        let command = try BuildCommand.parse([
            "a", "--output", "out", "--key", "k", "--value", "v", "--input-format", "jsonl", "--format", "rocksdb",
            "--version-id", "v2", "--parent", "v1", "--memory", "64MiB", "--duplicates", "fail", "--skip-bad", "3",
            "--allow-empty", "--quiet",
        ])
        #expect(command.key == "k")
        #expect(command.value == "v")
        #expect(command.inputFormat == .jsonLines)
        #expect(command.versionID == "v2")
        #expect(command.parent == "v1")
        #expect(command.memory.bytes == 64 << 20)
        #expect(command.duplicates == .fail)
        #expect(command.skipBad == 3)
        #expect(command.allowEmpty && command.quiet)
    }

    static let sizes: [(String, Int?)] = [
        ("1", 1), ("16MiB", 16 << 20), ("16mb", 16 << 20), ("2g", 2_000_000_000), ("1TiB", 1 << 40), ("", nil),
        ("MiB", nil), ("1.5GiB", nil), ("-1", nil), ("1xb", nil), ("99999999999TiB", nil),
        ("99999999999999999999", nil),
    ]

    @Test("reads sizes as the settings do", arguments: sizes)
    func memory(_ text: String, _ bytes: Int?) {
        #expect(MemorySize(argument: text)?.bytes == bytes)
    }

    @Test(
        "refuses what is missing or unknown",
        arguments: [
            [], ["a.csv"], ["--output", "out"], ["a", "--output", "out", "--duplicates", "first"],
            ["a", "--output", "out", "--data-dir", "data"], ["a", "--output", "out", "--activate"],
            ["a", "--output", "out", "--input-format", "xml"], ["a", "--output", "out", "--memory", "lots"],
        ])
    func refuses(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try BuildCommand.parse(arguments) }
    }

    @Test("explains every option within 80 columns")
    func help() {
        let text = Almanac.helpMessage(for: BuildCommand.self, columns: 80)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        for word in ["--key", "--value", "--memory", "--duplicates", "--skip-bad", "--allow-empty", "redis-cli --pipe"]
        {
            #expect(text.contains(word))
        }
    }
}
