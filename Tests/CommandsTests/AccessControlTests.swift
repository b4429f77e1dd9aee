import Datasets
import RESP
import SessionSupport
import Synchronization
import TestSupport
import Testing

@testable import Commands

/// The rules of a user who has been given these, in this order.
private func rules(_ given: String...) throws -> AccessRules {
    var rules = AccessRules(.standard)
    for rule in given { try rules.apply(Array(rule.utf8), .standard) }
    return rules
}

@Suite("The rules of users")
struct AccessRulesTests {
    @Test("Rules are shown so that they could be given again, commands in the order that they came in")
    func description() throws {
        let cases: [([String], String)] = [
            ([], "off resetchannels -@all"),
            (["on", "nopass", "~*", "&*", "+@all"], "on nopass ~* &* +@all"),
            (
                ["+@all", "-@dangerous", "+config|get", "-client", "+client|id"],
                "off resetchannels +@all -@dangerous +config|get -client +client|id"
            ),
            (["%R~a", "%W~b", "%RW~c", "%w~a"], "off ~a %W~b ~c resetchannels -@all"),
            (["+get", "+@read", "-get"], "off resetchannels -@all +@read -get"),
            (["+client|id", "+client|list", "-client"], "off resetchannels -@all -client"),
            (["+GET|Foo", "+get|foo"], "off resetchannels -@all +get|foo"),
            (
                ["(~x +get)", "(%R~y)", "&a", "&a"],
                "off resetchannels &a -@all (~x resetchannels -@all +get) (%R~y resetchannels -@all)"
            ),
            (["(+get)", "clearselectors", "reset"], "off sanitize-payload resetchannels -@all"),
            (["db=3,1", "db=2"], "off resetchannels db=1,2,3 -@all"),
            (["db=1", "resetdbs"], "off resetchannels resetdbs -@all"),
            (["db=1", "alldbs"], "off resetchannels -@all"),
        ]
        for (given, expected) in cases {
            var rules = AccessRules(.standard)
            for rule in given { try rules.apply(Array(rule.utf8), .standard) }
            #expect(text(rules.text) == expected, "\(given)")
            // What is shown makes the same user.
            var again = AccessRules(.standard)
            let words = rules.text.split(separator: UInt8(ascii: " ")).map { Array($0) }
            for rule in try AccessRules.joined(words) { try again.apply(rule, .standard) }
            #expect(again.text == rules.text)
            #expect(again.selectors.map(\.commands) == rules.selectors.map(\.commands), "\(given)")
        }
    }

    @Test(
        "What is no rule changes nothing",
        arguments: [
            ("+nosuch", AccessRuleError.unknownCommand), ("-get|x", .unknownCommand),
            ("+config|nosuch", .unknownCommand),
            ("+@nosuch", .unknownCommand), ("+config|get|x", .firstArgumentOfSubcommand), ("+get|", .syntax),
            ("%X~a", .syntax), ("%~a", .syntax), ("%R", .syntax), ("~a b", .syntax), ("&a b", .syntax),
            ("nosuch", .syntax),
            ("x)", .syntax), ("(nopass)", .syntax), ("<nosuch", .unknownPassword), ("#zz", .badHash), ("!zz", .badHash),
            ("db=", .syntax), ("db=x", .syntax), ("db=-1", .syntax), ("db=1,,2", .syntax), ("db=99999", .syntax),
        ])
    func refusals(rule: String, error: AccessRuleError) throws {
        var rules = try rules("on", "~k*", "+get")
        let before = rules.text
        #expect(throws: error) { try rules.apply(Array(rule.utf8), .standard) }
        #expect(rules.text == before)
    }

    @Test("A rule is of a prefix only where its star is none that is escaped")
    func prefixes() {
        for (pattern, isPrefix) in [
            ("user:*", true), ("*", true), ("user:\\*", false), ("a\\\\*", false), ("a**", false), ("a?*", false),
            ("a", false),
        ] {
            let rule = KeyRule(Array(pattern.utf8), .all)
            #expect(rule.isPrefix == isPrefix, "\(pattern)")
        }
        let isCovered = KeyRule(Array("user:\\*".utf8), .all).coversKeys(beginningWith: "user:*".utf8.span)
        #expect(!isCovered)
    }

    @Test("What is known of keys without a look at the rules is what the rules say", arguments: 0...20)
    func knownKeys(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let patterns = ["a*", "%R~*", "ab*", "b", "?b*", "a\\*", "%R~b*", "%W~*", "ba**", "[ab]*"]
        for _ in 0..<40 {
            var rules = AccessRules(.standard)
            for _ in 0..<random.pick(1...4) {
                let pattern = patterns[random.pick(0...(patterns.count - 1))]
                let rule = pattern.hasPrefix("%") ? pattern : "~" + pattern
                let command = ["+get", "-get", "+mget", "db=1"][random.pick(0...3)]
                let text = random.oneIn(2) ? "(\(rule) \(command))" : rule
                try rules.apply(Array(text.utf8), .standard)
                if random.oneIn(3) { try rules.apply(Array(command.utf8), .standard) }
            }
            let user = AccessUser(Array("u".utf8), identity: 1, rules)
            let get = try #require(CommandTable.standard.find(fullName: Array("get".utf8)))
            let known = KeyPrefixes(user, database: 0, get)
            let selectors = rules.selectors.filter { $0.allows(database: 0) && $0.allows(get, firstArgument: nil) }
            for key in ["", "a", "ab", "abc", "a*", "b", "bb", "ba", "c", "*"] {
                let isAllowed = selectors.contains { $0.allows(key: key.utf8.span, .read) }
                let isKnown = known?.cover(key.utf8.span) ?? false
                if isKnown { #expect(isAllowed, "\(text(rules.text)) \(key)") }
                let isPlain = selectors.contains { selector in
                    selector.keyRules.contains { $0.isPrefix && $0.access.contains(.read) && $0.matches(key.utf8.span) }
                }
                if isPlain { #expect(isKnown, "\(text(rules.text)) \(key)") }
            }
        }
    }

    @Test("A pattern behind all keys, or all channels, is a mistake")
    func patternsAfterAll() throws {
        var rules = try rules("allkeys", "allchannels")
        #expect(throws: AccessRuleError.patternAfterAllKeys) { try rules.apply(Array("~a".utf8), .standard) }
        #expect(throws: AccessRuleError.patternAfterAllChannels) { try rules.apply(Array("&a".utf8), .standard) }
    }

    @Test("One user cannot have rules without end")
    func length() throws {
        var rules = AccessRules(.standard)
        #expect(throws: AccessRuleError.tooLong) {
            for number in 0..<10_000 { try rules.apply(Array("~pattern:\(number)".utf8), .standard) }
        }
    }

    @Test("Every category that is allowed is forbidden again without a trace")
    func categories() throws {
        for (_, name) in CommandCategories.names {
            let rules = try rules("+\(name)", "-\(name)")
            #expect(
                rules.selectors[0].commands == CommandSet(commandCount: CommandTable.standard.commands.count), "\(name)"
            )
        }
    }
}

@Suite("The users of a server")
struct AccessRegistryTests {
    @Test("A password is its user's alone, and none is anybody's who is off")
    func passwords() throws {
        let registry = AccessRegistry(.standard)
        registry.setUser(Array("a".utf8)) { rules in
            rules.isEnabled = true
            rules.passwords = [SHA256.digest(of: "one".utf8.span), SHA256.digest(of: "two".utf8.span)]
        }
        registry.setUser(Array("off".utf8)) { $0.passwords = [SHA256.digest(of: "one".utf8.span)] }
        for (name, password, isRight) in [
            ("a", "one", true), ("a", "two", true), ("a", "three", false), ("a", "", false), ("off", "one", false),
            ("nobody", "one", false), ("nobody", "", false), ("", "", false), ("default", "anything", true),
        ] {
            #expect(
                (registry.user(named: name, password: password)?.printableName == name) == isRight,
                "\(name) \(password)")
        }
        #expect(registry.denialCount(.login) == 6)
    }

    @Test("A file of users is taken as a whole or not at all")
    func file() throws {
        let registry = AccessRegistry(.standard)
        let everybody = "user default on nopass ~* &* +@all\n"
        let text = TextBox("user a on nopass +get ~k*\n\n# comment\n  user b off  \n" + everybody)
        registry.file = AccessRegistry.UsersFileAccess(
            path: "/u", read: { () throws(AccessRegistry.FileFailure) in Array(text.value.utf8) },
            write: { (_) throws(AccessRegistry.FileFailure) in throw AccessRegistry.FileFailure(reason: "full") })
        try registry.load()
        #expect(registry.current.sorted.map(\.printableName) == ["a", "b", "default"])
        #expect(registry.current.defaultUser.isUnrestricted)
        let before = registry.current.sorted.map(\.line)
        text.value = "user a on +nosuch\nuser a on\nx\n"
        let failure = #expect(throws: AccessRegistry.LoadFailure.self) { try registry.load() }
        #expect(
            failure?.text == """
                /u:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. WARNING: \
                Duplicate user 'a' found on line 2. /u:3 should start with user keyword followed by the username. \
                WARNING: ACL errors detected, no change to the previously active ACL rules was performed
                """)
        #expect(registry.current.sorted.map(\.line) == before)
        #expect(throws: AccessRegistry.FileFailure.self) { try registry.save() }
        // Who would be let in must be said.
        for cut in ["", "# nothing\n", "user a on\n"] {
            text.value = cut
            let failure = #expect(throws: AccessRegistry.LoadFailure.self) { try registry.load() }
            #expect(failure?.text.contains("says nothing of the user default") == true)
            #expect(registry.current.sorted.map(\.line) == before)
        }
        text.value = "user default on nopass\n"
        registry.setDefaultPassword(AccessRegistry.DefaultPassword("pw"))
        #expect(throws: AccessRegistry.LoadFailure.self) { try registry.load() }
    }

    @Test("The same refusal within a minute is one entry of the log, and the log has its bound")
    func log() {
        let log = AccessLog()
        func entry(_ object: String, at seconds: UInt64) -> AccessLog.Entry {
            AccessLog.Entry(
                .key, isInTransaction: false, object: Array(object.utf8), username: [], time: seconds * 1_000_000_000,
                client: "")
        }
        for second: UInt64 in [0, 1, 60] { log.add(entry("k", at: second)) }
        #expect(log.entries(9).map(\.count) == [3])
        log.add(entry("k", at: 121))
        #expect(log.entries(9).map(\.count) == [1, 3])
        log.configure(countMax: 5)
        for number in 0..<20 { log.add(entry("\(number)", at: 121)) }
        #expect(log.entries(9).map { text($0.object) } == ["19", "18", "17", "16", "15"])
        log.reset()
        #expect(log.entries(9).isEmpty)
    }
}

/// Text that a closure of another isolation may read.
private final class TextBox: Sendable {
    private let box: Mutex<String>
    init(_ value: String) { box = Mutex(value) }
    var value: String {
        get { box.withLock { $0 } }
        set { box.withLock { $0 = newValue } }
    }
}

@Suite("Sessions of users")
struct SessionAccessTests {
    private static let world = SessionWorld(SessionWorld.usual)

    private func lines(_ requests: String, prepare: (SessionDriver) -> Void = { _ in }) -> [String] {
        let bytes = Array((requests.replacing("|", with: "\r\n") + "\r\n").utf8)
        return Self.world.replies(to: bytes, prepare: prepare).split(separator: "\r\n").map(String.init)
    }

    @Test("New rules hold for the next request of the same pipeline, look-ups in a row too")
    func pipeline() {
        let denied = "-NOPERM this user has no permissions to access one of the keys used as arguments"
        #expect(
            lines("GET k|ACL SETUSER default resetkeys ~a*|GET k|GET k|ACL SETUSER default allkeys|GET k")
                == ["$1", "v", "+OK", denied, denied, "+OK", "$1", "v"])
        let command = "-NOPERM this user has no permissions to run the 'get' command"
        #expect(lines("ACL SETUSER default -get|GET k|STRLEN k|MGET k") == ["+OK", command, ":1", "*1", "$1", "v"])
    }

    @Test("A password that has been set is asked of those who come, not of those who are there")
    func password() {
        let registry = AccessRegistry(.standard)
        registry.setDefaultPassword(AccessRegistry.DefaultPassword("pw"))
        #expect(!registry.current.defaultUser.isOpen)
        let noauth = "-NOAUTH Authentication required."
        #expect(
            lines("GET k|RESET|GET k|AUTH no|AUTH pw|GET k") {
                $0.context.server.access.setDefaultPassword(AccessRegistry.DefaultPassword("pw"))
            } == [
                "$1", "v", "+RESET", noauth, "-WRONGPASS invalid username-password pair or user is disabled.", "+OK",
                "$1", "v",
            ])
    }

    @Test("The order of reasons is Redis's: what there is, how many, who asks, whether it may, whether it writes")
    func order() {
        let denied = "-NOPERM this user has no permissions to run the 'set' command"
        #expect(
            lines("ACL SETUSER default -set|NOSUCH|SET k|SET k v|DEL k").map { String($0.prefix(60)) }
                == [
                    "+OK", "-ERR unknown command 'NOSUCH', with args beginning with: ",
                    "-ERR wrong number of arguments for 'set' command", String(denied.prefix(60)),
                    "-READONLY You can't write against a read only replica.",
                ])
    }

    @Test("A user that is gone takes its sessions along, and a new one of the name has nothing to do with them")
    func deleted() {
        let driver = SessionDriver(Self.world.versions, clientCount: 2)
        driver.clients[0].send(request("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*"))
        #expect(driver.run())
        driver.clients[1].send(request("AUTH", "u", "x"))
        #expect(driver.run())
        driver.clients[0].send(
            request("ACL", "DELUSER", "u") + request("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*"))
        #expect(driver.run())
        driver.clients[1].send(request("GET", "k"))
        #expect(driver.run())
        #expect(text(driver.clients[1].received) == "+OK\r\n")
        #expect(driver.clients[1].session.isEnding)
    }
}
