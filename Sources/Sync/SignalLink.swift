internal import Datasets
internal import Platform

/// Tells a server by SIGHUP, and reads its answer from the data directory that both see.
struct SignalLink: ServerLink {
    let pidFile: String
    let directory: DataDirectory
    let control: SyncControl

    func announce(
        _ id: String, until deadline: Deadline, whileAbsent absence: Deadline
    ) throws(SyncError) -> ServerAnswer {
        var pauses = Pauses()
        var signalled: RunningProcess?
        var answersBefore = 0
        var silence = ""
        while true {
            let process = try SyncError.system("cannot read \(pidFile)") { () throws(SystemError) in
                try RunningProcess(pidFile: pidFile)
            }
            // A server that was started after `current` changed serves the version without having been told.
            if let answer = try answer(id, from: process) { return answer }
            if process == nil { silence = "\(pidFile) is not there, or holds no process id of a server" }
            if let process, process != signalled {
                answersBefore = try record(of: process)?.triggersAnswered ?? 0
                silence = try signal(process)
                if silence.isEmpty { signalled = process }
            }
            if let process, process == signalled {
                let record = try record(of: process)
                silence = "process \(process.id) was sent SIGHUP; its last word: \(record?.outcome ?? "none")"
                if let record, record.triggersAnswered > answersBefore, record.outcome.hasPrefix("failed: \(id): ") {
                    throw SyncError(.unreachable, silence)
                }
            }
            let isTold = process != nil && process == signalled
            let end = isTold ? deadline : min(absence, deadline)
            guard !end.isOver else {
                throw SyncError(.unreachable, "no server has taken up version \(id): \(silence)")
            }
            try control.pause(min(pauses.take(), end.remaining))
        }
    }

    /// - Returns: Why it was not signalled; empty where it was.
    private func signal(_ process: RunningProcess) throws(SyncError) -> String {
        // A pid file outlives a machine that crashed, and its number is somebody else's by then.
        if let name = process.commandName, !name.hasPrefix("almanac") {
            return "process \(process.id) of \(pidFile) is \(name), no almanac: SIGHUP goes only to a process whose "
                + "name, in /proc/\(process.id)/comm, begins with almanac"
        }
        let isThere = try SyncError.system("cannot signal process \(process.id)") { () throws(SystemError) in
            try process.sendReload()
        }
        return isThere ? "" : "process \(process.id) of \(pidFile) is not running"
    }

    private func answer(_ id: String, from process: RunningProcess?) throws(SyncError) -> ServerAnswer? {
        try SyncError.disk { () throws(DataDirectoryError) in
            if let refusal = try directory.refusal(of: id) { return .refused(refusal) }
            // What a server wrote that is gone since says nothing of the one that has taken its place.
            guard let record = try directory.servingRecord(), record.versionID == id,
                record.processID == process?.id
            else { return nil }
            return .serving(record.outcome)
        }
    }

    private func record(of process: RunningProcess) throws(SyncError) -> ServingRecord? {
        let record = try SyncError.disk { () throws(DataDirectoryError) in try directory.servingRecord() }
        return record?.processID == process.id ? record : nil
    }
}
