import ArgumentParser
import Testing

@testable import almanac

@Suite("The command lines of verify, inspect and compare") struct InspectionCommandTests {
    @Test("explain themselves within 80 columns", arguments: ["verify", "inspect", "compare"])
    func help(_ name: String) {
        let commands: [String: any ParsableCommand.Type] = [
            "verify": VerifyCommand.self, "inspect": InspectCommand.self, "compare": CompareCommand.self,
        ]
        let text = commands[name].map { Almanac.helpMessage(for: $0, columns: 80) } ?? ""
        #expect(text.contains("EXIT CODES") && text.contains("--json"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test(
        "refuse what makes no sense",
        arguments: [
            ["verify"], ["verify", "a", "--threads", "0"], ["verify", "a", "--threads", "65"], ["inspect"],
            ["inspect", "a", "b"], ["inspect", "a", "--raw"], ["inspect", "a", "--key", "k", "--raw", "--json"],
            ["inspect", "a", "--key", "k", "--keys", "p"], ["inspect", "a", "--limit", "0"], ["compare", "a"],
            ["compare", "a", "b", "c"], ["compare", "a", "b", "--server", "h"],
            ["compare", "a", "b", "--samples", "-1"],
            ["compare", "a", "b", "--tolerate", "much"],
        ])
    func refuses(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try Almanac.parseAsRoot(arguments) }
    }

    @Test("take two servers, or a path and a server")
    func servers() throws {
        #expect(try CompareCommand.parse(["--server", "h:1", "--server", "h:2"]).server == ["h:1", "h:2"])
        #expect(try CompareCommand.parse(["a", "--server", "h:1"]).sides == ["a"])
    }
}
