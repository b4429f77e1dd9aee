internal import ArgumentParser
internal import Logging
internal import ServerLog

/// How lines of a log are written.
enum LogFormat: String, CaseIterable, ExpressibleByArgument {
    case text
    case json

    var lineFormat: LineFormat { self == .json ? .json : .text }
}

/// The least severe lines to log.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case debug
    case info
    case notice
    case warning
    case error

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
