internal import Commands
internal import Datasets
internal import Logging
internal import Platform
internal import Settings

extension SwapMachine {
    func verify(_ database: Int, _ version: String?, _ answer: @escaping DatasetState.Answer) {
        do throws(DataDirectoryError) {
            let state = datasets[database]
            let place = if let version { try state.path.version(version) } else { state.served.place }
            guard let verifying = state.verifying else {
                return beginVerifying(database, place, isBackground: false, [answer])
            }
            guard verifying.place == place else {
                return answer(.error("ERR \(verifying.place.id) of this dataset is being verified; try again later"))
            }
            datasets[database].verifying?.answers.append(answer)
        } catch {
            answer(.error("ERR \(error)"))
        }
    }

    /// Hashes the version being served, where that has not been done: neither a start nor a way back waits for it.
    func verifyInBackground(_ database: Int) {
        let state = datasets[database]
        let isWanted =
            switch (settings.verify, state.served.verification) {
            case (.full, .sizes), (.full, .sealed), (.sealed, .sizes): true
            case (_, .none), (_, .full), (_, .damaged), (.sealed, .sealed), (.off, _): false
            }
        guard isWanted, state.verifying == nil else { return }
        beginVerifying(database, state.served.place, isBackground: true, [])
    }

    private func beginVerifying(
        _ database: Int, _ place: VersionPlace, isBackground: Bool, _ answers: [DatasetState.Answer]
    ) {
        let messages = parts.messages
        do throws(SystemError) {
            let thread = try Verifying(place, database: database) { outcome in
                _ = messages.push(.verified(database: database, outcome), isBounded: false)
            }
            datasets[database].verifying = DatasetState.Verification(
                thread: thread, place: place, isBackground: isBackground, answers: answers)
        } catch {
            for answer in answers { answer(.error("ERR \(error)")) }
        }
    }

    func verified(_ database: Int, _ outcome: Verifying.Outcome) {
        guard let verifying = datasets[database].verifying.take() else { return }
        verifying.thread.join()
        let id = verifying.place.id
        let metadata: Logger.Metadata = ["dataset": "\(datasets[database].dataset.name)", "version": "\(id)"]
        let isServed = verifying.place == datasets[database].served.place
        switch outcome {
        case .sound(let files, let bytes, let milliseconds):
            let found = ["files": "\(files)", "bytes": "\(bytes)", "milliseconds": "\(milliseconds)"]
            logger.info("verified", metadata: metadata.merging(found.mapValues { "\($0)" }) { old, _ in old })
            if isServed { datasets[database].served.verification = .full }
            publishFacts()
            let text = "OK \(id) is sound: \(files) files, \(bytes) bytes, \(milliseconds) ms"
            for answer in verifying.answers { answer(.ok(text)) }
        case .damaged(let problems):
            let list = problems.map(\.description).joined(separator: "; ")
            damaged(database, verifying, isServed: isServed, list)
        case .failed(let reason):
            logger.error("not verified", metadata: metadata.merging(["cause": "\(reason)"]) { old, _ in old })
            for answer in verifying.answers { answer(.error("ERR \(id) could not be verified: \(reason)")) }
        case .cancelled:
            for answer in verifying.answers { answer(.error("ERR \(id) is being served no longer; ask again")) }
        }
        // Another version may have come to be served meanwhile.
        if !isServed { verifyInBackground(database) }
    }

    /// A version that is not being served goes to quarantine; one that is, is left if nobody asked, for then nobody
    /// would act on the answer.
    private func damaged(
        _ database: Int, _ verifying: DatasetState.Verification, isServed: Bool, _ problems: String
    ) {
        let id = verifying.place.id
        noteDamage(database, of: id, isServed: isServed, problems)
        if isServed {
            let name = datasets[database].dataset.name
            logger.critical("damaged", metadata: ["dataset": "\(name)", "version": "\(id)", "cause": "\(problems)"])
            datasets[database].served.verification = .damaged
            datasets[database].lastRefusal = datasets[database].served.refusal(.damaged, problems)
            announce(
                SwapEvent(
                    event: .refusal, dataset: name, version: id, previous: id, kind: Refusal.Kind.damaged.rawValue,
                    reason: problems))
        } else {
            refuse(database, verifying.place, .damaged, problems)
        }
        publishFacts()
        for answer in verifying.answers { answer(.error("DAMAGED \(id): \(problems)")) }
        if isServed, verifying.isBackground { leaveDamaged(database, problems) }
    }

    /// Goes back from a version that turned out damaged after the start, where there is one to go back to.
    func leaveDamaged(_ database: Int, _ reason: String) {
        let state = datasets[database]
        guard let directory = state.path.dataDirectory, state.served.place.isInDataDirectory else { return }
        // A pin is to a good version.
        var choice = try? rollbackChoice(state, directory)
        choice?.pinnedID = nil
        guard let target = try? choice?.target(), let place = try? state.path.version(target) else {
            return logger.critical(
                "a damaged version is being served: there is no other",
                metadata: ["dataset": "\(state.dataset.name)", "version": "\(state.served.id)"])
        }
        callOffSwap(database, because: "damage of \(state.served.id)")
        stage(
            database, place,
            DatasetState.Swap(
                cause: .rollback, place: place, answers: [], refusalOfLeft: state.served.refusal(.damaged, reason)))
    }
}
