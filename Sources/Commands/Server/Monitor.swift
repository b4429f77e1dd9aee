import Bytes
import RESP
import ServerMetrics
import Synchronization

/// How many clients watch everybody's requests; any thread.
public final class MonitorRegistry: Sendable {
    private let count = Atomic<Int>(0)

    /// Whether anybody does: looked at once a turn, so that it costs nothing where nobody does.
    public var isActive: Bool { count.load(ordering: .relaxed) > 0 }

    fileprivate func change(by difference: Int) { count.add(difference, ordering: .relaxed) }
}

/// That one session is a monitor, for as long as it is.
final class Monitoring {
    private let context: SessionContext

    init(_ context: SessionContext, id: Int) {
        self.context = context
        context.server.monitors.change(by: 1)
        context.metrics.monitorClients.add(1, ordering: .relaxed)
        // It may have been one before.
        if !context.monitorIDs.contains(id) { context.monitorIDs.append(id) }
        context.isMonitored = true
    }

    deinit {
        context.server.monitors.change(by: -1)
        context.metrics.monitorClients.subtract(1, ordering: .relaxed)
    }
}

extension SessionContext {
    /// Hands over the lines that this loop's requests have made.
    public func passOnMonitored() {
        guard !monitorLines.isEmpty else { return }
        onMonitored(monitorLines.span.copied())
        monitorLines.release()
    }

    /// Adds the line of a request to what monitors are shown.
    ///
    /// - Parameters:
    ///   - session: Whose request it is, in the state that it has left.
    ///   - writeArguments: Writes each argument by ``appendArgument(_:)``.
    fileprivate func addLine(of session: Session, _ writeArguments: (SessionContext) -> Void) {
        let time = unixMicroseconds()
        monitorLines.append(UInt8(ascii: "+"))
        monitorLines.append(decimal: UInt(time / 1_000_000))
        monitorLines.append(".")
        let fraction = String(time % 1_000_000)
        for _ in fraction.utf8.count..<6 { monitorLines.append(UInt8(ascii: "0")) }
        monitorLines.append(fraction)
        monitorLines.append(" [")
        monitorLines.append(decimal: UInt(session.database))
        monitorLines.append(" ")
        monitorLines.append(monitoredAddress(of: session.id))
        monitorLines.append("]")
        writeArguments(self)
        monitorLines.append("\r\n")
        if monitorLines.count > Self.monitorLinesMax { passOnMonitored() }
    }

    /// The address in Redis's form, which for Unix sockets is not the one of `CLIENT LIST`.
    private func monitoredAddress(of id: Int) -> String {
        if let latest = latestMonitored, latest.id == id { return latest.address }
        var address = addressOfClient(id)
        if address.hasPrefix("/") { address = "unix:" + address.prefix { $0 != ":" } }
        latestMonitored = (id, address)
        return address
    }

    /// Adds an argument in quotes, with what is not printable as Redis shows it.
    fileprivate func appendArgument(_ argument: Span<UInt8>) {
        monitorLines.append(" \"")
        let shown = min(argument.count, Self.argumentBytesMax)
        for index in 0..<shown { appendQuoted(argument[index]) }
        if shown < argument.count { monitorLines.append("... (\(argument.count - shown) more bytes)") }
        monitorLines.append("\"")
    }

    private func appendQuoted(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\\"): monitorLines.append("\\\\")
        case UInt8(ascii: "\""): monitorLines.append("\\\"")
        case UInt8(ascii: "\n"): monitorLines.append("\\n")
        case UInt8(ascii: "\r"): monitorLines.append("\\r")
        case UInt8(ascii: "\t"): monitorLines.append("\\t")
        case 7: monitorLines.append("\\a")
        case 8: monitorLines.append("\\b")
        case UInt8(ascii: " ")...UInt8(ascii: "~"): monitorLines.append(byte)
        default:
            monitorLines.append("\\x")
            monitorLines.append(Self.digits[Int(byte >> 4)])
            monitorLines.append(Self.digits[Int(byte & 15)])
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)
    /// Bytes of an argument that are shown, so that a large one is not formatted for long.
    private static let argumentBytesMax = 16 << 10
    /// Bytes of lines that wait for the end of a turn.
    private static let monitorLinesMax = 256 << 10
}

extension Session {
    /// Whether the client is shown what others ask for.
    public var isMonitor: Bool { monitoring != nil }

    /// Whether the client may be silent for as long as it likes, as it only listens.
    public var isListening: Bool { isSubscribed || isMonitor }

    /// Takes lines of requests, whole, to be sent between two replies.
    ///
    /// - Returns: Whether the session is still a monitor.
    public func takeMonitored(_ lines: [UInt8]) -> Bool {
        followAccess()
        guard isMonitor, !isEnding, !isRevoked else { return false }
        if muting != .all { push(.monitored(lines)) }
        return true
    }

    /// `MONITOR`.
    func monitor(_ plan: ReplyPlan) {
        if isReplaying {
            return replyError(plan, "ERR MONITOR isn't allowed for DENY BLOCKING client" as StaticString)
        }
        // As in Redis, who is a monitor already gets no reply.
        guard monitoring == nil else { return }
        monitoring = Monitoring(context, id: id)
        updateOrdinary()
        ok(plan)
    }

    /// Whether a command is refused because the client is a monitor, as in Redis, where monitors count as replicas.
    func isForbiddenToMonitor(_ command: CommandRow) -> Bool {
        isMonitor && command.flags.contains(.readonly)
    }

    /// Shows a request that has been performed to the monitors, unless it is one that they must not see.
    @inline(never)
    func showToMonitors(_ command: CommandRow, _ request: borrowing Request) {
        guard command.flags.isDisjoint(with: [.admin, .skipMonitor]) else { return }
        if command.action == .exec, let replay {
            // What it executes is shown first.
            replay.monitoredName = request[0].copied()
            return
        }
        let shown = min(request.count, Self.monitoredArgumentsMax)
        context.addLine(of: self) { context in
            var secrets = Secrets(of: command, argumentCount: request.count)
            context.appendArgument(request[0])
            for index in 1..<max(shown, 1) {
                if secrets.cover(index, request[index]) {
                    context.monitorLines.append(" \"")
                    context.monitorLines.append(Secrets.replacement)
                    context.monitorLines.append("\"")
                } else {
                    context.appendArgument(request[index])
                }
            }
            if shown < request.count {
                context.monitorLines.append(" \"... (\(request.count - shown) more arguments)\"")
            }
        }
    }

    /// Shows an `EXEC` once what it executes has been shown.
    func showToMonitors(executed name: [UInt8]) {
        guard context.isMonitored else { return }
        context.addLine(of: self) { $0.appendArgument(name.span) }
    }

    private static let monitoredArgumentsMax = 1_024
}

extension ErrorReply {
    static let monitorReads: StaticString = "ERR Replica can't interact with the keyspace"
}
