internal import Commands
internal import Datasets
internal import Logging
internal import Platform
internal import Settings
internal import Synchronization

extension SwapMachine {
    // MARK: Reload

    /// Serves what is announced, if that is something new; a trigger during a swap waits for its end.
    func reload(_ database: Int, _ trigger: DatasetState.Trigger) {
        guard datasets[database].swap == nil else {
            var next = datasets[database].next ?? DatasetState.Trigger()
            next.add(trigger)
            datasets[database].next = next
            return
        }
        let state = datasets[database]
        do throws(DataDirectoryError) {
            refreshPin(database)
            let announced = try state.path.announced()
            let pinned = datasets[database].pinnedID
            let place =
                if let pinned, announced.isInDataDirectory { try state.path.pinned(to: pinned) } else { announced }
            if place == state.served.place {
                if trigger.isForced, pinned == nil, let refused = try turnedDown(state) {
                    // A sidecar has taken the announcement back; an operator knows better.
                    let directory = state.path.dataDirectory
                    let before = (pin: nil as Pin?, currentID: place.id as String?)
                    try directory?.setCurrent(refused.id)
                    return stage(
                        database, refused,
                        DatasetState.Swap(cause: .reload, place: refused, answers: trigger.answers, before: before),
                        isForced: true)
                }
                let isHeld = pinned != nil && announced != place
                let text =
                    isHeld
                    ? "\(state.served.id) goes on being served: the dataset is pinned to it, and \(announced.id) waits"
                    : "\(state.served.id) is being served already"
                logger.info("nothing to swap", metadata: ["dataset": "\(state.dataset.name)", "outcome": "\(text)"])
                return finish(database, trigger.answers, .ok("OK " + text), outcome: text)
            }
            if let refusal = state.refusal(of: place), refusal.isFinal,
                !(trigger.isForced && refusal.kind.canBeForced)
            {
                let advice = refusal.kind.canBeForced ? "; RELOAD with FORCE would serve it all the same" : ""
                let text =
                    "\(place.id): \(refusal.kind.rawValue): \(refusal.reason); it is quarantined\(advice); "
                    + "\(state.served.id) goes on being served"
                logger.warning("nothing to swap", metadata: ["dataset": "\(state.dataset.name)", "outcome": "\(text)"])
                return finish(database, trigger.answers, .error("REFUSED " + text), outcome: "refused: " + text)
            }
            stage(
                database, place,
                DatasetState.Swap(cause: .reload, place: place, answers: trigger.answers),
                isForced: trigger.isForced)
        } catch {
            datasets[database].counts.add(.failed)
            logger.error(
                "nothing to swap to", metadata: ["dataset": "\(state.dataset.name)", "cause": "\(error)"])
            finish(database, trigger.answers, .error("ERR \(error)"), outcome: "failed: \(error)")
        }
    }

    /// The version that a guard turned down last, where it is still there to be forced.
    private func turnedDown(_ state: DatasetState) throws(DataDirectoryError) -> VersionPlace? {
        guard state.served.place.isInDataDirectory, let directory = state.path.dataDirectory else { return nil }
        let refusals = try directory.refusals() + state.unrecordedRefusals.values.map(\.refusal)
        let guarded = refusals.filter { $0.kind == .guardrail }.sorted {
            $0.refusedAt.unixSeconds < $1.refusedAt.unixSeconds
        }
        guard let last = guarded.last, try directory.has(last.versionID) else { return nil }
        let place = try state.path.version(last.versionID)
        return last.isStill(of: place) ? place : nil
    }

    func refreshPin(_ database: Int) {
        // A pin that cannot be read stays as it was last known.
        guard let directory = datasets[database].path.dataDirectory else { return }
        do throws(DataDirectoryError) {
            datasets[database].pinnedID = try directory.pin()?.versionID
        } catch {
            logger.warning("the pin cannot be read", metadata: ["cause": "\(error)"])
        }
    }

    // MARK: Staging

    /// Begins to open a version, or takes one that is still open.
    func stage(_ database: Int, _ place: VersionPlace, _ swap: DatasetState.Swap, isForced: Bool = false) {
        var phases = SwapPhases()
        datasets[database].swap = swap
        let state = datasets[database]
        if let index = state.retired.firstIndex(where: { $0.served.place == place }) {
            let served = datasets[database].retired.remove(at: index).served
            phases.begin("adopt")
            return adopt(database, served, parts.audience.prepare(served.version), &phases, warmedKeys: 0)
        }
        logger.info(
            "opening",
            metadata: [
                "dataset": "\(state.dataset.name)", "version": "\(swap.target)", "cause": "\(swap.cause)",
                "path": "\(place.path)",
            ])
        let isReload = swap.cause == .reload
        // Whoever goes back is in a hurry, and to what has been served before: it is hashed behind the swap.
        let isReturn =
            swap.cause == .rollback && (place.id < state.served.id || place.id == state.served.manifest?.parent)
        let admission = Admission(
            dataset: state.dataset, settings: settings, trustedKeys: parts.trustedKeys, openEngine: parts.openEngine,
            openThreads: min(settings.openThreads, isReload ? Self.openThreadsBesideServing : settings.openThreads),
            verification: isReturn ? .off : settings.verify,
            predecessor: isReload && !isForced
                ? Admission.Predecessor(id: state.served.id, keyCount: state.served.keyCount) : nil,
            cancellation: SwapCancellation())
        let messages = parts.messages
        stagingNumber += 1
        do throws(SystemError) {
            datasets[database].staging = try Staging(
                admission, place, database: database, isUrgent: swap.cause == .rollback, audience: parts.audience,
                number: stagingNumber, phases: phases,
                onOpen: { [shared = parts.shared] open in shared.open.withLock { $0[database].append(open) } }
            ) { number, outcome in
                _ = messages.push(.staged(database: database, number: number, outcome), isBounded: false)
            }
        } catch {
            fail(database, .failed("\(error)"), phases)
        }
    }

    func staged(_ database: Int, _ number: Int, _ outcome: Staging.Outcome) {
        if let index = datasets[database].abandoned.firstIndex(where: { $0.number == number }) {
            let abandoned = datasets[database].abandoned.remove(at: index)
            abandoned.join()
            if let opened = abandoned.opened { close(opened, in: database) }
            return
        }
        let staging = datasets[database].staging.take()
        staging?.join()
        var phases = outcome.phases
        switch outcome.result {
        case .success(let (served, prepared)):
            phases.begin("adopt")
            adopt(database, served, prepared, &phases, warmedKeys: outcome.warmedKeys)
        case .failure(let failure):
            // Connections may have chosen it.
            if let opened = staging?.opened { close(opened, in: database) }
            fail(database, failure, phases)
        }
    }

    /// Has the loops answer from `served` from here on.
    private func adopt(
        _ database: Int, _ served: ServedVersion, _ prepared: any PreparedVersion, _ phases: inout SwapPhases,
        warmedKeys: Int
    ) {
        guard let swap = datasets[database].swap else { return }
        let replaced = datasets[database].served
        _ = parts.audience.adopt(prepared, in: database)
        phases.end()
        datasets[database].served = served
        datasets[database].servingSince = .now
        datasets[database].swapCount += 1
        datasets[database].counts.addSwap(
            swap.cause == .rollback ? .rolledBack : .swapped, phases, at: datasets[database].servingSince)
        tellEnd(database, served.id, "swapped", phases)
        let milliseconds = phases.totalMilliseconds
        datasets[database].lastSwap = (Int(ManifestTime.now.unixSeconds), milliseconds, phases.facts)
        noteSwap(database, swap.cause, previous: replaced.id, phases)
        datasets[database].unrecordedRefusals[served.id] = nil
        var unrecorded = release(database, served)
        if let refusal = swap.refusalOfLeft { unrecorded = leave(database, replaced, refusal) ?? unrecorded }
        retire(replaced, in: database)
        if let verifying = datasets[database].verifying, verifying.isBackground, verifying.place == replaced.place {
            verifying.thread.cancellation.cancel()
        }
        verifyInBackground(database)
        loadInBackground(database)
        let name = datasets[database].dataset.name
        logger.notice(
            "swapped",
            metadata: [
                "dataset": "\(name)", "version": "\(served.id)", "previous": "\(replaced.id)",
                "cause": "\(swap.cause)", "keys": "\(served.keyCount)", "verified": "\(served.verification.rawValue)",
                "milliseconds": "\(milliseconds)", "phases": "\(phases.text)", "warmed-keys": "\(warmedKeys)",
            ])
        announce(
            SwapEvent(
                event: swap.cause == .rollback ? .rollback : .swap, dataset: name, version: served.id,
                previous: replaced.id, keys: served.keyCount, milliseconds: milliseconds))
        datasets[database].swap = nil
        let text =
            "\(served.id) is being served, after \(replaced.id): \(served.keyCount) keys, \(milliseconds) ms "
            + "(\(phases.text))\(unrecorded.map { "; \($0)" } ?? "")"
        finish(database, swap.answers, .ok("OK " + text), outcome: text)
    }

    private func tellEnd(_ database: Int, _ version: String, _ outcome: String, _ phases: SwapPhases) {
        parts.audience.swapEnded(
            EndedSwap(
                dataset: datasets[database].dataset.name, version: version, outcome: outcome, steps: phases.spans))
    }

    /// Takes a version that serves now off the record of refusals: it was forced in.
    ///
    /// - Returns: What an operator must know where that cannot be written.
    private func release(_ database: Int, _ served: ServedVersion) -> String? {
        guard let directory = datasets[database].path.dataDirectory, served.place.isInDataDirectory else { return nil }
        do throws(DataDirectoryError) {
            try directory.release(served.id)
            return nil
        } catch {
            logger.warning("a refusal stays on record", metadata: ["version": "\(served.id)", "cause": "\(error)"])
            return "its refusal stays on record (\(error)), and a sidecar may announce another version"
        }
    }

    /// Goes on with the version being served.
    private func fail(_ database: Int, _ failure: AdmissionFailure, _ phases: SwapPhases) {
        guard let swap = datasets[database].swap else { return }
        tellEnd(database, swap.target, failure.reason, phases)
        datasets[database].swap = nil
        restore(database, swap.before)
        noteFailure(database, swap, failure, phases)
        let state = datasets[database]
        let serving = "\(state.served.id) goes on being served"
        var outcome = "failed: \(swap.target): \(failure.reason)"
        if case .refused(let kind, let reason) = failure {
            outcome = "refused: \(swap.target): \(kind.rawValue): \(reason)"
            datasets[database].counts.add(.refused)
            refuse(database, swap.place, kind, reason)
            if let left = swap.refusalOfLeft, left.kind == .damaged, swap.answers.isEmpty {
                leaveDamaged(database, left.reason)
            }
            let advice = kind.canBeForced ? "; RELOAD with FORCE would serve it all the same" : ""
            finish(
                database, swap.answers,
                .error("REFUSED \(swap.target): \(kind.rawValue): \(reason)\(advice); \(serving)"), outcome: outcome)
        } else {
            datasets[database].counts.add(.failed)
            logger.error(
                "swap failed",
                metadata: [
                    "dataset": "\(state.dataset.name)", "version": "\(swap.target)", "cause": "\(failure.reason)",
                    "phases": "\(phases.text)", "serving": "\(state.served.id)",
                ])
            finish(
                database, swap.answers, .error("ERR \(swap.target) cannot be served: \(failure.reason); \(serving)"),
                outcome: outcome)
        }
    }

    /// Puts a version in quarantine: on disk where that can be written, and in memory in any case.
    func refuse(_ database: Int, _ place: VersionPlace, _ kind: Refusal.Kind, _ reason: String) {
        let state = datasets[database]
        let id = place.id
        let refusal = Refusal(
            versionID: id, kind: kind, reason: reason, refusedAt: .now, by: "almanac serve",
            manifestSHA256: place.manifestSHA256)
        datasets[database].lastRefusal = refusal
        logger.error(
            "refused",
            metadata: [
                "dataset": "\(state.dataset.name)", "version": "\(id)", "kind": "\(kind.rawValue)",
                "cause": "\(reason)", "serving": "\(state.served.id)",
            ])
        quarantine(database, refusal, place)
        announce(
            SwapEvent(
                event: .refusal, dataset: state.dataset.name, version: id, previous: state.served.id,
                kind: kind.rawValue, reason: reason))
    }

    private func quarantine(_ database: Int, _ refusal: Refusal, _ place: VersionPlace) {
        let directory = place.isInDataDirectory ? datasets[database].path.dataDirectory : nil
        do throws(DataDirectoryError) {
            if let directory { return try directory.quarantine(refusal) }
        } catch {
            logger.warning("quarantine not recorded", metadata: ["version": "\(place.id)", "cause": "\(error)"])
        }
        datasets[database].unrecordedRefusals[place.id] = (refusal, place)
    }

    // MARK: Ends of triggers

    /// Answers those who wait for a trigger, leaves word for those who cannot be answered, and goes on.
    func finish(
        _ database: Int, _ answers: [DatasetState.Answer], _ answer: DatasetAnswer, outcome: String
    ) {
        datasets[database].triggersAnswered += 1
        noteServing(database, outcome: outcome)
        // Whoever reads INFO after the answer must find what the answer says.
        publishFacts()
        for waiting in answers { waiting(answer) }
        goOn(database)
    }

    /// Takes up the trigger that came during a swap.
    private func goOn(_ database: Int) {
        guard datasets[database].swap == nil, let next = datasets[database].next.take() else { return }
        reload(database, next)
    }

    /// Writes `serving.json`, where the data directory can be written.
    func noteServing(_ database: Int, outcome: String) {
        let state = datasets[database]
        guard state.served.place.isInDataDirectory, let directory = state.path.dataDirectory else { return }
        let record = ServingRecord(
            versionID: state.served.id, servingSince: state.servingSince, processID: ProcessStatistics.ownProcessID,
            triggersAnswered: state.triggersAnswered, outcome: outcome)
        do throws(DataDirectoryError) {
            try directory.setServingRecord(record)
        } catch {
            logger.debug("serving.json not written", metadata: ["cause": "\(error)"])
        }
    }

    func announce(_ event: SwapEvent) {
        parts.audience.publish(channel: SwapEvent.channel, message: event.json)
    }

    /// Threads that open files while others serve: fewer, lest the disk be theirs alone.
    private static let openThreadsBesideServing = 2
}
