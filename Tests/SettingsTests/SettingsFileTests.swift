import Testing

@testable import Settings

private func problems(_ yaml: String) -> [String] {
    SettingsFile(path: "f", text: yaml).problems.map(\.description)
}

@Suite("The settings file")
struct SettingsFileTests {
    @Test("Values are the text they are written with, so that 0700 stays octal and no stays a word")
    func plainText() throws {
        let yaml = """
            # settings of a test & its *comment
            datasets:
              - packages=/data/p
              - name: x
                path: /data/x=y
                column-family: cf
            bind: [127.0.0.1, "-::1"]
            unix-socket-mode: 0700
            pid-file: no
            cache-size: 64 MiB
            """
        try withTemporaryFile(containing: Array(yaml.utf8)) { path throws in
            let input = SettingsInput(flags: [:], environment: [:], configurationPath: path)
            let settings = try input.resolve().settings
            #expect(settings.datasets.map(\.path) == ["/data/p", "/data/x=y"])
            #expect(settings.datasets.map(\.name) == ["packages", "x"])
            #expect(settings.datasets.map(\.columnFamily) == [nil, "cf"])
            #expect(settings.bindAddresses == ["127.0.0.1", "-::1"])
            #expect(settings.unixSocketMode == 0o700)
            #expect(settings.pidFile == "no")
            #expect(settings.cacheBytes == 64 << 20)
        }
    }

    @Test(
        "An empty file, or one of comments, says nothing",
        arguments: ["", "\n\n", "# nothing\n", "---\n", "--- \n...\n"])
    func empty(_ yaml: String) {
        let file = SettingsFile(path: "f", text: yaml)
        #expect(file.given.isEmpty && file.problems.isEmpty)
    }

    static let mistakes: [(String, String)] = [
        ("port: 1\nport: 2\n", #"f:1: "port" is given twice"#),
        ("port:\n", "f:1: port: has no value; it must be a whole number from 0 to 65535"),
        ("port: ~\n", "f:1: port: has no value; it must be a whole number from 0 to 65535"),
        ("\nport: [1]\n", "f:2: port: must be a whole number from 0 to 65535"),
        ("port: {a: 1}\n", "f:1: port: must be a whole number from 0 to 65535"),
        ("[1, 2]\n", "f:1: must be lines of the form key: value"),
        ("just text\n", "f:1: must be lines of the form key: value"),
        ("[a]: 1\n", "f:1: a key must be a name"),
        ("Port: 1\n", #"f:1: there is no setting "Port"; did you mean port?"#),
        ("idle_timeout: 1\n", #"f:1: there is no setting "idle_timeout"; did you mean idle-timeout?"#),
        ("timeout: 1\n", #"f:1: there is no setting "timeout"; did you mean idle-timeout?"#),
        ("<<: 1\n", #"f:1: there is no setting "<<""#),
        ("datasets:\n  - {path: /a}\n  - [b]\n", "f:3: datasets: each must be \(Setting.Kind.datasets.allowed)"),
        ("datasets:\n  - {name: a}\n", "f:2: datasets: a dataset needs a path"),
        (
            "datasets:\n  - {path: /a, port: 1}\n",
            #"f:2: datasets: a dataset has name, path and column-family, not "port""#
        ),
        ("datasets:\n  - {path: [a]}\n", "f:2: datasets: path must be one value"),
        ("datasets: {a: /b}\n", "f:1: datasets: must be a list of \(Setting.Kind.datasets.allowed)"),
        ("bind: *\n", "f:1: is not YAML: did not find expected alphabetic or numeric character"),
        ("port: 1\n--- \nport: 2\n", "f:2: is not YAML: but found another document"),
        ("port: \"1\n", "f:2: is not YAML: found unexpected end of stream"),
        ("\tport: 1\n", "f:1: is not YAML: found character that cannot start any token"),
        ("port: 1\u{0}\n", "f: is not YAML: control characters are not allowed"),
    ]

    @Test(
        "What cannot be understood is refused with its line and what is allowed",
        arguments: Self.mistakes)
    func refused(_ yaml: String, _ problem: String) {
        #expect(problems(yaml) == [problem])
    }

    @Test("A name within a dataset is checked like one before an equals sign")
    func spelledOutName() throws {
        let yaml = "datasets:\n  - {name: a/b, path: /x}\n  - {path: /y/}\n"
        try withTemporaryFile(containing: Array(yaml.utf8)) { path throws in
            let error = try #require(throws: SettingsError.self) {
                try SettingsInput(flags: [:], environment: [:], configurationPath: path).resolve()
            }
            #expect(
                error.problems.map(\.text) == [
                    #"datasets: "a/b=/x" is not \#(Setting.Kind.datasets.allowed)"#
                ])
        }
    }

    @Test("Aliases are refused before they can multiply, even as keys, which a parser must compare")
    func aliasBomb() {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x]\n"
        for level in 1...40 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 8).joined(separator: ", ")
            yaml += "a\(level): &a\(level) [\(aliases)]\n"
        }
        yaml += "? *a40\n: 1\n"
        #expect(problems(yaml) == ["f:2: anchors (&name) and aliases (*name) are not taken here: write values out"])
        #expect(problems("port: &p 1\nreaders:\u{85} *p\n").count == 1)
        #expect(problems(#"{"port":&p 1,"readers":*p}"#).count == 1)
    }

    @Test("Users are lines as Redis has them, whose patterns are no aliases")
    func users() {
        let lines = "user a on >x ~*b &c &*\n# and\nuser d ~e* %R~*f -@all\n"
        let yaml = "users: |\n  " + lines.dropLast().replacing("\n", with: "\n  ") + "\n"
        let file = SettingsFile(path: "f", text: yaml)
        #expect(file.problems.isEmpty)
        #expect(file.given.map(\.key) == ["users"] && file.given.first?.items.map(\.text) == [lines])
    }

    @Test("A file nested without end is refused", arguments: ["[", "{a: ", "- ", "? "])
    func nesting(_ opening: String) {
        let yaml = "port: " + String(repeating: opening, count: 50_000)
        #expect(problems(yaml).count == 1)
    }

    @Test("A file of nothing but mistakes is given up after the first hundred")
    func tooManyMistakes() {
        let found = problems((1...1_000).map { "key\($0): 1\n" }.joined())
        #expect(found.count == 101)
        #expect(found.last == "f:101: and more mistakes")
    }

    @Test("A file that is too large, no text, not there, or no file is refused, beside other mistakes")
    func unreadable() throws {
        func problem(_ path: String) throws -> String {
            let input = SettingsInput(flags: ["port": ["x"]], environment: [:], configurationPath: path)
            let problems = try #require(throws: SettingsError.self) { try input.resolve() }.problems
            #expect(problems.first?.source == .flag("--port"))
            #expect(problems.last?.source == .file(path: path, line: nil))
            return problems.last?.text ?? ""
        }
        let most = Array(repeating: UInt8(ascii: "#"), count: SettingsFile.bytesMax)
        try withTemporaryFile(containing: most) { path throws in
            #expect(SettingsFile(path: path).problems.isEmpty)
        }
        #expect(try withTemporaryFile(containing: most + [10], problem) == "is larger than 256KiB")
        #expect(try withTemporaryFile(containing: [0x70, 0xff, 0xfe], problem) == "is not UTF-8 text")
        #expect(try withTemporaryDirectory(problem) == "cannot be read: Is a directory")
        #expect(try withTemporaryDirectory { try problem($0 + "/none") } == "cannot be read: No such file or directory")
        #expect(try problem("/dev/zero") == "is larger than 256KiB")
    }

    @Test("Settings are printed as a file that says the same, with their sources")
    func printed() throws {
        let flags = [
            "datasets": ["a=/a b", "c=/c\"\\=\u{7}"], "column-family": ["a=f=g"], "bind": ["*,-::1"],
            "pid-file": ["~"], "idle-timeout": ["1500ms"],
        ]
        let resolved = try SettingsInput(flags: flags, environment: ["ALMANAC_READERS": "3"]).resolve()
        let yaml = resolved.yaml()
        let lines = yaml.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("readers: 3 ") && $0.hasSuffix("# ALMANAC_READERS") })
        #expect(lines.contains { $0.hasPrefix("port: 6379 ") && $0.hasSuffix("# default") })
        #expect(lines.contains("# log-file: standard error"))
        for setting in Setting.all { #expect(yaml.contains("\(setting.key):")) }
        try withTemporaryFile(containing: Array(yaml.utf8)) { path throws in
            let again = try SettingsInput(flags: [:], environment: [:], configurationPath: path).resolve()
            #expect(again.settings == resolved.settings)
        }
    }
}
