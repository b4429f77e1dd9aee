internal import Commands
internal import Datasets
internal import Logging
internal import Platform
internal import Settings

extension SwapMachine {
    func handle(_ request: DatasetRequest, _ answer: @escaping DatasetState.Answer) {
        guard let database = request.database ?? (request.action == .list ? 0 : nil), datasets.indices ~= database
        else { return answer(.error("ERR no such dataset")) }
        switch request.action {
        case .list: answer(.list(datasets.indices.map(summary)))
        case .status: answer(status(database))
        case .versions: answer(versions(database))
        case .reload(let isForced):
            reload(database, DatasetState.Trigger(isForced: isForced, answers: [answer]))
        case .rollback(let version): rollBack(database, to: version, answer)
        case .pin(let version): pin(database, to: version, answer)
        case .unpin: unpin(database, answer)
        case .verify(let version): verify(database, version, answer)
        }
    }

    // MARK: Going back

    private func rollBack(_ database: Int, to version: String?, _ answer: @escaping DatasetState.Answer) {
        let state = datasets[database]
        guard let directory = state.path.dataDirectory, state.served.place.isInDataDirectory else {
            return answer(.error("ERR \(state.dataset.path) is no data directory, so there is no other version"))
        }
        do throws(DataDirectoryError) {
            var choice = try directory.rollbackChoice()
            // What is left is what is being served, which may not be what was announced last.
            choice.currentID = state.served.id
            choice.parentID = state.served.manifest?.parent
            let target: String
            do throws(RollbackObstacle) {
                target = try choice.target(version)
            } catch {
                return answer(.error("ERR \(error)"))
            }
            leave(database, for: target, in: directory, .rolledBack, "DATASET ROLLBACK to \(target)")
            callOffSwap(database, because: "DATASET ROLLBACK to \(target)")
            stage(
                database, try state.path.version(target),
                DatasetState.Swap(cause: .rollback, target: target, answers: [answer]))
        } catch {
            answer(.error("ERR \(error)"))
        }
    }

    /// Puts the version being served in quarantine, and has `current` lead to another.
    ///
    /// What cannot be written is told in the log: the swap itself matters more.
    private func leave(
        _ database: Int, for target: String, in directory: DataDirectory, _ kind: Refusal.Kind, _ reason: String
    ) {
        let served = datasets[database].served
        let refusal = Refusal(
            versionID: served.id, kind: kind, reason: reason, refusedAt: .now, by: "almanac serve",
            manifestSHA256: served.manifestSHA256)
        datasets[database].refusals[served.id] = refusal
        datasets[database].lastRefusal = refusal
        do throws(DataDirectoryError) {
            try directory.rollBack(to: target, refusal)
        } catch {
            logger.warning(
                "the data directory still announces the version left",
                metadata: ["dataset": "\(datasets[database].dataset.name)", "cause": "\(error)"])
        }
    }

    /// Gives up what is being opened; those who wait for it are told.
    private func callOffSwap(_ database: Int, because reason: String) {
        guard let swap = datasets[database].swap else { return }
        datasets[database].swap = nil
        if let staging = datasets[database].staging.take() {
            staging.cancellation.cancel()
            datasets[database].abandoned.append(staging)
        }
        for answer in swap.answers { answer(.error("ERR \(swap.target) was called off by \(reason)")) }
    }

    // MARK: Pins

    private func pin(_ database: Int, to version: String?, _ answer: @escaping DatasetState.Answer) {
        let state = datasets[database]
        guard let directory = state.path.dataDirectory, state.served.place.isInDataDirectory else {
            return answer(.error("ERR \(state.dataset.path) is no data directory, so there is no other version"))
        }
        let id = version ?? state.served.id
        do throws(DataDirectoryError) {
            if let refusal = state.refusal(of: id) {
                let text = "\(id) is quarantined (\(refusal.kind.rawValue): \(refusal.reason))"
                return answer(.error("REFUSED \(text)"))
            }
            let place = try state.path.version(id)
            try directory.setPin(Pin(versionID: id, pinnedAt: .now))
            try directory.setCurrent(id)
            refreshPin(database)
            logger.notice("pinned", metadata: ["dataset": "\(state.dataset.name)", "version": "\(id)"])
            callOffSwap(database, because: "DATASET PIN \(id)")
            guard id != state.served.id else {
                let text = "the dataset stays with \(id) until it is unpinned"
                return finish(database, [answer], .ok("OK " + text), outcome: text)
            }
            stage(database, place, DatasetState.Swap(cause: .pin, target: id, answers: [answer]))
        } catch {
            answer(.error("ERR \(error)"))
        }
    }

    private func unpin(_ database: Int, _ answer: DatasetState.Answer) {
        let state = datasets[database]
        do throws(DataDirectoryError) {
            guard let directory = state.path.dataDirectory, try directory.pin() != nil else {
                return answer(.ok("OK the dataset was not pinned"))
            }
            try directory.setPin(nil)
            datasets[database].pinnedID = nil
            logger.notice("unpinned", metadata: ["dataset": "\(state.dataset.name)"])
            answer(.ok("OK \(state.served.id) goes on being served until a version is announced"))
        } catch {
            answer(.error("ERR \(error)"))
        }
    }

    // MARK: Verification

    private func verify(_ database: Int, _ version: String?, _ answer: @escaping DatasetState.Answer) {
        guard datasets[database].verifying == nil else {
            return answer(.error("ERR a version of this dataset is being verified already"))
        }
        do throws(DataDirectoryError) {
            let state = datasets[database]
            let place = if let version { try state.path.version(version) } else { state.served.place }
            beginVerifying(database, place, [answer])
        } catch {
            answer(.error("ERR \(error)"))
        }
    }

    /// After the start, so that the start need not wait for it.
    func verifyInBackground(_ database: Int) {
        guard datasets[database].served.verification == .sizes, settings.verify == .sealed else { return }
        beginVerifying(database, datasets[database].served.place, [])
    }

    private func beginVerifying(_ database: Int, _ place: VersionPlace, _ answers: [DatasetState.Answer]) {
        let messages = parts.messages
        do throws(SystemError) {
            let thread = try Verifying(place, database: database) { outcome in
                _ = messages.push(.verified(database: database, outcome), isBounded: false)
            }
            datasets[database].verifying = (thread, answers)
        } catch {
            for answer in answers { answer(.error("ERR \(error)")) }
        }
    }

    func verified(_ database: Int, _ outcome: Verifying.Outcome) {
        guard let (thread, answers) = datasets[database].verifying else { return }
        thread.join()
        datasets[database].verifying = nil
        let name = datasets[database].dataset.name
        let isServed = outcome.id == datasets[database].served.place.id
        switch outcome {
        case .sound(let id, let files, let bytes, let milliseconds):
            logger.info(
                "verified",
                metadata: [
                    "dataset": "\(name)", "version": "\(id)", "files": "\(files)", "bytes": "\(bytes)",
                    "milliseconds": "\(milliseconds)",
                ])
            if isServed { datasets[database].served.verification = .full }
            publishFacts()
            for answer in answers {
                answer(.ok("OK \(id) is sound: \(files) files, \(bytes) bytes, \(milliseconds) ms"))
            }
        case .damaged(let id, let problems):
            let list = problems.map(\.description).joined(separator: "; ")
            logger.critical("damaged", metadata: ["dataset": "\(name)", "version": "\(id)", "cause": "\(list)"])
            for answer in answers { answer(.error("DAMAGED \(id): \(list)")) }
            if isServed, answers.isEmpty { leaveDamaged(database, list) }
        case .failed(let id, let reason):
            logger.error("not verified", metadata: ["dataset": "\(name)", "version": "\(id)", "cause": "\(reason)"])
            for answer in answers { answer(.error("ERR \(id) could not be verified: \(reason)")) }
        }
    }

    /// Goes back from a version that turned out damaged after the start, where there is one to go back to.
    private func leaveDamaged(_ database: Int, _ reason: String) {
        let state = datasets[database]
        guard let directory = state.path.dataDirectory, state.served.place.isInDataDirectory,
            var choice = try? directory.rollbackChoice()
        else { return }
        choice.currentID = state.served.id
        choice.pinnedID = nil
        guard let target = try? choice.target(), let place = try? state.path.version(target) else {
            return logger.critical(
                "a damaged version is being served: there is no other",
                metadata: ["dataset": "\(state.dataset.name)", "version": "\(state.served.id)"])
        }
        leave(database, for: target, in: directory, .damaged, reason)
        callOffSwap(database, because: "damage of \(state.served.id)")
        stage(database, place, DatasetState.Swap(cause: .rollback, target: target, answers: []))
    }
}
