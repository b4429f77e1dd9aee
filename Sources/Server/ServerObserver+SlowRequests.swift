public import Commands

extension ServerObserver {
    /// What `SLOWLOG` has, the newest first, with more of each than it tells.
    public var slowRequests: [SlowLog.Entry] { state.slowLog.entries(-1) }
}
