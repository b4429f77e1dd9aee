internal import Datasets

/// What verifying one version has found.
public struct VerificationReport: Sendable, Equatable, Encodable {
    public var path: String
    /// As the manifest has it.
    public var versionID: String?
    public var format: String?
    public var hasManifest = false
    public var isQuick: Bool
    /// Files of the manifest.
    public var fileCount = 0
    public var fileBytes = 0
    /// Counted by a walk over all rows, or exactly known otherwise.
    public var keyCount: Int?
    /// Of all values together; known after a walk over all rows.
    public var valueBytes: Int?
    public var canaryCount = 0
    public var problems: [VerificationProblem] = []
    public var seconds = 0.0

    init(path: String, isQuick: Bool) {
        self.path = path
        self.isQuick = isQuick
    }

    mutating func note(_ subject: String, _ message: String) {
        problems.append(VerificationProblem(subject: subject, message: message, isInputOutput: false))
    }

    private enum CodingKeys: String, CodingKey {
        case path
        case versionID = "version_id"
        case format
        case hasManifest = "has_manifest"
        case isQuick = "quick"
        case fileCount = "file_count"
        case fileBytes = "file_bytes"
        case keyCount = "key_count"
        case valueBytes = "value_bytes"
        case canaryCount = "canary_count"
        case problems
        case seconds
    }
}

/// One thing that is wrong with a version.
public struct VerificationProblem: Sendable, Equatable, Encodable, CustomStringConvertible {
    /// A file, or what of the contents.
    public let subject: String
    /// What is the case, and what should be.
    public let message: String
    /// Whether it could not be looked at, rather than being wrong.
    public let isInputOutput: Bool

    public var description: String { subject.isEmpty ? message : "\(subject): \(message)" }

    init(subject: String, message: String, isInputOutput: Bool) {
        self.subject = subject
        self.message = message
        self.isInputOutput = isInputOutput
    }

    init(_ problem: FileProblem) {
        // Its description begins with its path.
        let message = problem.description.dropFirst(problem.path.count + 2)
        self.init(subject: problem.path, message: String(message), isInputOutput: problem.isInputOutput)
    }

    init(_ error: InspectionError) {
        self.init(subject: "", message: error.description, isInputOutput: error.kind == .inputOutput)
    }

    private enum CodingKeys: String, CodingKey {
        case subject
        case message
        case isInputOutput = "input_output"
    }
}
