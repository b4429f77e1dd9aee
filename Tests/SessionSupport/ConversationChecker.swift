import Glibc

/// Follows what one client sent and got, and says where a promise was broken.
///
/// Replies are in order and of the protocol in force; each is of a version that was served between its request and
/// itself, never of an older one than the reply before; all of EXEC is of one version; and where the client tracks,
/// an invalidation stands between replies of different versions.
struct ConversationChecker {
    typealias Bytes = [UInt8]

    /// A request, and how often a version had been published when it was sent.
    struct Sent {
        var request: [Bytes]
        var epoch: Int
    }

    enum Muting { case none, all, next }

    /// What is known of the connection between two requests.
    struct State {
        var isRESP3 = false
        var database = 0
        var queue: [[Bytes]]?
        var isSpoilt = false
        var subscribed: [Set<Bytes>] = [[], [], []]
        var muting = Muting.none
        /// Whether every change of version is pushed to the client; false also where that is not known.
        var isTracking = false
        /// The epochs that all replies since the last invalidation can be of; `nil` for any.
        var sinceInvalidation: Set<Int>?

        var isRestricted: Bool { !isRESP3 && subscribed.contains { !$0.isEmpty } }
    }

    private let received: Bytes
    /// The number of each dataset's version, by epoch.
    let history: [[Int]]
    private let epochOfReply: (Int) -> Int
    private var offset = 0
    private var epochMin = 0
    var state = State()
    /// The latest requests, for whoever has to find out what went wrong.
    private var latest: [String] = []
    /// Whether HELLO took effect somewhere between replies that were left out, among which there may be messages.
    var isProtocolUncertain = false

    init(received: Bytes, history: [[Int]], epochOfReply: @escaping (Int) -> Int) {
        self.received = received
        self.history = history
        self.epochOfReply = epochOfReply
    }

    /// Goes through the replies to everything `sent`.
    ///
    /// - Parameters:
    ///   - sent: In the order of sending.
    ///   - isCut: Whether the client left before it had everything.
    mutating func check(_ sent: [Sent], isCut: Bool) {
        for each in sent {
            latest = latest.suffix(11)
            latest.append(each.request.prefix(6).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " "))
            guard follow(each, isCut: isCut) else { return }
        }
        while offset < received.count {
            guard let tree = nextTree(isCut: isCut) else { return }
            require(takePush(tree), "more than was asked for")
        }
    }

    private func require(_ condition: Bool, _ promise: @autoclosure () -> String) {
        if condition { return }
        let before = String(decoding: received[max(0, offset - 200)..<offset], as: UTF8.self)
        let after = String(decoding: received[offset..<min(received.count, offset + 100)], as: UTF8.self)
        print(
            "\(promise()), at \(latest.reversed().joined(separator: " < ")), RESP\(state.isRESP3 ? 3 : 2), \(state.muting), queued "
                + "\(state.queue?.count ?? -1), subscribed to \(state.subscribed.map(\.count)), after "
                + "\(before.debugDescription), before \(after.debugDescription)")
        fflush(nil)  // An optimised build stops without a word.
        preconditionFailure(promise())
    }

    /// - Returns: False where the replies end here, as the client left.
    private mutating func follow(_ sent: Sent, isCut: Bool) -> Bool {
        let name = String(decoding: sent.request[0], as: UTF8.self).uppercased()
        if isUnanswered(sent.request, name) {
            applySilently(sent.request, name)
            return true
        }
        if name == "RESET" { state.muting = .none }
        var tree: ReplyTree
        repeat {
            guard offset < received.count else {
                require(isCut, "no reply")
                return false
            }
            guard let next = nextTree(isCut: isCut) else { return false }
            tree = next
        } while takePush(tree)
        isProtocolUncertain = false
        let epochMax = epochOfReply(offset)
        require(epochMax >= sent.epoch, "a reply before its request")
        let possible = Set(max(sent.epoch, epochMin)...max(epochMax, epochMin)).filter { epoch in
            var trial = self
            return trial.apply(tree, to: sent.request, name, epoch, isQueuedNow: false)
        }
        guard let epoch = possible.min() else {
            require(false, "no version from \(max(sent.epoch, epochMin)) to \(epochMax) gives this reply")
            return false
        }
        _ = apply(tree, to: sent.request, name, epoch, isQueuedNow: false)
        return notes(possible, tree, name, isCut: isCut, sent.request)
    }

    /// Takes down what a reply tells of versions, and reads the confirmations that follow a first one.
    private mutating func notes(
        _ possible: Set<Int>, _ tree: ReplyTree, _ name: String, isCut: Bool, _ request: [Bytes]
    ) -> Bool {
        epochMin = max(epochMin, possible.min() ?? 0)
        if state.isTracking, state.isRESP3, Self.tellsOfVersions(name), !tree.isLine("+QUEUED") {
            state.sinceInvalidation = state.sinceInvalidation.map { $0.intersection(possible) } ?? possible
            require(state.sinceInvalidation?.isEmpty == false, "another version's reply without an invalidation")
        }
        guard Self.isSubscription(name), !tree.isError, !tree.isLine("+QUEUED") else { return true }
        return confirm(tree, request, name, isCut: isCut)
    }

    private static func tellsOfVersions(_ name: String) -> Bool {
        ["GET", "MGET", "EXISTS", "TOUCH", "STRLEN", "TYPE", "TTL", "GETRANGE", "EXEC"].contains(name)
    }

    static func isSubscription(_ name: String) -> Bool {
        ["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"].contains(name)
    }

    private mutating func nextTree(isCut: Bool) -> ReplyTree? {
        do throws(ReplyChecker.Failure) {
            let (tree, end) = try ReplyChecker.tree(in: received, at: offset)
            offset = end
            return tree
        } catch {
            require(isCut && error == .truncated, "no RESP: \(error)")
            return nil
        }
    }

    /// Whether `tree` is a message rather than a reply, which is then dealt with.
    private mutating func takePush(_ tree: ReplyTree) -> Bool {
        guard tree.marker == UInt8(ascii: ">") || tree.marker == UInt8(ascii: "*"), let first = tree.children.first
        else { return false }
        let word = String(decoding: first.text, as: UTF8.self)
        guard ["message", "pmessage", "invalidate", "tracking-redir-broken"].contains(word) else { return false }
        let isPush = tree.marker == UInt8(ascii: ">")
        require(isPush == state.isRESP3 || isProtocolUncertain, "a message of the other protocol")
        if isPush, word == "invalidate" { state.sinceInvalidation = nil }
        return true
    }

    /// Reads the confirmations behind the first: one for each name.
    private mutating func confirm(_ first: ReplyTree, _ request: [Bytes], _ name: String, isCut: Bool) -> Bool {
        let place = Self.place(of: name)
        let isEnd = name.contains("UNSUB")
        var names: [Bytes?] = Array(request.dropFirst())
        if names.isEmpty { names = Array(state.subscribed[place]) }
        if names.isEmpty { names = [nil] }
        var tree = first
        var told: Set<Bytes> = []
        for number in names.indices {
            if number > 0 {
                guard let next = nextTree(isCut: isCut) else { return false }
                tree = next
            }
            let isConfirmation = tree.children.count == 3 && tree.children[0].text == Bytes(name.lowercased().utf8)
            require(isConfirmation, "no confirmation")
            require(tree.marker == UInt8(ascii: state.isRESP3 ? ">" : "*"), "a confirmation of the other protocol")
            let confirmed = tree.children[1].text
            told.insert(confirmed)
            if isEnd { state.subscribed[place].remove(confirmed) } else { state.subscribed[place].insert(confirmed) }
            let count =
                place == 2 ? state.subscribed[2].count : state.subscribed[0].count + state.subscribed[1].count
            require(tree.children[2].text == Bytes("\(count)".utf8), "a wrong count of subscriptions")
        }
        require(names == [nil] || told == Set(names.compactMap(\.self)), "another name is confirmed")
        return true
    }
}
