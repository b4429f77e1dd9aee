public import Platform
public import Settings

/// How many clients the files and sockets that this process may have open are enough for.
///
/// Connections beyond that would take what a swap, a probe or the log needs, and would themselves hang unanswered.
public struct DescriptorBudget: Sendable, Equatable {
    /// Clients that may be connected at once; ``Int/max`` where the kernel sets no limit.
    public let clientsMax: Int
    /// Whether, with that many, another version may find too few descriptors to be opened.
    public let isShort: Bool

    /// Too few descriptors for a server, in one line for an operator.
    public struct Failure: Error, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// - Parameters:
    ///   - descriptors: As of when the datasets are open, and nothing else yet.
    ///   - settings: How many loops there are, whether there is an admin port, and how many clients are wanted.
    /// - Throws: ``Failure``, where there would be hardly a client beside what the server itself needs.
    public init(_ descriptors: ProcessDescriptors, _ settings: ServerSettings) throws(Failure) {
        try self.init(openMax: descriptors.openMax, openCount: descriptors.openCount, settings)
    }

    init(openMax: Int, openCount: Int, _ settings: ServerSettings) throws(Failure) {
        guard openMax < .max else {
            (clientsMax, isShort) = (.max, false)
            return
        }
        let own = openCount + Self.sparesCount + settings.loopCount * Self.perLoop + Self.adminCount(settings)
        let least = min(settings.clientsMax, Self.clientsMin)
        guard openMax - own >= least else {
            throw Failure(
                description: "this process may open \(openMax) files and sockets (ulimit -n, LimitNOFILE=), and needs "
                    + "\(own + least) to serve \(least) clients; clients-max \(settings.clientsMax) takes "
                    + "\(own + openCount * Self.otherVersions + settings.clientsMax)")
        }
        let left = openMax - own - openCount * Self.otherVersions
        isShort = left < least
        // Half for clients, and half for as much of another version.
        clientsMax = isShort ? max((openMax - own) / 2, least) : left
    }

    private static func adminCount(_ settings: ServerSettings) -> Int {
        guard settings.admin.port != 0 else { return 0 }
        return adminConnections * (settings.admin.usesTLS ? 3 : 1)
    }

    /// The version being staged and the one before may each have as many files open as there are now.
    private static let otherVersions = 2
    /// Its epoll, its waker, a listener for each address and port, and a connection that is accepted to be sent away.
    private static let perLoop = 8
    /// What the admin port takes at once (``HTTPLimits``); with TLS each is a connection and both ends of its relay.
    private static let adminConnections = 64
    /// For the log, records of refusals, files of users and certificates, verification, and what libraries open.
    private static let sparesCount = 48
    /// With fewer a server is of no use to a pool of clients.
    private static let clientsMin = 32
}
