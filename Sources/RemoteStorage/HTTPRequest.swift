/// One request to make, in libcurl's terms.
struct HTTPRequest {
    enum Method: String {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
    }

    enum Body {
        case none
        case bytes([UInt8])
        /// A range of a file, read as it is sent.
        case file(path: String, range: Range<Int>)

        var count: Int {
            switch self {
            case .none: 0
            case .bytes(let bytes): bytes.count
            case .file(_, let range): range.count
            }
        }
    }

    var method = Method.get
    /// Percent-encoded in full.
    var url: String
    /// Names and values; libcurl signs them all where there is a signature.
    var headers: [(name: String, value: String)] = []
    /// The bytes to ask for; `nil` for the whole object.
    var range: Range<Int>?
    var body = Body.none
    /// Sent to the host of ``url`` alone, whatever it redirects to.
    var login: (user: String, password: String)?
    /// A netrc file, asked for a user and a password of each host where there is no ``login``.
    var netrcPath: String?
    /// Signs the request for AWS.
    var signature: AWSSignature?
    var followsRedirects = false
    /// Certificates to trust instead of the system's.
    var certificatesPath: String?
    /// False for services on this machine, which a proxy cannot reach.
    var usesProxy = true
    /// How long the whole exchange may take, in milliseconds; 0 for as long as bytes move.
    var timeoutMilliseconds = 0

    init(_ method: Method = .get, url: String) {
        self.method = method
        self.url = url
    }
}

/// What libcurl signs a request with.
struct AWSSignature {
    var credentials: AWSCredentials
    var region: String
    var service: String
}

/// The status and the headers of a response.
struct HTTPHead: Sendable, Equatable {
    var status = 0
    /// By lower-case name; the last one of a name counts.
    var headers: [String: String] = [:]

    subscript(_ name: String) -> String? { headers[name] }

    /// What tells this state of the object from others: its ETag, or else when it was changed.
    var validator: ObjectValidator? {
        if let etag = self["etag"] { return ObjectValidator(form: .etag, text: etag) }
        return self["last-modified"].map { ObjectValidator(form: .lastModified, text: $0) }
    }

    /// The seconds that a server asks to wait, where it says so in digits.
    var retryAfterSeconds: Int? { self["retry-after"].flatMap { Int($0) } }

    /// The bytes that a 206 carries, and the size of the whole object where it is told.
    var contentRange: (range: Range<Int>, total: Int?)? {
        guard let text = self["content-range"], text.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        let ends = parts.first.map { $0.split(separator: "-", omittingEmptySubsequences: false) } ?? []
        guard parts.count == 2, ends.count == 2, let first = Int(ends[0]), let last = Int(ends[1]),
            first >= 0, last >= first, last < Int.max
        else { return nil }
        return (first..<last + 1, Int(parts[1]))
    }

    /// Takes one header line in, its line end included.
    mutating func add(line: String) {
        if line.hasPrefix("HTTP/") {
            // A new head: of the response after a redirect, a proxy's answer or a 100.
            let words = line.split(separator: " ", maxSplits: 2)
            self = HTTPHead(status: words.count > 1 ? Int(words[1].prefix(3)) ?? 0 : 0)
            return
        }
        guard let colon = line.firstIndex(of: ":") else { return }
        let name = line[..<colon].lowercased()
        headers[name] = Text.trimmed(line[line.index(after: colon)...])
    }
}
