import Bytes
import RESP
import ServerMetrics
import Synchronization

/// How a client wants to be told that what it has cached is out of date.
///
/// A version never changes, so there is no table of who has read which key: everything is out of date at once,
/// when another version begins to be served. Belongs to the session's loop.
final class Tracking {
    /// Which of the keys it reads a client says that it caches; all modes are told the same.
    enum Mode: Equatable {
        case reads, optIn, optOut, broadcast
    }

    fileprivate(set) var mode = Mode.reads
    fileprivate(set) var prefixes = TrackingPrefixes()
    fileprivate(set) var isNoLoop = false
    /// The number of the client that gets the messages instead.
    fileprivate(set) var redirection: Int?
    /// Whether that client was found to be gone.
    var isRedirectionBroken = false
    /// What `CLIENT CACHING` said of the next request.
    var isNextCached: Bool?
    private let metrics: LoopMetrics

    fileprivate init(_ metrics: LoopMetrics) {
        self.metrics = metrics
        metrics.trackingClients.add(1, ordering: .relaxed)
    }

    deinit { metrics.trackingClients.subtract(1, ordering: .relaxed) }

    /// Redis's words for the state, as `CLIENT TRACKINGINFO` lists them.
    var flags: [StaticString] {
        var flags: [StaticString] = ["on"]
        switch mode {
        case .reads: break
        case .broadcast: flags.append("bcast")
        case .optIn:
            flags.append("optin")
            if isNextCached == true { flags.append("caching-yes") }
        case .optOut:
            flags.append("optout")
            if isNextCached == false { flags.append("caching-no") }
        }
        if isNoLoop { flags.append("noloop") }
        if isRedirectionBroken { flags.append("broken_redirect") }
        return flags
    }
}

/// The arguments of `CLIENT TRACKING`, read but not yet held against the state.
struct TrackingRequest {
    let isOn: Bool
    private var redirection: Int?
    private var prefixes: [[UInt8]] = []
    private var isBroadcast = false
    private var isOptIn = false
    private var isOptOut = false
    private var isNoLoop = false

    /// - Parameters:
    ///   - request: Of three arguments at least.
    ///   - isConnected: Whether there is a client of a number.
    /// - Throws: What to reply instead, in Redis's order of checks.
    init(_ request: borrowing Request, isConnected: (Int) -> Bool) throws(CommandError) {
        var index = 3
        while index < request.count {
            let word = request[index]
            let hasMore = index + 1 < request.count
            if word.equalsIgnoringCase("redirect"), hasMore {
                index += 1
                if redirection != nil { throw CommandError(ErrorReply.severalRedirections) }
                guard let id = Int(decimal: request[index]) else { throw CommandError(ErrorReply.notAnInteger) }
                guard isConnected(id) else { throw CommandError(ErrorReply.noRedirection) }
                redirection = id
            } else if word.equalsIgnoringCase("bcast") {
                isBroadcast = true
            } else if word.equalsIgnoringCase("optin") {
                isOptIn = true
            } else if word.equalsIgnoringCase("optout") {
                isOptOut = true
            } else if word.equalsIgnoringCase("noloop") {
                isNoLoop = true
            } else if word.equalsIgnoringCase("prefix"), hasMore {
                index += 1
                guard prefixes.count < TrackingPrefixes.countMax else {
                    throw CommandError(ErrorReply.tooManyPrefixes)
                }
                prefixes.append([UInt8](copying: request[index]))
            } else {
                throw CommandError(ErrorReply.syntax)
            }
            index += 1
        }
        if request[2].equalsIgnoringCase("on") {
            isOn = true
        } else if request[2].equalsIgnoringCase("off") {
            isOn = false
        } else {
            throw CommandError(ErrorReply.syntax)
        }
    }

    /// Makes the state that is asked for out of the one that is.
    ///
    /// - Throws: What to reply instead where the two do not go together, with nothing changed.
    func apply(to current: Tracking?, _ metrics: LoopMetrics) throws(CommandError) -> Tracking? {
        guard isOn else { return nil }
        if !isBroadcast, !prefixes.isEmpty { throw CommandError(ErrorReply.prefixWithoutBroadcast) }
        if let current, (current.mode == .broadcast) != isBroadcast {
            throw CommandError(ErrorReply.switchesBroadcast)
        }
        if isBroadcast, isOptIn || isOptOut { throw CommandError(ErrorReply.broadcastWithOptions) }
        if isOptIn, isOptOut { throw CommandError(ErrorReply.optInAndOut) }
        if isOptIn && current?.mode == .optOut || isOptOut && current?.mode == .optIn {
            throw CommandError(ErrorReply.switchesOption)
        }
        var all = current?.prefixes ?? TrackingPrefixes()
        if isBroadcast {
            // A broadcast without prefixes is one of everything.
            if prefixes.isEmpty { all.addEmpty() } else { try all.add(prefixes) }
        }
        let tracking = current ?? Tracking(metrics)
        tracking.mode = isBroadcast ? .broadcast : isOptIn ? .optIn : isOptOut ? .optOut : .reads
        tracking.prefixes = all
        tracking.isNoLoop = isNoLoop
        tracking.redirection = redirection
        tracking.isRedirectionBroken = false
        return tracking
    }
}

extension ErrorReply {
    static let severalRedirections: StaticString = "ERR A client can only redirect to a single other client"
    static let noRedirection: StaticString = "ERR The client ID you want redirect to does not exist"
    static let prefixWithoutBroadcast: StaticString = "ERR PREFIX option requires BCAST mode to be enabled"
    static let switchesBroadcast: StaticString = """
        ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it \
        with a different mode.
        """
    static let broadcastWithOptions: StaticString = "ERR OPTIN and OPTOUT are not compatible with BCAST"
    static let optInAndOut: StaticString = "ERR You can't specify both OPTIN mode and OPTOUT mode"
    static let switchesOption: StaticString = """
        ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it \
        with a different mode.
        """
    static let cachingWithoutTracking: StaticString = """
        ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled
        """
    static let cachingWithoutOptIn: StaticString =
        "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
    static let cachingWithoutOptOut: StaticString =
        "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."
}
