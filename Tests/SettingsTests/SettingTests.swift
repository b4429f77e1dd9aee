import Testing

@testable import Settings

private let host = HostResources(coreCount: 2, memoryBytes: 1 << 30)

private func resolved(_ key: String, _ text: String) -> ServerSettings? {
    let input = SettingsInput(flags: ["datasets": ["/d"], key: [text]], environment: [:])
    // Refusals are what the caller asks about; their texts are tested elsewhere.
    return (try? input.resolve(host: host))?.settings
}

@Suite("The table of settings")
struct SettingTests {
    @Test("Keys, flags, variables and Redis's names are each unique, and keys are lower-case words")
    func names() {
        let keys = Setting.all.map(\.key)
        #expect(Set(keys).count == keys.count)
        #expect(Set(Setting.all.map(\.environmentName)).count == keys.count)
        let redisNames = Setting.all.compactMap(\.redisName)
        #expect(Set(redisNames).count == redisNames.count)
        #expect(keys.allSatisfy { $0.allSatisfy { "abcdefghijklmnopqrstuvwxyz-".contains($0) } })
        #expect(Setting.named("idle-timeout")?.environmentName == "ALMANAC_IDLE_TIMEOUT")
        #expect(Setting.named("idle-timeout")?.flag == "--idle-timeout")
        // A name of Redis that is also a key of ours must be the same setting.
        for setting in Setting.all {
            guard let redisName = setting.redisName, let named = Setting.named(redisName) else { continue }
            #expect(named.key == setting.key)
        }
    }

    @Test("Every number, size and time takes its bounds and nothing beyond", arguments: Setting.all.map(\.key))
    func bounds(_ key: String) throws {
        let setting = try #require(Setting.named(key))
        switch setting.kind {
        case .count(let range, _), .bytes(let range, _):
            #expect(resolved(key, "\(range.lowerBound)") != nil)
            #expect(resolved(key, "\(range.upperBound)") != nil)
            #expect(resolved(key, "\(range.lowerBound - 1)") == nil)
            #expect(resolved(key, "\(range.upperBound + 1)") == nil)
        case .memoryShare(let range):
            #expect(resolved(key, "\(range.upperBound)") != nil)
            #expect(resolved(key, "\(range.upperBound + 1)") == nil)
            for share in ["0%", "100%"] { #expect(resolved(key, share).flatMap(setting.write) == share) }
            for share in ["101%", "-1%", "%", "5 %", "1.5%"] { #expect(resolved(key, share) == nil) }
        case .duration(let range, let wholeSeconds):
            #expect(resolved(key, SettingText.text(of: range.lowerBound)) != nil)
            #expect(resolved(key, SettingText.text(of: range.upperBound)) != nil)
            #expect(resolved(key, SettingText.text(of: range.upperBound + .seconds(1))) == nil)
            #expect((resolved(key, "1500ms") == nil) == wholeSeconds)
        case .ratio(let range):
            #expect(resolved(key, SettingText.text(of: range.lowerBound)) != nil)
            #expect(resolved(key, SettingText.text(of: range.upperBound)) != nil)
            #expect(resolved(key, SettingText.text(of: range.upperBound + 0.5)) == nil)
            for text in ["-1", ".5", "1.", "0x1", "1e0", "nan"] { #expect(resolved(key, text) == nil) }
        case .choice(let names):
            for name in names { #expect(resolved(key, name).flatMap(setting.write) == name) }
            #expect(resolved(key, names[0].uppercased()) == nil)
        case .mode(let range):
            #expect(resolved(key, String(range.upperBound, radix: 8)) != nil)
            #expect(resolved(key, String(range.upperBound + 1, radix: 8)) == nil)
            #expect(resolved(key, "8") == nil)
        case .path(let utf8CountMax):
            #expect(resolved(key, String(repeating: "p", count: utf8CountMax)) != nil)
            #expect(resolved(key, String(repeating: "p", count: utf8CountMax + 1)) == nil)
            #expect(resolved(key, "a\u{0}b") == nil)
        case .account:
            for name in ["nobody", "10001", "a_b.c-d"] { #expect(resolved(key, name).flatMap(setting.write) == name) }
            for name in ["-a", "a b", "a:b", "é", String(repeating: "a", count: 33)] {
                #expect(resolved(key, name) == nil)
            }
        case .text(let utf8CountMax):
            #expect(resolved(key, String(repeating: "p", count: utf8CountMax + 1)) == nil)
            #expect(resolved(key, "a\u{0}b") == nil)
        case .addresses, .datasets, .columnFamilies: break
        }
        if !setting.kind.isList { #expect(resolved(key, "") == nil) }
    }

    @Test("Whatever a row writes it reads back the same", arguments: Setting.all.map(\.key))
    func roundTrip(_ key: String) throws {
        let setting = try #require(Setting.named(key))
        let defaults = try #require(resolved("port", "6379"))
        guard let text = setting.write(defaults), !setting.kind.isList else { return }
        var copy = defaults
        #expect(setting.read(&copy, text))
        #expect(copy == defaults)
    }

    @Test("Each row sets a field that no other sets")
    func fields() {
        let samples: [String: String] = [
            "port": "1", "unix-socket": "/s", "unix-socket-mode": "0600", "listen-backlog": "2", "tcp-keepalive": "3",
            "idle-timeout": "4", "loops": "5", "readers": "6", "read-queue-max": "7", "cache-size": "8mb",
            "row-cache-size": "17mb", "residency": "disk", "resident-size": "34mb", "verify-reads": "all",
            "open-threads": "9", "clients-max": "10", "query-buffer-max": "11mb", "output-buffer-max": "12mb",
            "output-buffer-soft-max": "25mb", "output-buffer-soft-time": "26s", "pubsub-buffer-max": "27mb",
            "pubsub-buffer-soft-max": "28mb", "pubsub-buffer-soft-time": "29s", "clients-memory-max": "30%",
            "argument-size-max": "13mb", "argument-count-max": "14000", "inline-size-max": "15kb",
            "verify": "full", "min-keys": "18", "min-keys-ratio": "0.19", "max-keys-ratio": "20", "trusted-keys": "/k",
            "require-signature": "yes", "warm-keys": "21", "warm-rate": "22", "warm-time": "23",
            "rollback-window": "24", "version-use-max": "25", "max-keys-reply": "26", "wait": "yes", "watch": "yes",
            "drain-timeout": "16", "log-format": "json", "log-level": "debug", "log-file": "/l", "pid-file": "/p",
            "user": "nobody",
            "slowlog-log-slower-than": "31", "slowlog-max-len": "32", "latency-monitor-threshold": "33",
            "enable-debug-command": "local", "tls-port": "35", "tls-cert-file": "/c", "tls-key-file": "/k",
            "tls-key-file-pass": "p", "tls-ca-cert-file": "/a", "tls-ca-cert-dir": "/d", "tls-auth-clients": "no",
            "tls-protocols": "TLSv1.3", "tls-ciphers": "AES", "tls-ciphersuites": "TLS_AES_128_GCM_SHA256",
            "tls-prefer-server-ciphers": "yes", "tls-session-caching": "no", "tls-session-cache-size": "37",
            "tls-session-cache-timeout": "38", "tls-handshake-timeout": "39", "tls-handshakes-max": "40",
            "protected-mode": "no", "password": "pw", "password-file": "/pw", "users-file": "/u", "users": "user u",
            "auth-timeout": "42",
            "acllog-max-len": "43", "admin-port": "36", "drain-delay": "41",
            "admin-tls": "yes",
        ]
        #expect(Set(samples.keys) == Set(Setting.all.filter { !$0.kind.isList }.map(\.key)))
        for (key, text) in samples {
            guard let changed = resolved(key, text), let defaults = resolved("port", "6379") else {
                Issue.record("\(key) does not take \(text)")
                continue
            }
            let differing = Setting.all.filter { $0.write(changed) != $0.write(defaults) }.map(\.key)
            #expect(differing == [key])
        }
    }

    @Test("Every row has a sentence, and every default is named in its help")
    func help() {
        for setting in Setting.all {
            #expect(setting.meaning.hasSuffix("."))
            if let text = setting.defaultText { #expect(setting.help.contains("default: \(text)")) }
            #expect(!setting.kind.allowed.isEmpty && !setting.kind.valueName.isEmpty)
        }
        #expect(
            Setting.named("port")?.help == "TCP port to listen on; 0 lets the kernel choose one. "
                + "(0 to 65535; default: 6379)")
    }

    @Test("CONFIG GET shows settings under our names and Redis's, and what tools ask for")
    func configurationPairs() throws {
        var settings = try #require(resolved("idle-timeout", "1500ms"))
        settings.datasets.append(DatasetPath(name: "e", path: "/e"))
        let pairs = settings.configurationPairs()
        #expect(pairs.map(\.name) == Set(pairs.map(\.name)).sorted())
        let values = Dictionary(uniqueKeysWithValues: pairs)
        let expected = [
            "save": "", "appendonly": "no", "maxmemory": "0", "databases": "2", "replica-read-only": "yes",
            "cluster-require-full-coverage": "no", "timeout": "2", "idle-timeout": "1500ms", "tcp-keepalive": "300",
            "port": "6379", "bind": "127.0.0.1 ::1", "unixsocket": "", "unixsocketperm": "700",
            "maxclients": "10000", "clients-max": "10000", "tcp-backlog": "511", "io-threads": "2",
            "client-query-buffer-limit": "268435456", "query-buffer-max": "256MiB", "proto-max-bulk-len": "536870912",
            "client-output-buffer-limit":
                "normal 268435456 0 60 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
            "loglevel": "notice", "log-level": "info", "datasets": "d=/d,e=/e", "cache-size": "256MiB",
        ]
        for (name, value) in expected { #expect(values[name] == value, "\(name)") }
    }

    @Test("A running server takes over what may change, and is told what needs a restart")
    func adoption() throws {
        var running = try #require(resolved("port", "6379"))
        var newer = running
        newer.clientsMax = 5
        newer.idleTimeout = .milliseconds(1_500)
        newer.logLevel = "debug"
        newer.port = 1
        newer.logFile = "/l"
        newer.datasets.append(DatasetPath(name: "e", path: "/e"))
        let before = running
        let (changed, needRestart) = running.adoptChangeable(from: newer)
        #expect(changed == ["idle-timeout", "clients-max", "log-level"])
        #expect(needRestart == ["datasets", "port", "log-file"])
        #expect(running.clientsMax == 5)
        #expect(running.idleTimeout == .milliseconds(1_500))
        #expect(running.port == before.port)
        #expect(running.adoptChangeable(from: running) == ([], []))
    }

    @Test("Users and a password that are not given any more are there no more, and no client changes users")
    func removal() throws {
        let plain = try #require(resolved("port", "6379"))
        var running = plain
        running.access.users = "user a on"
        running.access.password = "pw"
        #expect(running.configurationPairs().contains { $0.name == "users" && $0.value == "(hidden)" })
        #expect(throws: SettingRefusal.refused(name: "users", reason: "can't set immutable config")) {
            _ = try running.change([(name: "users", value: "user b on")])
        }
        var newer = running
        newer.access.users = "user b on"
        #expect(running.adoptChangeable(from: newer) == (["users"], []))
        #expect(running.access.users == "user b on")
        #expect(running.adoptChangeable(from: plain) == (["password", "users"], []))
        #expect(running.access == plain.access)
    }
}

private func == (left: (changed: [String], needRestart: [String]), right: ([String], [String])) -> Bool {
    left.changed == right.0 && left.needRestart == right.1
}
