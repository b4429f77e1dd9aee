import Testing

@testable import Settings

@Suite("Changes of settings in a running server")
struct SettingChangeTests {
    private static func outcome(_ changes: [(String, String)]) -> (ServerSettings, [String]?, SettingRefusal?) {
        var settings = ServerSettings(host: HostResources(coreCount: 2, memoryBytes: 1 << 30))
        do throws(SettingRefusal) {
            let changed = try settings.change(changes.map { (name: $0.0, value: $0.1) })
            return (settings, changed, nil)
        } catch {
            return (settings, nil, error)
        }
    }

    @Test("Both names reach the same setting, in any case, and what has that value already has not changed")
    func names() {
        let (settings, changed, _) = Self.outcome([
            ("MaxClients", "7"), ("idle-timeout", "2m"), ("tcp-keepalive", "300"),
        ])
        #expect(settings.clientsMax == 7 && settings.idleTimeout == .seconds(120))
        #expect(changed == ["idle-timeout", "clients-max"])
    }

    @Test("A mistake anywhere changes nothing, and names come before values")
    func mistakes() {
        let immutable = "can't set immutable config"
        let cases: [([(String, String)], SettingRefusal)] = [
            ([("maxclients", "x"), ("foo", "1")], .unknown(index: 1)),
            ([("databases", "4"), ("foo", "1")], .refused(name: "databases", reason: immutable)),
            ([("databases", "1")], .refused(name: "databases", reason: immutable)),
            ([("dir", "")], .refused(name: "dir", reason: "can't set protected config")),
            ([("timeout", "1"), ("PORT", "1")], .refused(name: "port", reason: immutable)),
            ([("timeout", "1"), ("timeout", "1")], .refused(name: "timeout", reason: "duplicate parameter")),
            (
                [("timeout", "1"), ("maxclients", "0")],
                .refused(name: "maxclients", reason: "argument must be between 1 and 1000000 inclusive")
            ),
            (
                [("timeout", "1"), ("argument-size-max", "x")],
                .refused(name: "argument-size-max", reason: "argument must be a memory value")
            ),
            (
                [("log-level", "verbose")],
                .refused(
                    name: "log-level",
                    reason: "argument(s) must be one of the following: "
                        + "trace, debug, info, notice, warning, error, critical")
            ),
            (
                [("maxmemory-clients", "101%")],
                .refused(
                    name: "maxmemory-clients", reason: "percentage argument must be less or equal to 100")
            ),
        ]
        let before = ServerSettings(host: HostResources(coreCount: 2, memoryBytes: 1 << 30))
        for (changes, expected) in cases {
            let (settings, _, refusal) = Self.outcome(changes)
            #expect(refusal == expected)
            #expect(settings == before)
        }
    }

    @Test("Names of Redis that stand for nothing take the value that they have, and no other")
    func constants() {
        #expect(Self.outcome([("appendonly", "no"), ("save", "")]).1 == [])
        #expect(
            Self.outcome([("appendonly", "yes")]).2
                == .refused(name: "appendonly", reason: "can't set immutable config"))
    }

    @Test("Values under Redis's names are read as Redis does")
    func values() {
        let (settings, changed, _) = Self.outcome([
            ("loglevel", "verbose"), ("client-output-buffer-limit", "normal 1mb 2mb 3 Pubsub 4mb 0 0 slave 0 0 0"),
            ("maxmemory-clients", "5%"),
        ])
        #expect(settings.logLevel == "info")
        #expect(settings.outputBufferBytesMax == 1 << 20 && settings.outputBufferSoftBytesMax == 2 << 20)
        #expect(settings.outputBufferSoftTime == .seconds(3))
        #expect(settings.pubsubBufferBytesMax == 4 << 20 && settings.pubsubBufferSoftBytesMax == 0)
        #expect(settings.clientsMemoryMax.bytes(of: 1_000) == 50)
        #expect(
            changed == [
                "output-buffer-max", "output-buffer-soft-max", "output-buffer-soft-time", "pubsub-buffer-max",
                "pubsub-buffer-soft-max", "pubsub-buffer-soft-time", "clients-memory-max",
            ])
    }

    @Test("A hard limit of 0 is none but the largest, and shown as 0")
    func noHardLimit() {
        let (settings, _, refusal) = Self.outcome([
            ("client-output-buffer-limit", "normal 0 0 0 pubsub 0 1mb 2")
        ])
        #expect(refusal == nil)
        #expect(settings.outputBufferBytesMax == 1 << 40 && settings.pubsubBufferBytesMax == 1 << 40)
        #expect(
            settings.configurationPairs().first { $0.name == "client-output-buffer-limit" }?.value
                == "normal 0 0 0 slave 268435456 67108864 60 pubsub 0 1048576 2")
    }

    @Test(
        "Limits of output buffers are refused in Redis's words",
        arguments: [
            ("normal 1mb 0", "Wrong number of arguments in buffer limit configuration."),
            ("foo 1mb 0 0", "Invalid client class specified in buffer limit configuration."),
            ("normal x 0 0", "Error in hard, soft or soft_seconds setting in buffer limit configuration."),
            ("pubsub 1 0 0", "the hard limit must be between 65536 and 1099511627776 inclusive"),
        ])
    func outputBuffers(value: String, reason: String) {
        #expect(
            Self.outcome([("client-output-buffer-limit", value)]).2
                == .refused(name: "client-output-buffer-limit", reason: reason))
    }
}
