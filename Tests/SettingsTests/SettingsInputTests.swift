import Testing

@testable import Settings

private let host = HostResources(coreCount: 6, memoryBytes: 8 << 30)

/// Resolves one dataset, `/d`, beside what is given.
private func resolve(
    flags: [String: [String]] = [:], environment: [String: String] = [:], yaml: String? = nil
) throws -> ResolvedSettings {
    var flags = flags
    if flags["datasets"] == nil { flags["datasets"] = ["/d"] }
    guard let yaml else { return try SettingsInput(flags: flags, environment: environment).resolve(host: host) }
    return try withTemporaryFile(containing: Array(yaml.utf8)) { path throws in
        try SettingsInput(flags: flags, environment: environment, configurationPath: path).resolve(host: host)
    }
}

/// The mistakes of what cannot be resolved, the file's path left out.
private func mistakes(
    flags: [String: [String]] = ["datasets": ["/d"]], environment: [String: String] = [:], yaml: String? = nil
) throws -> [String] {
    let error = try #require(throws: SettingsError.self) {
        guard let yaml else { return try SettingsInput(flags: flags, environment: environment).resolve(host: host) }
        return try withTemporaryFile(containing: Array(yaml.utf8)) { path throws in
            try SettingsInput(flags: flags, environment: environment, configurationPath: path).resolve(host: host)
        }
    }
    return error.problems.map { problem in
        guard case .file(_, let line) = problem.source else { return problem.description }
        return "\(line.map(String.init) ?? "-"): \(problem.text)"
    }
}

@Suite("Sources of settings")
struct SettingsInputTests {
    @Test("Without any source every setting has its default, taken from the host where it depends on it")
    func defaults() throws {
        var expected = ServerSettings(host: host)
        expected.datasets = [DatasetPath(name: "d", path: "/d")]
        let resolved = try resolve()
        #expect(resolved.settings == expected)
        #expect(resolved.settings.loopCount == 6)
        #expect(resolved.settings.cacheBytes == 2 << 30)
        #expect(resolved.source(of: "port") == .builtIn)
    }

    @Test("A flag wins over the environment, that over the file, and that over the default")
    func precedence() throws {
        let yaml = "port: 1\nreaders: 1\nloops: 1\n"
        let resolved = try resolve(
            flags: ["port": ["3"]], environment: ["ALMANAC_PORT": "2", "ALMANAC_READERS": "2"], yaml: yaml)
        #expect(resolved.settings.port == 3)
        #expect(resolved.settings.readerCount == 2)
        #expect(resolved.settings.loopCount == 1)
        #expect(resolved.settings.clientsMax == 10_000)
        #expect(resolved.source(of: "port") == .flag("--port"))
        #expect(resolved.source(of: "readers") == .environment("ALMANAC_READERS"))
        guard case .file(_, line: 3) = resolved.source(of: "loops") else {
            Issue.record("\(resolved.source(of: "loops"))")
            return
        }
    }

    @Test("A list of a stronger source replaces that of a weaker one as a whole")
    func listPrecedence() throws {
        let yaml = "datasets: [/a, /b]\nbind: ['::1']\n"
        let resolved = try resolve(flags: ["datasets": ["/c"]], environment: ["ALMANAC_BIND": "*"], yaml: yaml)
        #expect(resolved.settings.datasets.map(\.path) == ["/c"])
        #expect(resolved.settings.bindAddresses == ["*"])
    }

    @Test("The word auto in a stronger source takes back a number of a weaker one")
    func auto() throws {
        let resolved = try resolve(environment: ["ALMANAC_LOOPS": "auto"], yaml: "loops: 3\ncache-size: auto\n")
        #expect(resolved.settings.loopCount == 6)
        #expect(resolved.settings.cacheBytes == 2 << 30)
    }

    @Test("The environment can name the settings file, and the flag wins over it")
    func fileFromEnvironment() throws {
        try withTemporaryFile(containing: Array("port: 7\n".utf8)) { path throws in
            let environment = ["ALMANAC_CONFIG": path]
            let named = SettingsInput(flags: ["datasets": ["/d"]], environment: environment)
            #expect(try named.resolve(host: host).settings.port == 7)
            let overruled = SettingsInput(
                flags: ["datasets": ["/d"]], environment: environment, configurationPath: "/dev/null")
            #expect(try overruled.resolve(host: host).settings.port == 6379)
        }
    }

    @Test("Every mistake of every source is reported at once, each with its place, even one that another overrules")
    func allMistakes() throws {
        let found = try mistakes(
            flags: ["datasets": ["/d"], "port": ["65536"], "log-level": ["loud"]],
            environment: ["ALMANAC_REDERS": "4", "ALMANAC_CACHE_SIZE": "1", "ALMANAC_PORT": "x"],
            yaml: "port: y\nmaxclients: 5\nreaders: 0\n")
        #expect(
            found == [
                #"--port: "65536" is not a whole number from 0 to 65535"#,
                #"--log-level: "loud" is not one of trace, debug, info, notice, warning, error, critical"#,
                "ALMANAC_REDERS: there is no such setting; did you mean ALMANAC_READERS?",
                #"ALMANAC_CACHE_SIZE: "1" is not a size such as 65536, 64KiB or 1GiB, from 1MiB to 16TiB, or auto"#,
                #"ALMANAC_PORT: "x" is not a whole number from 0 to 65535"#,
                #"1: port: "y" is not a whole number from 0 to 65535"#,
                #"2: there is no setting "maxclients"; did you mean clients-max?"#,
                #"3: readers: "0" is not a whole number from 1 to 1024"#,
            ])
    }

    static let unknownVariables: [(String, String)] = [
        ("ALMANAC_IDLETIMEOUT", "; did you mean ALMANAC_IDLE_TIMEOUT?"),
        ("ALMANAC_IDLE_TIMOEUT", "; did you mean ALMANAC_IDLE_TIMEOUT?"),
        ("ALMANAC_TIMEOUT", "; did you mean ALMANAC_IDLE_TIMEOUT?"),
        ("ALMANAC_port", "; did you mean ALMANAC_PORT?"),
        ("ALMANAC_QZXWJK", ""), ("ALMANAC_", ""),
    ]

    @Test(
        "Unknown names in the environment are mistakes, with the likely name where there is one",
        arguments: Self.unknownVariables)
    func unknownVariable(_ name: String, _ suggestion: String) throws {
        #expect(try mistakes(environment: [name: "1"]) == ["\(name): there is no such setting\(suggestion)"])
    }

    @Test(
        "Variables that container platforms set beside a service named almanac do not count",
        arguments: [
            ["ALMANAC_SERVICE_HOST": "10.0.0.1"], ["ALMANAC_SERVICE_PORT": "6379"],
            ["ALMANAC_SERVICE_PORT_REDIS": "6379"], ["ALMANAC_PORT": "tcp://10.0.0.1:6379"],
            ["ALMANAC_PORT_6379_TCP": "tcp://10.0.0.1:6379"], ["ALMANAC_PORT_6379_TCP_ADDR": "10.0.0.1"],
            ["ALMANAC_CANARY_PORT_6379_TCP_PROTO": "tcp"], ["ALMANAC_CANARY_SERVICE_HOST": "10.0.0.1"],
        ])
    func platformVariables(_ environment: [String: String]) throws {
        #expect(try resolve(environment: environment).settings.port == 6379)
    }

    @Test("Empty variables and those of other programs are as good as none")
    func emptyVariables() throws {
        let settings = try resolve(environment: ["ALMANAC_PORT": "", "PORT": "1", "ALMANACPORT": "2"]).settings
        #expect(settings.port == 6379)
    }

    @Test("Without a dataset there is nothing to serve")
    func noDataset() throws {
        let sentence = "no dataset is given: name the directory of at least one"
        #expect(try mistakes(flags: [:]) == ["[NAME=]PATH: \(sentence)"])
        #expect(try mistakes(flags: [:], yaml: "datasets: []\n") == ["1: datasets: \(sentence)"])
        // The file may well name one, once it can be read.
        #expect(try mistakes(flags: [:], yaml: "a: [\n").count == 1)
    }

    static let datasetNames: [(String, String, String)] = [
        ("/data/packages", "packages", "/data/packages"), ("/data/packages/", "packages", "/data/packages/"),
        ("p=/data/x", "p", "/data/x"), ("p=/data/x=y", "p", "/data/x=y"), ("./x=y/z", "z", "./x=y/z"),
        ("relative", "relative", "relative"), ("A.b-c_9=.", "A.b-c_9", "."),
    ]

    @Test(
        "A dataset's name stands before its path, or is the path's last component",
        arguments: Self.datasetNames)
    func datasetName(_ text: String, _ name: String, _ path: String) throws {
        #expect(try resolve(flags: ["datasets": [text]]).settings.datasets == [DatasetPath(name: name, path: path)])
    }

    @Test(
        "What is no dataset is refused",
        arguments: [
            "", "/", ".", "..", "a=", "=b", "a b=/x", "/data/my dir", "ü=/x", String(repeating: "n", count: 65) + "=/x",
        ])
    func noDataset(_ text: String) throws {
        let found = try mistakes(flags: ["datasets": [text]])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("[NAME=]PATH: \(SettingText.quoted(text)) is not a path") == true)
    }

    @Test("Names of datasets are unique, and there are not too many of them")
    func datasetBounds() throws {
        #expect(
            try mistakes(flags: ["datasets": ["/a/data", "/b/data"]])
                == ["[NAME=]PATH: two datasets are named data: tell them apart with NAME=PATH"])
        let most = (1...1_024).map { "d\($0)=/d" }
        #expect(try resolve(flags: ["datasets": most]).settings.datasets.count == 1_024)
        #expect(try mistakes(flags: ["datasets": most + ["/e"]]).count == 1)
        let longest = String(repeating: "n", count: 64)
        #expect(try resolve(flags: ["datasets": ["\(longest)=/x"]]).settings.datasets.first?.name == longest)
    }

    @Test("A column family goes to the dataset it names, or to all that none names")
    func columnFamilies() throws {
        let datasets = ["a=/a", "b=/b", "c=/c"]
        let one = try resolve(flags: ["datasets": datasets, "column-family": ["b=x=y", "z"]]).settings
        #expect(one.datasets.map(\.columnFamily) == ["z", "x=y", "z"])
        #expect(try resolve(flags: ["datasets": datasets]).settings.datasets.allSatisfy { $0.columnFamily == nil })
        let wrong = ["column-family": ["d=x", "a=", "x", "y", "b=1", "b=2"], "datasets": datasets]
        #expect(
            try mistakes(flags: wrong) == [
                #"--column-family: no dataset is named "d"; there is a, b, c"#,
                #"--column-family: "a=" names no column family"#,
                "--column-family: two are given without NAME=",
                "--column-family: dataset b has two",
            ])
    }

    @Test("Addresses stand between commas or spaces, or in several flags")
    func addresses() throws {
        let given = ["127.0.0.1 -::1", "10.0.0.1,-*"]
        let settings = try resolve(flags: ["bind": given]).settings
        #expect(settings.bindAddresses == ["127.0.0.1", "-::1", "10.0.0.1", "-*"])
        #expect(try mistakes(environment: ["ALMANAC_BIND": "localhost ::1 -::1"]).count == 2)
    }

    @Test("TCP may be left out where there is a Unix socket, and only there")
    func noAddress() throws {
        let local = try resolve(flags: ["bind": [""], "unix-socket": ["/run/a.sock"]]).settings
        #expect(local.bindAddresses.isEmpty)
        #expect(local.unixSocketPath == "/run/a.sock")
        #expect(
            try mistakes(yaml: "bind: []\n") == ["1: bind: no address and no unix-socket: give at least one of them"])
    }
}
