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
            let choice = try rollbackChoice(state, directory)
            let target: String
            do throws(RollbackObstacle) {
                target = try choice.target(version)
            } catch {
                return answer(.error("ERR \(error)"))
            }
            let place = try state.path.version(target)
            let reason = "DATASET ROLLBACK to \(target)"
            callOffSwap(database, because: reason)
            stage(
                database, place,
                DatasetState.Swap(
                    cause: .rollback, place: place, answers: [answer],
                    refusalOfLeft: state.served.refusal(.rolledBack, reason)))
        } catch {
            answer(.error("ERR \(error)"))
        }
    }

    /// What there is to go back to from the version being served, which may not be what was announced last.
    func rollbackChoice(
        _ state: DatasetState, _ directory: DataDirectory
    ) throws(DataDirectoryError) -> RollbackChoice {
        RollbackChoice(
            currentID: state.served.id, parentID: state.served.manifest?.parent,
            versionIDs: try directory.versionIDs(),
            refusals: try directory.refusals() + state.unrecordedRefusals.values.map(\.refusal),
            pinnedID: try directory.pin()?.versionID)
    }

    /// Puts a version that was served until now in quarantine, and has `current` lead to the one being served.
    ///
    /// - Returns: What an operator must know where that cannot be written: the swap itself matters more.
    func leave(_ database: Int, _ left: ServedVersion, _ refusal: Refusal) -> String? {
        datasets[database].lastRefusal = refusal
        let served = datasets[database].served.id
        guard let directory = datasets[database].path.dataDirectory else { return nil }
        do throws(DataDirectoryError) {
            try directory.rollBack(to: served, refusal)
            return nil
        } catch {
            datasets[database].unrecordedRefusals[left.id] = (refusal, left.place)
            logger.warning(
                "the way back is not on record",
                metadata: ["dataset": "\(datasets[database].dataset.name)", "cause": "\(error)"])
            // Half of it is better than nothing: the next start looks at `current`.
            let isAnnounced = (try? directory.setCurrent(served)) != nil
            let consequence =
                isAnnounced ? "a sidecar may take \(left.id) up again" : "a restart serves \(left.id) again"
            return "this is not on record (\(error)): \(consequence)"
        }
    }

    /// Gives up what is being opened; those who wait for it are told.
    func callOffSwap(_ database: Int, because reason: String) {
        guard let swap = datasets[database].swap else { return }
        datasets[database].swap = nil
        if let staging = datasets[database].staging.take() {
            staging.cancellation.cancel()
            datasets[database].abandoned.append(staging)
        }
        let name = datasets[database].dataset.name
        logger.notice(
            "swap called off",
            metadata: ["dataset": "\(name)", "version": "\(swap.target)", "cause": "\(reason)"])
        restore(database, swap.before)
        noteCalledOff(database, swap, because: reason)
        publishFacts()
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
            let place = try state.path.version(id)
            if let refusal = state.refusal(of: place) {
                let text = "\(id) is quarantined (\(refusal.kind.rawValue): \(refusal.reason))"
                return answer(.error("REFUSED \(text)"))
            }
            callOffSwap(database, because: "DATASET PIN \(id)")
            // A `current` that leads nowhere is nothing to go back to.
            let before = (pin: try directory.pin(), currentID: (try? directory.currentVersionID()) ?? nil)
            do throws(DataDirectoryError) {
                try directory.setPin(Pin(versionID: id, pinnedAt: .now))
                try directory.setCurrent(id)
            } catch {
                restore(database, before)
                return finish(database, [answer], .error("ERR \(error)"), outcome: "failed: \(error)")
            }
            refreshPin(database)
            logger.notice("pinned", metadata: ["dataset": "\(state.dataset.name)", "version": "\(id)"])
            guard place != state.served.place else {
                let text = "the dataset stays with \(id) until it is unpinned"
                return finish(database, [answer], .ok("OK " + text), outcome: text)
            }
            stage(
                database, place,
                DatasetState.Swap(cause: .pin, place: place, answers: [answer], before: before))
        } catch {
            answer(.error("ERR \(error)"))
        }
    }

    /// Takes back what a pin that came to nothing had said.
    func restore(_ database: Int, _ before: (pin: Pin?, currentID: String?)?) {
        guard let before, let directory = datasets[database].path.dataDirectory else { return }
        do throws(DataDirectoryError) {
            try directory.setPin(before.pin)
            if let id = before.currentID { try directory.setCurrent(id) }
        } catch {
            logger.warning(
                "a pin is not taken back",
                metadata: ["dataset": "\(datasets[database].dataset.name)", "cause": "\(error)"])
        }
        refreshPin(database)
    }

    private func unpin(_ database: Int, _ answer: DatasetState.Answer) {
        let state = datasets[database]
        do throws(DataDirectoryError) {
            guard let directory = state.path.dataDirectory, try directory.pin() != nil else {
                return answer(.ok("OK the dataset was not pinned"))
            }
            try directory.setPin(nil)
            datasets[database].pinnedID = nil
            publishFacts()
            logger.notice("unpinned", metadata: ["dataset": "\(state.dataset.name)"])
            answer(.ok("OK \(state.served.id) goes on being served until a version is announced"))
        } catch {
            answer(.error("ERR \(error)"))
        }
    }
}
