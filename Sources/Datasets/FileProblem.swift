/// What is wrong with one file of a version.
public struct FileProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's path in its version's directory.
    public let path: String
    public let reason: Reason

    public enum Reason: Sendable, Equatable {
        case missing
        /// Another size than the manifest has.
        case size(actual: Int, expected: Int)
        /// Another SHA-256 than the manifest has, though the size is right.
        case digest(actual: SHA256Digest, expected: SHA256Digest)
        /// There, and not in the manifest: engines read what lies beside their files, such as a write-ahead log.
        case unlisted
        /// The operating system would not give it; its words.
        case unreadable(String)
    }

    public init(path: String, reason: Reason) {
        self.path = path
        self.reason = reason
    }

    /// Whether the file could not be looked at, rather than being wrong.
    public var isInputOutput: Bool {
        if case .unreadable = reason { true } else { false }
    }

    /// One line for an operator.
    public var description: String {
        switch reason {
        case .missing: "\(path): missing"
        case .size(let actual, let expected): "\(path): has \(actual) bytes, the manifest says \(expected)"
        case .digest(let actual, let expected): "\(path): has SHA-256 \(actual), the manifest says \(expected)"
        case .unlisted: "\(path): not in the manifest"
        case .unreadable(let why): "\(path): cannot be read: \(why)"
        }
    }
}
