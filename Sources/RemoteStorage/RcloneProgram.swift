internal import Bytes
internal import FoundationEssentials
internal import Platform

/// The rclone on PATH, and one remote of it.
final class RcloneProgram {
    static let versionMin = (major: 1, minor: 70)

    /// The remote and its path, in rclone's words; it may hold secrets.
    private let base: String
    private let environment: [String: String]
    private let cancellation: Cancellation
    private var program: String?

    init(base: String, environment: [String: String], cancellation: Cancellation) {
        self.base = base
        self.environment = environment
        self.cancellation = cancellation
    }

    /// An object in rclone's words.
    func remote(_ object: String) -> String {
        base.hasSuffix(":") || base.hasSuffix("/") ? base + object : "\(base)/\(object)"
    }

    /// Where files of a moment go.
    var temporaryDirectory: String { environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp" }

    /// How a run of the program ended.
    struct Ending {
        var code: Int32
        /// The last line that it had to say.
        var message: String
    }

    /// Runs rclone, and hands its output on as it comes.
    func run(
        _ arguments: [String], onOutput: (borrowing ByteBuffer) throws(SourceError) -> Void
    ) throws(SourceError) -> Ending {
        let program = try findProgram()
        return try run(program, arguments, onOutput)
    }

    /// Runs rclone, and returns what it printed, up to `bytesMax` bytes.
    func output(_ arguments: [String], bytesMax: Int) throws(SourceError) -> (bytes: [UInt8], ending: Ending) {
        var bytes: [UInt8] = []
        let ending = try run(arguments) { part in
            // Safety: the array takes a copy of the bytes lent.
            unsafe part.withUnsafeBytes { unsafe bytes.append(contentsOf: $0.prefix(max(0, bytesMax - bytes.count))) }
        }
        return (bytes, ending)
    }

    private func run(
        _ program: String, _ arguments: [String], _ onOutput: (borrowing ByteBuffer) throws(SourceError) -> Void
    ) throws(SourceError) -> Ending {
        // Were rclone to begin a command again by itself, it would print what it has printed once more.
        let flags = ["--retries", "1", "--ask-password=false", "--buffer-size", "0", "--log-level", "NOTICE"]
        let child = try SourceError.attempt("run", program) { () throws(SystemError) in
            try ChildProcess(program, arguments: flags + arguments, environment: environment)
        }
        defer { child.stop() }
        var buffer = ByteBuffer(capacity: 256 << 10)
        while true {
            try cancellation.check()
            buffer.removeAll()
            let event = try SourceError.attempt("read from", program) { () throws(SystemError) in
                try child.next(to: &buffer, milliseconds: 100)
            }
            switch event {
            case .output: try onOutput(buffer)
            case .nothing: break
            case .end: return Ending(code: child.wait(), message: Self.lastLine(child.errorText))
            }
        }
    }

    /// What an operator is to read of rclone's complaints.
    static func lastLine(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).last { !Text.trimmed($0).isEmpty } ?? ""
        return Text.oneLine(String(line))
    }

    private func findProgram() throws(SourceError) -> String {
        if let program { return program }
        let directories = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        let (wantedMajor, wantedMinor) = Self.versionMin
        guard let found = directories.map({ "\($0)/rclone" }).first(where: FileSystem.isProgram) else {
            throw SourceError(
                .misconfigured,
                "rclone is not on PATH; install rclone \(wantedMajor).\(wantedMinor) or newer (rclone.org)")
        }
        var text: [UInt8] = []
        _ = try run(found, ["version"]) { part in
            // Safety: the array takes a copy of the bytes lent.
            unsafe part.withUnsafeBytes { unsafe text.append(contentsOf: $0) }
        }
        let version = Self.version(String(decoding: text, as: UTF8.self))
        guard let version, version >= Self.versionMin else {
            let stated = version.map { "\($0.major).\($0.minor)" } ?? "of no known version"
            throw SourceError(
                .misconfigured, "\(found) is \(stated); rclone \(wantedMajor).\(wantedMinor) or newer is needed")
        }
        program = found
        return found
    }

    /// The first two numbers in `rclone v1.75.2`.
    static func version(_ text: String) -> (major: Int, minor: Int)? {
        guard let start = text.firstRange(of: "rclone v")?.upperBound else { return nil }
        let parts = text[start...].prefix { $0.isNumber || $0 == "." }.split(separator: ".")
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]) else { return nil }
        return (major, minor)
    }
}

extension ChildProcess {
    fileprivate var errorText: String {
        // Safety: the string is made of a copy of the bytes lent.
        unsafe errorBytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
