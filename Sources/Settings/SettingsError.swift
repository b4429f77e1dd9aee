/// Every mistake in the settings, of all sources.
public struct SettingsError: Error, Equatable {
    public let problems: [Problem]

    /// One mistake: where it is, and what would be right.
    public struct Problem: Sendable, Equatable, CustomStringConvertible {
        public let source: SettingSource
        /// What is wrong, without ``source``; one line.
        public let text: String

        public var description: String { "\(source): \(text)" }
    }
}

/// Where a setting was given.
public enum SettingSource: Sendable, Equatable, CustomStringConvertible {
    /// On the command line; the flag, or what stands for the arguments that have none.
    case flag(String)
    /// In the environment variable of this name.
    case environment(String)
    /// In the settings file; the line counts from 1, and is `nil` where the whole file is meant.
    case file(path: String, line: Int?)
    /// Nowhere.
    case builtIn

    public var description: String {
        switch self {
        case .flag(let name), .environment(let name): name
        case .file(let path, let line): line.map { "\(path):\($0)" } ?? path
        case .builtIn: "default"
        }
    }
}
