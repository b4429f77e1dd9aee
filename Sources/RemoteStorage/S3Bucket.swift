/// Objects below a prefix of a bucket.
final class S3Bucket: ObjectServer {
    let name: String
    let isWritable = true
    private let location: S3Location
    private let certificatesPath: String?
    private let chain: AWSCredentialChain

    /// The SHA-256 of no bytes.
    private static let emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    init(_ text: String, environment: [String: String], client: HTTPClient) throws(SourceError) {
        let profile = try AWSProfile(environment: environment)
        location = try S3Location(text, environment: environment, profile: profile)
        name = "s3://\(location.bucket)/\(location.prefix)"
        certificatesPath = Certificates.path(environment: environment, isAWS: true) ?? profile["ca_bundle"]
        chain = AWSCredentialChain(
            environment: environment, profile: profile, region: location.region, certificatesPath: certificatesPath,
            client: client)
    }

    func address(of object: String) -> String { location.url(of: object) }

    func request(
        _ method: HTTPRequest.Method, _ object: String, query: [(name: String, value: String)],
        headers: [(name: String, value: String)], body: (HTTPRequest.Body, sha256: String)?
    ) throws(SourceError) -> HTTPRequest {
        let url = location.url(of: object) + (query.isEmpty ? "" : "?\(Text.canonicalQuery(query))")
        var request = HTTPRequest(method, url: url)
        request.headers = headers
        request.certificatesPath = certificatesPath
        if let body { request.body = body.0 }
        guard !location.isAnonymous else { return request }
        let credentials = try chain.current()
        request.signature = AWSSignature(credentials: credentials, region: location.region, service: "s3")
        request.headers.append(("x-amz-content-sha256", body?.sha256 ?? Self.emptyDigest))
        if let token = credentials.sessionToken { request.headers.append(("x-amz-security-token", token)) }
        return request
    }

    func renewsCredentials(after exchange: HTTPExchange) -> Bool {
        let status = exchange.head.status
        guard let credentials = exchange.request.signature?.credentials, [400, 401, 403].contains(status) else {
            return false
        }
        let expired = ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken"]
        // An answer to HEAD has no body to tell why.
        let code = Text.element("Code", in: exchange.bodyText)
        return (code.map(expired.contains) ?? (status != 400)) && chain.drop(credentials)
    }

    func explain(_ head: HTTPHead, body: String) -> (kind: SourceError.Kind?, text: String) {
        let code = Text.element("Code", in: body)
        let message = Text.element("Message", in: body).map { ": \($0)" } ?? ""
        let text = Text.oneLine((code ?? "") + message)
        switch (head.status, code) {
        case (300..<400, _), (400, "AuthorizationHeaderMalformed"), (400, "IllegalLocationConstraintException"):
            let region = head["x-amz-bucket-region"] ?? Text.element("Region", in: body)
            return (
                .misconfigured, region.map { "the bucket is in region \($0): add region=\($0) to the source" } ?? text
            )
        case (404, "NoSuchBucket"): return (.misconfigured, "there is no bucket \(location.bucket)")
        case (403, "AccessDenied"):
            return (nil, "\(text) (so it does for a missing object where listing is not allowed)")
        default: return (nil, text)
        }
    }
}
