public import Commands

/// What threads besides the control thread may ask of a server, without changing anything or holding a loop up.
///
/// Good for as long as anyone keeps it; once the server has ended it tells of the last moment.
public struct ServerObserver: Sendable {
    let state: ServerState
    let group: LoopGroup
    let readers: ReaderPool
    let gatherer: FactsGatherer
    let refusedPasswords: LoginLog

    /// What `INFO` tells, gathered now from counters and files of `/proc`.
    public func facts() -> ServerFacts { state.facts() }
}

extension Server {
    /// For the admin server's threads.
    public var observer: ServerObserver {
        ServerObserver(
            state: state, group: group, readers: readers, gatherer: facts, refusedPasswords: refusedPasswords)
    }
}
