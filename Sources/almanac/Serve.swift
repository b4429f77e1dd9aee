internal import ArgumentParser
internal import Logging
internal import ServerLog
internal import Settings

/// Serves until a signal ends it.
///
/// - Parameters:
///   - settings: What is in effect at the start.
///   - logger: The server's own.
///   - log: Where `logger` writes; SIGHUP has it reopened, and its level set.
///   - input: Where `settings` came from; SIGHUP has it resolved again.
/// - Throws: ``CommandFailure``, `EngineError` or `SystemError` where serving cannot start.
func serve(settings: ServerSettings, logger: Logger, log: LogWriter, input: SettingsInput) throws {
    throw CommandFailure(.ioError, "serving is not here yet")
}
