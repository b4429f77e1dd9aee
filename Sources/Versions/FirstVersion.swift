internal import Datasets
public import Logging
internal import Platform
public import Settings
internal import Storage

/// Why a dataset cannot be served at the start.
public struct FirstVersionError: Error {
    public enum Kind: Sendable {
        /// Nothing is there.
        case absent
        /// What is there is damaged, and so is everything before it.
        case damaged
        /// It is not of a kind that can be served so.
        case unusable
        case io
    }

    public let kind: Kind
    /// One line for an operator.
    public let message: String
}

/// Finds and opens the version that a dataset begins with: the announced one, or else the last good one.
public struct FirstVersion {
    private let dataset: DatasetPath
    private let settings: ServerSettings
    private let trustedKeys: TrustedKeys
    private let openEngine: EngineOpener
    private let logger: Logger

    public init(
        dataset: DatasetPath, settings: ServerSettings, trustedKeys: TrustedKeys,
        openEngine: @escaping EngineOpener, logger: Logger
    ) {
        self.dataset = dataset
        self.settings = settings
        self.trustedKeys = trustedKeys
        self.openEngine = openEngine
        self.logger = logger
    }

    /// Waits for the disk.
    public func open() throws(FirstVersionError) -> OpenedDataset {
        let path = ServedPath(path: dataset.path)
        let announced: VersionPlace
        do throws(DataDirectoryError) {
            announced = if let pinned = try path.pinned() { pinned } else { try path.announced() }
        } catch {
            throw FirstVersionError(kind: error.kind == .io ? .io : .absent, message: error.description)
        }
        guard announced.isInDataDirectory, let directory = path.dataDirectory else {
            return OpenedDataset(dataset: dataset, served: try open(announced))
        }
        let refusal = (try? directory.refusal(of: announced.id)) ?? nil
        if let refusal {
            warn("the announced version is quarantined", announced.id, "\(refusal.kind.rawValue): \(refusal.reason)")
        } else {
            do throws(FirstVersionError) {
                return OpenedDataset(dataset: dataset, served: try open(announced))
            } catch {
                guard error.kind == .damaged else { throw error }
                warn("the announced version is damaged", announced.id, error.message)
                quarantine(announced.id, error.message, directory)
            }
        }
        if let served = lastGood(before: announced.id, path, directory) {
            return OpenedDataset(dataset: dataset, served: served)
        }
        // A version that an operator or a guard turned down is still better than nothing.
        if let refusal, refusal.kind.canBeForced {
            warn("the quarantined version is served: there is no other", announced.id, refusal.reason)
            return OpenedDataset(dataset: dataset, served: try open(announced))
        }
        throw FirstVersionError(
            kind: .damaged, message: "\(announced.path) cannot be served, and no other version is good; see the log")
    }

    /// The version served last, or else the newest good one before the announced one.
    private func lastGood(before announced: String, _ path: ServedPath, _ directory: DataDirectory) -> ServedVersion? {
        // A record that cannot be read is no help; the ids are.
        let served = ((try? directory.servingRecord()) ?? nil)?.versionID
        var tried: Set<String> = [announced]
        var candidate = served == announced ? nil : served
        while true {
            let choice = try? directory.rollbackChoice()
            let refused = Set(choice?.refusals.map(\.versionID) ?? [])
            if candidate == nil || candidate.map(refused.contains) ?? false {
                let good = (choice?.versionIDs ?? []).filter { !refused.contains($0) && !tried.contains($0) }
                candidate = good.filter { $0 < announced }.max()
            }
            guard let id = candidate, tried.insert(id).inserted else { return nil }
            candidate = nil
            do {
                let served = try open(try path.version(id))
                warn("an older version is served", id, "\(announced) cannot be")
                try? directory.setCurrent(id)
                return served
            } catch let error as FirstVersionError where error.kind == .damaged {
                warn("this version is damaged too", id, error.message)
                quarantine(id, error.message, directory)
            } catch {
                warn("this version cannot be opened either", id, "\(error)")
            }
        }
    }

    private func open(_ place: VersionPlace) throws(FirstVersionError) -> ServedVersion {
        var phases = SwapPhases()
        // Every byte was hashed when the version came; to hash it again would delay the start by minutes.
        let admission = Admission(
            dataset: dataset, settings: settings, trustedKeys: trustedKeys, openEngine: openEngine,
            openThreads: settings.openThreads, verification: settings.verify == .full ? .full : .off,
            predecessor: nil, cancellation: SwapCancellation())
        do throws(AdmissionFailure) {
            let served = try admission.open(place, phases: &phases)
            logger.info(
                "opened",
                metadata: [
                    "dataset": "\(dataset.name)", "version": "\(served.id)",
                    "format": "\(served.version.engine.format)", "keys": "\(served.keyCount)",
                    "bytes": "\(served.byteCount.map(String.init) ?? "unknown")",
                    "verified": "\(served.verification.rawValue)", "milliseconds": "\(phases.totalMilliseconds)",
                    "phases": "\(phases.text)",
                ])
            return served
        } catch {
            let message = "cannot serve \(dataset.path): \(error.reason)"
            switch error {
            case .refused: throw FirstVersionError(kind: .damaged, message: message)
            case .unusable: throw FirstVersionError(kind: .unusable, message: message)
            case .failed, .cancelled: throw FirstVersionError(kind: .io, message: message)
            }
        }
    }

    private func quarantine(_ id: String, _ reason: String, _ directory: DataDirectory) {
        do throws(DataDirectoryError) {
            try directory.quarantine(
                Refusal(versionID: id, kind: .damaged, reason: reason, refusedAt: .now, by: "almanac serve"))
        } catch {
            logger.warning("quarantine not recorded", metadata: ["version": "\(id)", "cause": "\(error)"])
        }
    }

    private func warn(_ message: Logger.Message, _ id: String, _ cause: String) {
        logger.critical(message, metadata: ["dataset": "\(dataset.name)", "version": "\(id)", "cause": "\(cause)"])
    }
}
