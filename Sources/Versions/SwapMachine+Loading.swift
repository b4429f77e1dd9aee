internal import Datasets
internal import Logging
internal import Platform
internal import Settings
internal import Storage

extension SwapMachine {
    /// Brings the rest of the version being served into memory, where its engine does that: neither a start nor a swap
    /// waits for all of it.
    func loadInBackground(_ database: Int) {
        let served = datasets[database].served
        for loading in datasets[database].loadings { loading.cancellation.cancel() }
        guard let residency = served.version.engine.residency, !residency.isComplete else { return }
        loadingNumber += 1
        let messages = parts.messages
        do throws(SystemError) {
            let loading = try Loading(
                served.version.engine, id: served.id, database: database, number: loadingNumber
            ) { number, outcome in
                _ = messages.push(.loaded(database: database, number: number, outcome), isBounded: false)
            }
            datasets[database].loadings.append(loading)
        } catch {
            logger.error("not loaded", metadata: ["version": "\(served.id)", "cause": "\(error)"])
        }
    }

    func loaded(_ database: Int, _ number: Int, _ outcome: Loading.Outcome) {
        guard let index = datasets[database].loadings.firstIndex(where: { $0.number == number }) else { return }
        let loading = datasets[database].loadings.remove(at: index)
        loading.join()
        let metadata: Logger.Metadata = ["dataset": "\(datasets[database].dataset.name)", "version": "\(loading.id)"]
        switch outcome {
        case .cancelled: break
        case .loaded(let residency, let milliseconds):
            let found: Logger.Metadata = [
                "bytes": "\(residency?.residentByteCount ?? 0)", "mode": "\(residency?.mode.rawValue ?? "")",
                "locked": "\(residency?.isLocked ?? false)", "milliseconds": "\(milliseconds)",
            ]
            logger.info("loaded", metadata: metadata.merging(found) { old, _ in old })
        case .failed(let error):
            logger.critical(
                "not all of a version can be read", metadata: metadata.merging(["cause": "\(error)"]) { $1 })
            let served = datasets[database].served
            guard error.kind == .damaged, served.id == loading.id, !loading.cancellation.isCancelled else { return }
            datasets[database].served.verification = .damaged
            datasets[database].lastRefusal = served.refusal(.damaged, error.message)
            noteDamage(database, of: served.id, isServed: true, error.message)
            leaveDamaged(database, error.message)
        }
    }
}
