internal import ArgumentParser
internal import Datasets
private import Glibc
internal import Platform
internal import Settings
internal import Storage

/// Why a command could not do its work: the exit code, and one line that says what to do.
struct CommandFailure: Error {
    let exitCode: ExitCode
    /// Without the program's name and without a newline.
    let message: String

    init(_ exitCode: ExitCode, _ message: String) {
        self.exitCode = exitCode
        self.message = message
    }

    /// What could not be done with a data directory, as it says itself.
    init(_ error: DataDirectoryError) {
        let code: ExitCode =
            switch error.kind {
            case .absent, .invalid: .badConfiguration
            case .present: .usage
            case .damaged, .unsupported: .badData
            case .busy, .readOnly, .full, .io: .ioError
            }
        self.init(code, error.description)
    }

    static func exitCode(for kind: EngineError.Kind) -> ExitCode {
        switch kind {
        case .missing, .invalid: .badConfiguration
        case .damaged, .unsupported: .badData
        case .io: .ioError
        }
    }
}

extension Almanac {
    /// Says on standard error what `error` means for the operator, in lines that start with `almanac: `.
    ///
    /// A request for help or the version is no error: its answer goes to standard output.
    ///
    /// - Returns: What to exit with.
    static func report(_ error: any Error) -> ExitCode {
        let (code, lines) = explanation(of: error)
        guard let lines else {
            let text = fullMessage(for: error)
            if !text.isEmpty { print(text) }
            return code
        }
        for line in lines { writeToStandardError("almanac: \(line)\n") }
        return code
    }

    /// The exit code and the lines for standard error, or `nil` where the parser's own text is an answer.
    static func explanation(of error: any Error) -> (code: ExitCode, lines: [String]?) {
        switch error {
        case let failure as CommandFailure: return (failure.exitCode, [failure.message])
        case let error as SettingsError:
            let count = error.problems.count
            let summary = "\(count) mistake\(count == 1 ? "" : "s") in the settings; see 'almanac help serve'"
            return (.badConfiguration, error.problems.map(\.description) + [summary])
        case let error as EngineError: return (CommandFailure.exitCode(for: error.kind), ["\(error)"])
        case let error as DataDirectoryError: return explanation(of: CommandFailure(error))
        case let error as SystemError: return (.ioError, ["\(error)"])
        default: break
        }
        switch exitCode(for: error) {
        case .success: return (.success, nil)
        case .validationFailure:
            let message = message(for: error)
            let first = message.first.map { String($0).lowercased() } ?? ""
            let lines = (first + message.dropFirst()).split(separator: "\n").map { $0.trimmingSpaces() }
            return (.usage, [lines.joined(separator: " ") + " (see '\(helpCommand(for: error))')"])
        case let code:
            // A bare exit code was thrown by who has already said why.
            return (code, error is ExitCode ? [] : ["\(error)"])
        }
    }

    /// What to type for the help of the subcommand that `error` is about, as the parser's longer text ends with it.
    private static func helpCommand(for error: any Error) -> String {
        let line = fullMessage(for: error).split(separator: "\n").last { $0.trimmingSpaces().hasPrefix("See '") }
        let quoted = line?.split(separator: "'").dropFirst().first.map(String.init)
        return quoted ?? "almanac --help"
    }

    /// Tells on standard error what is no failure, but what an operator should know.
    static func note(_ line: String) { writeToStandardError("almanac: \(line)\n") }

    static func exit(withCode code: ExitCode) -> Never { Glibc.exit(code.rawValue) }
}

/// Writes what can be written; nobody is left to tell where that fails.
func writeToStandardError(_ text: String) { _ = write(Array(text.utf8), to: STDERR_FILENO) }

/// Writes all of `bytes` to an open file; 0, or the `errno` that ended it early.
func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        let code = errno
        guard count > 0 || (count < 0 && code == EINTR) else { return code }
        rest = rest.dropFirst(max(count, 0))
    }
    return 0
}

extension Substring {
    fileprivate func trimmingSpaces() -> Substring {
        var text = drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
