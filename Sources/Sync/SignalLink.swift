internal import Datasets
internal import Platform

/// Tells a server by SIGHUP, and reads its answer from the data directory that both see.
struct SignalLink: ServerLink {
    let pidFile: String
    let directory: DataDirectory
    let control: SyncControl

    func announce(_ id: String, until deadline: Deadline) throws(SyncError) -> ServerAnswer {
        var pauses = Pauses()
        var signalled: RunningProcess?
        var silence = "\(pidFile) is missing"
        while true {
            // A server that was started after `current` changed serves the version without having been told.
            if let answer = try answer(id) { return answer }
            guard !deadline.isOver else {
                throw SyncError(.unreachable, "no server has taken up version \(id): \(silence)")
            }
            let process = try SyncError.system("cannot read \(pidFile)") { () throws(SystemError) in
                try RunningProcess(pidFile: pidFile)
            }
            if let process, process != signalled {
                silence = try signal(process)
                if silence.isEmpty {
                    signalled = process
                    silence = "process \(process.id) was sent SIGHUP and has not answered in time"
                }
            }
            try control.pause(min(pauses.take(), deadline.remaining))
        }
    }

    /// - Returns: Why it was not signalled; empty where it was.
    private func signal(_ process: RunningProcess) throws(SyncError) -> String {
        // A pid file outlives a machine that crashed, and its number is somebody else's by then.
        if let name = process.commandName, !name.hasPrefix("almanac") {
            return "process \(process.id) of \(pidFile) is \(name), no almanac"
        }
        let isThere = try SyncError.system("cannot signal process \(process.id)") { () throws(SystemError) in
            try process.sendReload()
        }
        return isThere ? "" : "process \(process.id) of \(pidFile) is not running"
    }

    private func answer(_ id: String) throws(SyncError) -> ServerAnswer? {
        try SyncError.disk { () throws(DataDirectoryError) in
            if let refusal = try directory.refusal(of: id) { return .refused(refusal) }
            guard let record = try directory.servingRecord(), record.versionID == id,
                RunningProcess(id: record.processID)?.commandName != nil || !isLocal(record)
            else { return nil }
            return .serving(record.outcome)
        }
    }

    /// Whether the record was written by the process that the pid file names.
    private func isLocal(_ record: ServingRecord) -> Bool {
        // Without a pid file nothing is known of who wrote the record, and it is believed.
        ((try? RunningProcess(pidFile: pidFile)) ?? nil)?.id == record.processID
    }
}
