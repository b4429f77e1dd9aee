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

    init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    fileprivate init(_ error: DataDirectoryError) {
        kind =
            switch error.kind {
            case .absent: .absent
            case .invalid, .damaged, .unsupported: .unusable
            case .present, .busy, .readOnly, .full, .io: .io
            }
        message = error.description
    }

    fileprivate init(_ failure: AdmissionFailure, _ path: String) {
        kind =
            switch failure {
            case .refused: .damaged
            case .unusable: .unusable
            case .failed, .cancelled: .io
            }
        message = "cannot serve \(path): \(failure.reason)"
    }
}

/// Finds and opens the version that a dataset begins with: the pinned one, else the announced one, else the last good
/// one, and never nothing.
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
        if let directory = path.dataDirectory {
            return OpenedDataset(dataset: dataset, served: try open(path, directory))
        }
        let place: VersionPlace
        do throws(DataDirectoryError) {
            place = try path.announced()
        } catch {
            throw FirstVersionError(error)
        }
        return OpenedDataset(dataset: dataset, served: try open(place))
    }

    // MARK: Data directories

    /// The version pinned, else the one announced, else the one served last, else the newest good one before.
    private func open(_ path: ServedPath, _ directory: DataDirectory) throws(FirstVersionError) -> ServedVersion {
        var obstacle: FirstVersionError?
        var tried: Set<String> = []
        var turnedDown: (place: VersionPlace, refusal: Refusal)?
        for isPin in [true, false] {
            let place: VersionPlace
            do throws(DataDirectoryError) {
                let wish = isPin ? try path.pinned() : try path.announced()
                guard let wish, tried.insert(wish.id).inserted else { continue }
                place = wish
            } catch {
                let failure = FirstVersionError(error)
                // What cannot be read may be there all the same.
                guard failure.kind != .io else { throw failure }
                obstacle = obstacle ?? failure
                continue
            }
            switch try attempt(place, directory) {
            case .served(let served):
                if let obstacle { warn("another version than the one wanted is served", served.id, obstacle.message) }
                return served
            case .refused(let refusal):
                if refusal.kind.canBeForced, turnedDown == nil { turnedDown = (place, refusal) }
                let advice =
                    refusal.isFinal
                    ? "; without \(directory.quarantinePath)/\(place.id).json it is tried again" : ""
                let text =
                    "cannot serve \(dataset.path): \(place.id) is refused "
                    + "(\(refusal.kind.rawValue): \(refusal.reason))\(advice)"
                obstacle = obstacle ?? FirstVersionError(kind: .damaged, message: text)
            }
        }
        let why = obstacle ?? FirstVersionError(kind: .absent, message: "\(dataset.path) holds no version")
        if let served = lastGood(path, directory, passing: tried, because: why.message) { return served }
        // A version that an operator or a guard turned down is still better than nothing.
        guard let (place, refusal) = turnedDown else { throw why }
        warn("the quarantined version is served: there is no other", place.id, refusal.reason)
        return try open(place)
    }

    private enum Attempt {
        case served(ServedVersion)
        case refused(Refusal)
    }

    /// Opens a version unless it is in quarantine, where it goes if it is not fit.
    private func attempt(_ place: VersionPlace, _ directory: DataDirectory) throws(FirstVersionError) -> Attempt {
        if let refusal = (try? directory.refusal(of: place.id)) ?? nil, refusal.isStill(of: place),
            refusal.isFinal
        {
            warn("this version is quarantined", place.id, "\(refusal.kind.rawValue): \(refusal.reason)")
            return .refused(refusal)
        }
        do throws(AdmissionFailure) {
            return .served(try admit(place, after: predecessor(of: place, directory)))
        } catch {
            guard case .refused(let kind, let reason) = error else {
                throw FirstVersionError(error, dataset.path)
            }
            warn("this version is refused", place.id, "\(kind.rawValue): \(reason)")
            let refusal = Refusal(
                versionID: place.id, kind: kind, reason: reason, refusedAt: .now, by: "almanac serve",
                manifestSHA256: place.manifestSHA256)
            // A wrong key file must not condemn every version that there is.
            guard refusal.isFinal else { return .refused(refusal) }
            do throws(DataDirectoryError) {
                try directory.quarantine(refusal)
            } catch {
                logger.warning("quarantine not recorded", metadata: ["version": "\(place.id)", "cause": "\(error)"])
            }
            return .refused(refusal)
        }
    }

    /// What was served before `place` was announced, as far as the data directory tells; a pin is not questioned.
    private func predecessor(of place: VersionPlace, _ directory: DataDirectory) -> Admission.Predecessor? {
        guard ((try? directory.pin()) ?? nil)?.versionID != place.id else { return nil }
        let last = ((try? directory.servingRecord()) ?? nil)?.versionID
        // What has been served already has been let through already.
        guard last != place.id else { return nil }
        let keyCount = last.flatMap { (try? directory.manifest(of: $0))?.manifest.keyCount }
        return Admission.Predecessor(id: keyCount == nil ? nil : last, keyCount: keyCount ?? 0)
    }

    /// The version served last, or else the newest good one before the announced one.
    ///
    /// Where nothing is announced only the former: what has never been served may not be meant for it.
    private func lastGood(
        _ path: ServedPath, _ directory: DataDirectory, passing tried: Set<String>, because reason: String
    ) -> ServedVersion? {
        // Records that cannot be read are no help; what the others tell is.
        let announced = (try? directory.currentVersionID()) ?? nil
        let ids = (try? directory.versionIDs()) ?? []
        let refused = Set(((try? directory.refusals()) ?? []).map(\.versionID))
        // Newer ones last: better than nothing, and not by accident, as each is told.
        var candidates =
            announced.map { current in
                ids.filter { $0 < current }.sorted(by: >) + ids.filter { $0 > current }.sorted(by: >)
            } ?? []
        if let last = ((try? directory.servingRecord()) ?? nil)?.versionID { candidates.insert(last, at: 0) }
        var tried = tried.union(refused)
        for id in candidates where tried.insert(id).inserted {
            do {
                guard case .served(let served) = try attempt(try path.version(id), directory) else { continue }
                warn("another version than the one wanted is served", id, reason)
                // Where nothing can be written, or something else has been announced, the next start looks again.
                if (try? directory.currentVersionID()) == announced { try? directory.setCurrent(id) }
                return served
            } catch {
                warn("this version cannot be opened either", id, "\(error)")
            }
        }
        return nil
    }

    // MARK: Opening

    private func open(_ place: VersionPlace) throws(FirstVersionError) -> ServedVersion {
        do throws(AdmissionFailure) {
            return try admit(place)
        } catch {
            throw FirstVersionError(error, dataset.path)
        }
    }

    private func admit(
        _ place: VersionPlace, after predecessor: Admission.Predecessor? = nil
    ) throws(AdmissionFailure) -> ServedVersion {
        var phases = SwapPhases()
        // Every byte was hashed when the version came; to hash it again would delay the start by minutes.
        let admission = Admission(
            dataset: dataset, settings: settings, trustedKeys: trustedKeys, openEngine: openEngine,
            openThreads: settings.openThreads, verification: settings.verify == .full ? .full : .off,
            predecessor: predecessor, cancellation: SwapCancellation())
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
    }

    private func warn(_ message: Logger.Message, _ id: String, _ cause: String) {
        logger.critical(message, metadata: ["dataset": "\(dataset.name)", "version": "\(id)", "cause": "\(cause)"])
    }
}
