import Bytes
import Glibc
import RESP
import Synchronization

extension Session {
    /// `DEBUG`: what test suites need of it, for those who may.
    func debug(_ request: borrowing Request, _ plan: ReplyPlan) throws(CommandError) {
        guard isDebugAllowed else { throw CommandError(Self.debugRefused) }
        let name = request[1]
        if name.equalsIgnoringCase("sleep"), request.count == 3 {
            // Redis takes what is not a number for 0, and does not wait without end either.
            let seconds = Double(String(copying: request[2])) ?? 0
            schedule(SleepJob(seconds: seconds.isFinite ? min(max(seconds, 0), Self.sleepSecondsMax) : 0))
        } else if name.equalsIgnoringCase("protocol"), request.count == 3 {
            try writeSample(String(copying: request[2]).lowercased(), plan)
        } else if name.equalsIgnoringCase("object"), request.count == 3 {
            compute(Computation(write: Self.describe), fromKeysAt: [2], request, plan)
        } else if name.equalsIgnoringCase("set-active-expire"), request.count == 3 {
            // Nothing expires, actively or not.
            ok(plan)
        } else if name.equalsIgnoringCase("help"), request.count == 2 {
            reply(plan) { reply in
                reply.array(count: Self.help.count)
                for line in Self.help { reply.simple(line) }
            }
        } else {
            throw CommandError(ErrorReply.subcommandArguments(request))
        }
    }

    /// Whether this client may use `DEBUG`.
    var isDebugAllowed: Bool {
        switch context.server.debugAccess {
        case .nobody: return false
        case .everybody: return true
        case .local:
            let address = context.addressOfClient(id)
            return ["127.", "[::1]", "::1", "/"].contains { address.hasPrefix($0) }
        }
    }

    /// A reply of the kind asked for, in the form that the client has chosen.
    private func writeSample(_ kind: String, _ plan: ReplyPlan) throws(CommandError) {
        if kind == "push", protocolVersion == .resp2 {
            throw CommandError("ERR RESP2 is not supported by this command")
        }
        guard Self.sampleKinds.contains(kind) else {
            throw CommandError(Self.unknownKind)
        }
        reply(plan) { Self.writeSample(kind, to: &$0) }
    }

    private static func writeSample(_ kind: String, to reply: inout ReplyWriter) {
        switch kind {
        case "integer": reply.integer(12_345)
        case "double": reply.double(3.141)
        case "null": reply.null()
        case "array", "set":
            if kind == "set" { reply.set(count: 3) } else { reply.array(count: 3) }
            for number in 0..<3 { reply.integer(number) }
        case "map":
            reply.map(count: 3)
            for number in 0..<3 {
                reply.integer(number)
                reply.boolean(number == 1)
            }
        case "attrib":
            if reply.version == .resp3 {
                reply.output.append("|1\r\n" as StaticString)
                reply.bulk("key-popularity" as StaticString)
                reply.array(count: 2)
                reply.bulk("key:123" as StaticString)
                reply.integer(90)
            }
            reply.bulk("Some real reply following the attribute" as StaticString)
        case "push":
            reply.push(count: 2)
            reply.bulk("server-cpu-usage" as StaticString)
            reply.integer(42)
            reply.bulk("Some real reply following the push reply" as StaticString)
        case "verbatim": reply.verbatim("This is a verbatim\nstring")
        case "true", "false": reply.boolean(kind == "true")
        case "bignum":
            if reply.version == .resp3 {
                reply.output.append("(1234567999999999999999999999999999999\r\n" as StaticString)
            } else {
                reply.bulk("1234567999999999999999999999999999999" as StaticString)
            }
        default: reply.bulk("Hello World" as StaticString)
        }
    }

    /// `DEBUG OBJECT`: what Redis would say of a string that it had loaded, without an address.
    private static let describe: @Sendable (FoundValues, inout ReplyWriter) -> Void = { values, reply in
        let text = values.withValue(0) { value in
            var encoding = value.count <= 44 ? "embstr" : "raw"
            if value.count <= 20, let number = Int(decimal: value), "\(number)".utf8.count == value.count {
                encoding = "int"
            }
            return "Value at:0x0 refcount:1 encoding:\(encoding) serializedlength:\(value.count + 1) lru:0 "
                + "lru_seconds_idle:0"
        }
        if let text { reply.simple(text) } else { reply.error("ERR no such key" as StaticString) }
    }

    private static let help = [
        "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "OBJECT <key>",
        "    Tells how Redis would hold the value of a key.",
        "PROTOCOL <type>",
        "    Gives a sample of a kind of reply: string, integer, double, bignum, null, array,",
        "    set, map, attrib, push, verbatim, true, false.",
        "SET-ACTIVE-EXPIRE <0|1>",
        "    Is taken and changes nothing, as no key expires.",
        "SLEEP <seconds>",
        "    Holds back the reply to this connection alone. Decimals allowed.",
        "HELP",
        "    Prints this help.",
    ]

    static let debugRefused: StaticString = """
        ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a \
        local connection, otherwise you need to set this option in the configuration file, and then restart the server.
        """
    private static let unknownKind: StaticString = """
        ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|\
        attrib|push|verbatim|true|false
        """
    private static let sampleKinds: Set<String> = [
        "string", "integer", "double", "bignum", "null", "array", "set", "map", "attrib", "push", "verbatim", "true",
        "false",
    ]
    private static let sleepSecondsMax = 3_600.0
}

/// `DEBUG SLEEP`: holds back the one connection that asked; every other goes on.
///
/// A reader sleeps for it, in slices so short that those who wait for the reader hardly notice.
private final class SleepJob: ReplyJob {
    private let end: ContinuousClock.Instant
    private let isCancelled = Atomic<Bool>(false)

    init(seconds: Double) { end = ContinuousClock.now + .seconds(seconds) }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    func runSlice() -> Bool {
        let left = end - ContinuousClock.now
        guard left > .zero, !isCancelled.load(ordering: .relaxed) else { return true }
        usleep(UInt32(min(left / .microseconds(1), Self.sliceMicroseconds)) + 1)
        return false
    }

    func appendReply(to output: inout ReplyWriter) { output.ok() }

    private static let sliceMicroseconds = 5_000.0
}
