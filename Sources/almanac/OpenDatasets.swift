internal import Administration
internal import ArgumentParser
private import Datasets
internal import Logging
internal import Platform
internal import Settings
internal import Versions

/// Opens the version that each dataset begins with, in the order of their database numbers.
///
/// What it waits for, probes are told by `health`.
///
/// - Returns: `nil` where a signal ended the wait for a version that has yet to come.
/// - Throws: ``CommandFailure``, naming the path that cannot be served and why.
func openDatasets(
    _ settings: ServerSettings, _ trustedKeys: TrustedKeys, _ engines: EngineFactory,
    _ signals: borrowing SignalQueue, _ health: Health, _ logger: Logger
) throws -> [OpenedDataset]? {
    var opened: [OpenedDataset] = []
    for dataset in settings.datasets {
        let first = FirstVersion(
            dataset: dataset, settings: settings, trustedKeys: trustedKeys, openEngine: engines.open, logger: logger)
        health.wait(because: "opening \(dataset.name)")
        guard let version = try open(first, of: dataset, settings, signals, health, logger) else { return nil }
        opened.append(version)
    }
    return opened
}

private func open(
    _ first: FirstVersion, of dataset: DatasetPath, _ settings: ServerSettings, _ signals: borrowing SignalQueue,
    _ health: Health, _ logger: Logger
) throws -> OpenedDataset? {
    var isWaiting = false
    while true {
        do throws(FirstVersionError) {
            return try first.open()
        } catch {
            guard settings.waitsForVersion, error.kind == .absent else { throw CommandFailure(error) }
            if !isWaiting {
                logger.notice(
                    "waiting for the first version",
                    metadata: ["dataset": "\(dataset.name)", "cause": "\(error.message)"])
            }
            isWaiting = true
            health.wait(because: "waiting for the first version of \(dataset.name): \(error.message)")
        }
        // A sidecar may be at work; its signal, or half a second, has another look.
        if case .stop = try signals.next(milliseconds: 500) { return nil }
    }
}

extension CommandFailure {
    fileprivate init(_ error: FirstVersionError) {
        let code: ExitCode =
            switch error.kind {
            case .absent, .unusable: .badConfiguration
            case .damaged: .badData
            case .io: .ioError
            }
        self.init(code, error.message)
    }
}
