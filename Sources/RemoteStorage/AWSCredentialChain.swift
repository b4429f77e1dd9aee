private import Bytes
internal import FoundationEssentials
internal import Platform

/// Finds keys where AWS's tools find them, and keeps them until they are about to expire.
///
/// In this order: the environment, the profile's files, web identity, container credentials, instance metadata.
final class AWSCredentialChain {
    /// Keys are renewed when they are valid for less than this, in seconds.
    static let marginSeconds = 300

    private let environment: [String: String]
    private let profile: AWSProfile
    private let region: String
    private let certificatesPath: String?
    private let client: HTTPClient
    private var known: AWSCredentials?
    /// Keys that the service has called expired.
    private var rejected: AWSCredentials?

    init(
        environment: [String: String], profile: AWSProfile, region: String, certificatesPath: String?,
        client: HTTPClient
    ) {
        self.environment = environment
        self.profile = profile
        self.region = region
        self.certificatesPath = certificatesPath
        self.client = client
    }

    /// The keys to sign the next request with; asks a service for them at most when they run out.
    func current(nowSeconds: Int = Clock.wallMicroseconds() / 1_000_000) throws(SourceError) -> AWSCredentials {
        if let known, known.expiration.map({ $0 - nowSeconds > Self.marginSeconds }) ?? true { return known }
        do {
            let found = try find()
            known = found
            return found
        } catch {
            // Keys that are good for a while yet outlast a service that cannot be reached.
            if let known, let expiration = known.expiration, expiration > nowSeconds, error.isRetryable { return known }
            throw error
        }
    }

    /// Drops keys that the service has called expired; false where those it gave instead are no better.
    func drop(_ expired: AWSCredentials) -> Bool {
        // Another request that was signed with them has done so already.
        guard let known, expired.hasSameKeys(as: known) else { return true }
        guard rejected.map(expired.hasSameKeys) != true else { return false }
        rejected = expired
        self.known = nil
        return true
    }

    private func find() throws(SourceError) -> AWSCredentials {
        if let key = value("AWS_ACCESS_KEY_ID"), let secret = value("AWS_SECRET_ACCESS_KEY") {
            return AWSCredentials(accessKeyID: key, secretAccessKey: secret, sessionToken: value("AWS_SESSION_TOKEN"))
        }
        if let found = try profile.credentials() { return found }
        if let role = value("AWS_ROLE_ARN"), let path = value("AWS_WEB_IDENTITY_TOKEN_FILE") {
            return try assume(role: role, tokenPath: path)
        }
        if let address = try containerAddress() { return try container(address) }
        if value("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" { return try instance() }
        throw Self.nothingFound
    }

    private static let nothingFound = SourceError(
        .unauthorised,
        "no AWS credentials: neither in the environment (AWS_ACCESS_KEY_ID), nor in the profile's files, nor from a web "
            + "identity, a container or an instance role; for a public bucket add anonymous=true to the source")

    private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    // MARK: Web identity

    private func assume(role: String, tokenPath: String) throws(SourceError) -> AWSCredentials {
        let token = try secret(at: tokenPath, named: "AWS_WEB_IDENTITY_TOKEN_FILE")
        let suffix = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        let endpoint = value("AWS_ENDPOINT_URL_STS") ?? value("AWS_ENDPOINT_URL") ?? "https://sts.\(region).\(suffix)"
        var request = HTTPRequest(.post, url: endpoint.hasSuffix("/") ? endpoint : "\(endpoint)/")
        request.headers = [("Content-Type", "application/x-www-form-urlencoded")]
        let form = Text.canonicalQuery([
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", value("AWS_ROLE_SESSION_NAME") ?? "almanac"), ("WebIdentityToken", token),
        ])
        request.body = .bytes(Array(form.utf8))
        let text = try ask(request, "the token service \(endpoint)", retriesMax: 3)
        guard let key = Text.element("AccessKeyId", in: text), let secret = Text.element("SecretAccessKey", in: text),
            let expiration = Text.element("Expiration", in: text).flatMap(Self.seconds)
        else { throw SourceError(.unreachable, "the token service \(endpoint) answers without credentials") }
        let session = Text.element("SessionToken", in: text).flatMap { $0.isEmpty ? nil : $0 }
        return AWSCredentials(accessKeyID: key, secretAccessKey: secret, sessionToken: session, expiration: expiration)
    }

    // MARK: Containers and instances

    /// Where a container's credentials are; over plain HTTP on this machine or at the container agents only.
    func containerAddress() throws(SourceError) -> String? {
        if let path = value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") { return "http://169.254.170.2\(path)" }
        guard let address = value("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        let parts = WebAddress(address)
        let agents = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost", "[::1]"]
        let isNear = parts.map { agents.contains($0.host) || $0.isLoopback } ?? false
        guard let parts, parts.scheme == "https" || isNear else {
            throw SourceError(
                .misconfigured,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http on this machine or a container agent's address"
            )
        }
        return address
    }

    private func container(_ address: String) throws(SourceError) -> AWSCredentials {
        var request = HTTPRequest(url: address)
        if let path = value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            request.headers = [("Authorization", try secret(at: path, named: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))]
        } else if let token = value("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            request.headers = [("Authorization", token)]
        }
        request.usesProxy = false
        request.timeoutMilliseconds = 5000
        return try decode(try ask(request, "the container credentials service", retriesMax: 3))
    }

    private func instance() throws(SourceError) -> AWSCredentials {
        var endpoint = value("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254"
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        func metadata(_ method: HTTPRequest.Method, _ path: String, _ header: (String, String)) throws(SourceError)
            -> String
        {
            var request = HTTPRequest(method, url: "\(endpoint)/latest/\(path)")
            request.headers = [header]
            request.usesProxy = false
            request.timeoutMilliseconds = 1000
            return try ask(request, "instance metadata", retriesMax: 1)
        }
        let token: String
        do {
            token = try metadata(.put, "api/token", ("X-aws-ec2-metadata-token-ttl-seconds", "21600"))
        } catch {
            // Who is on no instance at EC2 is better served by the whole list than by an address that does not answer.
            throw error.kind == .cancelled || value("AWS_EC2_METADATA_SERVICE_ENDPOINT") != nil
                ? error : Self.nothingFound
        }
        let header = ("X-aws-ec2-metadata-token", Text.trimmed(token))
        let roles = try metadata(.get, "meta-data/iam/security-credentials/", header)
        guard let role = roles.split(whereSeparator: \.isNewline).first else { throw Self.nothingFound }
        let path = "meta-data/iam/security-credentials/\(PercentEncoding.encoded(Text.trimmed(role)))"
        return try decode(try metadata(.get, path, header))
    }

    // MARK: Answers

    private struct Document: Decodable {
        let AccessKeyId: String
        let SecretAccessKey: String
        let Token: String?
        let Expiration: String?
    }

    private func decode(_ text: String) throws(SourceError) -> AWSCredentials {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(text.utf8)) else {
            throw SourceError(.unreachable, "a credentials service answers with something other than credentials")
        }
        let token = document.Token.flatMap { $0.isEmpty ? nil : $0 }
        return AWSCredentials(
            accessKeyID: document.AccessKeyId, secretAccessKey: document.SecretAccessKey, sessionToken: token,
            expiration: document.Expiration.flatMap(Self.seconds))
    }

    /// Seconds since 1970 of a time such as `2036-01-01T00:00:00Z`.
    static func seconds(_ text: String) -> Int? {
        // Fractions of a second come from some services, and matter to nobody.
        let whole = text.firstIndex(of: ".").map { text[..<$0] + "Z" } ?? text
        return (try? Date(whole, strategy: .iso8601)).map { Int($0.timeIntervalSince1970) }
    }

    private func ask(_ request: HTTPRequest, _ service: String, retriesMax: Int) throws(SourceError) -> String {
        var request = request
        request.certificatesPath = certificatesPath
        if request.timeoutMilliseconds == 0 { request.timeoutMilliseconds = 10_000 }
        var schedule = RetrySchedule(retriesMax: retriesMax)
        while true {
            let (exchange, outcome) = try client.exchange(request, bodyBytesMax: 64 << 10)
            let status = exchange.head.status
            let error: SourceError
            switch outcome {
            case .answered where (200..<300).contains(status): return exchange.bodyText
            case .answered:
                let code = Text.element("Code", in: exchange.bodyText).map { " \($0)" } ?? ""
                error = SourceError(
                    status >= 500 || status == 429 ? .unreachable : .unauthorised, "\(service) answers \(status)\(code)"
                )
            case .failed(let reason, _): error = SourceError(.unreachable, "\(service): \(reason)")
            case .refusedHere: error = SourceError(.unreachable, "\(service) answers with too much")
            }
            guard error.isRetryable, let pause = schedule.nextMilliseconds() else { throw error }
            try Pause.milliseconds(pause, client.cancellation)
        }
    }

    private func secret(at path: String, named name: String) throws(SourceError) -> String {
        do {
            return Text.trimmed(try String(contentsOfFile: path, encoding: .utf8))
        } catch {
            throw SourceError(.misconfigured, "\(name): cannot read \(path)")
        }
    }
}
