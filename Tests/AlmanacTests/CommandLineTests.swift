import ArgumentParser
import Platform
import Settings
import Storage
import Testing

@testable import almanac

@Suite("The command line")
struct CommandLineTests {
    static let helpOnLongLines = ServeOptions.helpMessage(columns: 10_000)

    @Test("Every setting has its option, which hands its text on unchanged", arguments: Setting.all)
    func everySetting(_ setting: Setting) throws {
        let arguments = setting.kind == .datasets ? ["some text"] : [setting.flag, "some text"]
        #expect(try ServeOptions.parse(arguments).flags == [setting.key: ["some text"]])
        #expect(Self.helpOnLongLines.contains(setting.help))
    }

    @Test("Every option is a setting, or one of those that are about settings")
    func everyOption() {
        let words = Self.helpOnLongLines.split { $0 == " " || $0 == "\n" || $0 == "," }
        let options = Set(words.filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) })
        let settings = Set(Setting.all.filter { $0.kind != .datasets }.map(\.key))
        #expect(options == settings.union(["config", "print-settings", "help"]))
    }

    @Test("Lists gather what is given several times, and an address may start with a dash")
    func lists() throws {
        let arguments = [
            "/a", "--bind", "-::1", "b=/b", "--bind", "*", "--column-family", "x", "--column-family", "b=y",
        ]
        let flags = try ServeOptions.parse(arguments).flags
        #expect(flags == ["datasets": ["/a", "b=/b"], "bind": ["-::1", "*"], "column-family": ["x", "b=y"]])
        #expect(try ServeOptions.parse([]).flags.isEmpty)
    }

    @Test("Help keeps to 80 columns and names the subcommands and exit codes")
    func help() {
        let text = Almanac.helpMessage(columns: 80)
        for word in ["serve", "64", "65", "69", "74", "78", "EXAMPLES"] { #expect(text.contains(word)) }
        let serve = Almanac.helpMessage(for: ServeCommand.self, columns: 80)
        #expect(serve.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(serve.contains("almanac serve --config"))
    }

    static let failures: [(any Error, ExitCode, [String])] = [
        (CommandFailure(.sourceUnreachable, "the bucket is away"), .sourceUnreachable, ["the bucket is away"]),
        (EngineError(operation: "open", kind: .missing, message: "no"), .badConfiguration, ["open: no"]),
        (EngineError(operation: "open", kind: .damaged, message: "no"), .badData, ["open: no"]),
        (EngineError(operation: "open", kind: .unsupported, message: "no"), .badData, ["open: no"]),
        (EngineError(operation: "open", kind: .io, message: "no"), .ioError, ["open: no"]),
        (SystemError(call: "bind", code: 98), .ioError, ["bind: Address already in use"]),
        (ExitCode(65), .badData, []),
    ]

    @Test("Every kind of failure has its exit code and its line", arguments: failures)
    func explanation(_ error: any Error, _ code: ExitCode, _ lines: [String]) {
        let found = Almanac.explanation(of: error)
        #expect(found.code == code)
        #expect(found.lines == lines)
    }

    @Test("Mistakes in the settings come one a line, with their number at the end")
    func settingsMistakes() throws {
        let input = SettingsInput(flags: ["datasets": ["/d"], "port": ["x"], "readers": ["y"]], environment: [:])
        let error = try #require(throws: SettingsError.self) { try input.resolve() }
        let (code, lines) = Almanac.explanation(of: error)
        #expect(code == .badConfiguration)
        #expect(lines?.count == 3)
        #expect(lines?.last == "2 mistakes in the settings; see 'almanac help serve'")
    }

    @Test(
        "A command line that cannot be understood is explained in one line",
        arguments: [
            (["serve", "--prot", "1"], "unknown option '--prot'. Did you mean '--port'? (see 'almanac serve --help')"),
            (["frob"], "unexpected argument 'frob' (see 'almanac --help')"),
            (["serve", "--port"], "missing value for '--port <n>' (see 'almanac serve --help')"),
        ])
    func usage(_ arguments: [String], _ line: String) throws {
        let error = try #require(throws: (any Error).self) { try Almanac.parseAsRoot(arguments) }
        let found = Almanac.explanation(of: error)
        #expect(found.code == .usage)
        #expect(found.lines == [line])
    }

    @Test("A request for help or the version is no failure", arguments: ["--help", "--version", "help"])
    func answers(_ argument: String) throws {
        let error = try #require(throws: (any Error).self) {
            var command = try Almanac.parseAsRoot([argument])
            try command.run()
        }
        let found = Almanac.explanation(of: error)
        #expect(found.code == .success)
        #expect(found.lines == nil)
    }
}
