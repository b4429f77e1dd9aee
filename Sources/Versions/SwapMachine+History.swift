internal import Commands
internal import Datasets
internal import Platform

extension SwapMachine {
    /// Notes that a version serves from now on.
    func noteSwap(_ database: Int, _ cause: DatasetState.Swap.Cause, previous: String, _ phases: SwapPhases) {
        let served = datasets[database].served
        var entry = entry(database, .swapped, cause.inHistory, of: served.id, phases)
        entry.previousID = previous
        entry.keyCount = served.keyCount
        datasets[database].history.note(entry)
    }

    /// Notes that a version did not come to be served.
    func noteFailure(
        _ database: Int, _ swap: DatasetState.Swap, _ failure: AdmissionFailure, _ phases: SwapPhases
    ) {
        var entry = entry(database, .failed, swap.cause.inHistory, of: swap.target, phases)
        if case .refused(let kind, let reason) = failure {
            entry.outcome = .refused
            entry.kind = kind.rawValue
            entry.reason = bounded(reason)
        } else {
            entry.reason = bounded(failure.reason)
        }
        datasets[database].history.note(entry)
    }

    /// Notes that a version is wanted no longer.
    func noteCalledOff(_ database: Int, _ swap: DatasetState.Swap, because reason: String) {
        var entry = entry(database, .calledOff, swap.cause.inHistory, of: swap.target, nil)
        entry.reason = bounded(reason)
        datasets[database].history.note(entry)
    }

    /// Notes that bytes of a version were found to be wrong.
    func noteDamage(_ database: Int, of id: String, isServed: Bool, _ reason: String) {
        var entry = entry(database, isServed ? .damaged : .refused, .verification, of: id, nil)
        entry.kind = Refusal.Kind.damaged.rawValue
        entry.reason = bounded(reason)
        datasets[database].history.note(entry)
    }

    private func entry(
        _ database: Int, _ outcome: SwapHistory.Outcome, _ cause: SwapHistory.Cause, of id: String,
        _ phases: SwapPhases?
    ) -> SwapHistory.Entry {
        SwapHistory.Entry(
            outcome: outcome, cause: cause, versionID: id, previousID: datasets[database].served.id,
            unixMilliseconds: Clock.wallMicroseconds() / 1_000, milliseconds: phases?.totalMilliseconds ?? 0,
            phases: phases?.facts ?? [])
    }

    private func bounded(_ reason: String) -> String {
        guard reason.utf8.count > SwapHistory.Entry.reasonBytesMax else { return reason }
        // A character that is cut in two is shown as one that cannot be read.
        return String(decoding: reason.utf8.prefix(SwapHistory.Entry.reasonBytesMax), as: UTF8.self) + "…"
    }
}

extension DatasetState.Swap.Cause {
    fileprivate var inHistory: SwapHistory.Cause {
        switch self {
        case .reload: .reload
        case .rollback: .rollback
        case .pin: .pin
        }
    }
}
