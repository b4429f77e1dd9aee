internal import FoundationEssentials

/// The settings of one profile in the files that AWS's tools share.
///
/// Nested settings and `services` sections are passed over; roles to assume, SSO and `credential_process`
/// are not followed, and a profile that needs them is an error.
struct AWSProfile: Equatable {
    var name: String
    /// Keys by name; the credentials file counts before the configuration file.
    var settings: [String: String]

    subscript(_ key: String) -> String? { settings[key] }

    /// The profile that `environment` chooses; without settings where nothing is written of it.
    init(environment: [String: String]) throws(SourceError) {
        let chosen = environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
        let name = chosen ?? "default"
        let home = environment["HOME"] ?? ""
        let configuration = Self.text(of: environment["AWS_CONFIG_FILE"] ?? "\(home)/.aws/config")
        let credentials = Self.text(of: environment["AWS_SHARED_CREDENTIALS_FILE"] ?? "\(home)/.aws/credentials")
        let sections = [
            Self.section(name == "default" ? ["default", "profile default"] : ["profile \(name)"], of: configuration),
            Self.section([name], of: credentials),
        ]
        guard chosen == nil || sections.contains(where: { $0 != nil }) else {
            throw SourceError(
                .misconfigured, "AWS_PROFILE is \(name), and neither AWS configuration file has that profile")
        }
        self.name = name
        settings = sections.reduce(into: [:]) { $0.merge($1 ?? [:]) { _, new in new } }
    }

    /// The keys that the profile holds itself, if it does.
    func credentials() throws(SourceError) -> AWSCredentials? {
        if let key = self["aws_access_key_id"], let secret = self["aws_secret_access_key"] {
            return AWSCredentials(accessKeyID: key, secretAccessKey: secret, sessionToken: self["aws_session_token"])
        }
        for key in ["role_arn", "sso_session", "sso_start_url", "credential_process"] where settings[key] != nil {
            throw SourceError(
                .misconfigured,
                "the AWS profile \(name) has \(key), which is not supported; put keys into it, or use a web identity, "
                    + "container or instance role")
        }
        return nil
    }

    /// The settings of the first section that has one of `names`.
    static func section(_ names: [String], of text: String) -> [String: String]? {
        var found: [String: String]?
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            let isIndented = line.first?.isWhitespace ?? false
            let trimmed = Text.trimmed(line)
            guard let first = trimmed.first, first != "#", first != ";" else { continue }
            if first == "[", trimmed.hasSuffix("]") {
                let title = trimmed.dropFirst().dropLast().split(whereSeparator: \.isWhitespace).joined(separator: " ")
                isInside = found == nil && names.contains(title)
                if isInside { found = [:] }
            } else if isInside, !isIndented, let equals = trimmed.firstIndex(of: "=") {
                let value = Text.trimmed(trimmed[trimmed.index(after: equals)...])
                found?[Text.trimmed(trimmed[..<equals]).lowercased()] = value
            }
        }
        return found
    }

    /// An unreadable file is as good as none: what was needed from it will be missed by name.
    private static func text(of path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
