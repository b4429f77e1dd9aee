private import Bytes
private import Glibc
private import Platform

/// Objects below an address of a web server.
final class WebServer: ObjectServer {
    let name: String
    let isWritable = false
    private let base: String
    private let query: String
    private let login: (user: String, password: String)?
    private let netrcPath: String?
    private let certificatesPath: String?

    init(_ text: String, environment: [String: String]) throws(SourceError) {
        guard let address = WebAddress(text) else {
            throw SourceError(.misconfigured, "the source is no web address of the form https://HOST/PATH")
        }
        var path = address.path
        while path.hasSuffix("/") { path.removeLast() }
        base = address.origin + PercentEncoding.encoded(path, keeping: "/%!$&'()*+,;=:@")
        // Whatever access the query grants stays out of sight.
        query = address.query.map { "?\($0)" } ?? ""
        name = base
        certificatesPath = Certificates.path(environment: environment, isAWS: false)
        netrcPath = try Self.netrcPath(environment)
        login = address.login.map { text in
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (Text.percentDecoded(parts[0]), parts.count > 1 ? Text.percentDecoded(parts[1]) : "")
        }
    }

    /// The file that the environment names, as curl's does.
    ///
    /// - Throws: Where it cannot be read, which libcurl would pass over.
    private static func netrcPath(_ environment: [String: String]) throws(SourceError) -> String? {
        guard let path = environment["NETRC"], !path.isEmpty else { return nil }
        do throws(SystemError) {
            guard try FileSystem.read(path, byteCountMax: 1 << 20) != nil else {
                throw SystemError(call: "open", code: ENOENT)
            }
        } catch {
            throw SourceError(.misconfigured, "NETRC: cannot read \(path): \(error.reason)")
        }
        return path
    }

    func address(of object: String) -> String { "\(base)/\(PercentEncoding.encoded(object, keeping: "/"))" }

    func request(
        _ method: HTTPRequest.Method, _ object: String, query: [(name: String, value: String)],
        headers: [(name: String, value: String)], body: (HTTPRequest.Body, sha256: String)?
    ) throws(SourceError) -> HTTPRequest {
        precondition(body == nil && query.isEmpty, "a web server is only read")
        var request = HTTPRequest(method, url: address(of: object) + self.query)
        request.headers = headers
        request.login = login
        request.netrcPath = netrcPath
        request.followsRedirects = true
        request.certificatesPath = certificatesPath
        return request
    }

    func renewsCredentials(after exchange: HTTPExchange) -> Bool { false }

    func explain(_ head: HTTPHead, body: String) -> (kind: SourceError.Kind?, text: String) { (nil, "") }
}

/// Which certificates to trust.
enum Certificates {
    /// A file to use instead of the system's, where the environment names one.
    static func path(environment: [String: String], isAWS: Bool) -> String? {
        let names = isAWS ? ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"] : ["SSL_CERT_FILE", "CURL_CA_BUNDLE"]
        return names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
}
