import Bytes
import RESP

/// Client-side caching: `CLIENT TRACKING` and what belongs to it.
extension Session {
    /// Whether the client, or one that it names, is to be told that another version is being served.
    public var isTracking: Bool { tracking != nil }

    /// Another version is being served: has the client told that all it has cached is out of date.
    ///
    /// The message comes behind every reply of the version before, and in front of every one of the new version.
    public func invalidateCache() {
        if tracking != nil { push(.invalidation) }
    }

    /// The same, for a client that has named this one to be told instead of it.
    public func takeInvalidation() {
        if !isEnding { push(.redirectedInvalidation) }
    }

    func setTracking(_ request: borrowing Request, _ plan: ReplyPlan) throws(CommandError) {
        let directory = context.server.directory
        let wanted = try TrackingRequest(request) { directory.place(of: $0) != nil }
        tracking = try wanted.apply(to: tracking, context.metrics)
        updateOrdinary()
        // What a transaction that began before a swap still reads is out of date when it ends.
        if let pinnedVersions, zip(pinnedVersions, currentVersions).contains(where: { $0 !== $1 }) { invalidateCache() }
        ok(plan)
    }

    func setCaching(_ request: borrowing Request, _ plan: ReplyPlan) throws(CommandError) {
        guard let tracking else {
            throw CommandError(ErrorReply.cachingWithoutTracking)
        }
        if request[2].equalsIgnoringCase("yes") {
            guard tracking.mode == .optIn else { throw CommandError(ErrorReply.cachingWithoutOptIn) }
            tracking.isNextCached = true
        } else if request[2].equalsIgnoringCase("no") {
            guard tracking.mode == .optOut else { throw CommandError(ErrorReply.cachingWithoutOptOut) }
            tracking.isNextCached = false
        } else {
            throw CommandError(ErrorReply.syntax)
        }
        updateOrdinary()
        ok(plan)
    }

    func writeTrackingInfo(_ plan: ReplyPlan) {
        reply(plan) { reply in
            let flags = tracking?.flags ?? ["off"]
            reply.map(count: 3)
            reply.bulk("flags" as StaticString)
            reply.set(count: flags.count)
            for flag in flags { reply.bulk(flag) }
            reply.bulk("redirect" as StaticString)
            reply.integer(redirectionNumber)
            reply.bulk("prefixes" as StaticString)
            let prefixes = tracking?.prefixes.sorted ?? []
            reply.array(count: prefixes.count)
            for prefix in prefixes { reply.bulk(prefix.span) }
        }
    }

    /// As `CLIENT GETREDIR` tells it: -1 without tracking, 0 where the client itself is told.
    var redirectionNumber: Int { tracking.map { $0.redirection ?? 0 } ?? -1 }

    /// Writes the message for a client that tracks, or has another told; nothing in RESP2, which has no place for it.
    func writeInvalidation(to output: inout ReplyWriter) {
        guard let tracking else { return }
        if let other = tracking.redirection {
            if let place = context.server.directory.place(of: other) {
                context.onRedirectedInvalidation(place)
            } else {
                tracking.isRedirectionBroken = true
                guard protocolVersion == .resp3 else { return }
                output.push(count: 2)
                output.bulk("tracking-redir-broken" as StaticString)
                output.integer(other)
            }
        } else if protocolVersion == .resp3 {
            Self.writeInvalidationPush(to: &output)
        }
    }

    /// Writes the message for a client that another has named: in RESP2, as a message of a channel.
    func writeRedirectedInvalidation(to output: inout ReplyWriter) {
        if protocolVersion == .resp3 {
            Self.writeInvalidationPush(to: &output)
        } else if isSubscribed {
            output.array(count: 3)
            output.bulk("message" as StaticString)
            output.bulk("__redis__:invalidate" as StaticString)
            output.null()
        }
    }

    private static func writeInvalidationPush(to output: inout ReplyWriter) {
        output.push(count: 2)
        output.bulk("invalidate" as StaticString)
        output.null()
    }
}
