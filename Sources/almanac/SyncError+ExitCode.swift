internal import ArgumentParser
internal import Sync

extension SyncError.Kind {
    /// What the program exits with.
    var exitCode: ExitCode {
        switch self {
        case .badData, .refused: .badData
        case .unreachable: .sourceUnreachable
        case .inputOutput, .busy: .ioError
        case .misconfigured, .overlapping: .badConfiguration
        // What a shell reports of a process that SIGTERM ended.
        case .cancelled: ExitCode(143)
        }
    }
}
