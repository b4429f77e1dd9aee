internal import FoundationEssentials
internal import HTTP
internal import Server

/// Who may see keys and values: with passwords, the server's users who may run MONITOR; without, this machine.
struct DataGuard: Sendable {
    /// Whether there is no password.
    var isOpen: @Sendable () -> Bool
    /// Whether, without one, only this machine is answered.
    var isProtected: @Sendable () -> Bool
    var accepts: @Sendable (_ name: String, _ password: String) -> Bool

    /// The answer to a request that may not see them; `nil` where it may.
    func refusal(of request: HTTPRequest) -> HTTPResponse? {
        // A page of another site may make a browser ask here; it could not read the answer, yet the work would be done.
        if let site = request.header("sec-fetch-site"), site == "cross-site" {
            return HTTPResponse(status: 403, text: "another site sent this request\n")
        }
        guard isOpen() else {
            guard let (name, password) = Self.credentials(request), accepts(name, password) else {
                var response = HTTPResponse(
                    status: 401,
                    text: "this tells keys or values: give name and password of a user who may run MONITOR\n")
                response.headers = [("WWW-Authenticate", "Basic realm=\"almanac\", charset=\"UTF-8\"")]
                return response
            }
            return nil
        }
        if isProtected(), !request.isLocal {
            return HTTPResponse(
                status: 403, text: "\(Self.openText): only clients on this machine are answered\n")
        }
        // A site whose name is made to lead to this machine would else read what a browser here may read.
        guard Self.isNumeric(request.header("host") ?? "") else {
            return HTTPResponse(
                status: 403, text: "\(Self.openText): ask by an IP address or as localhost\n")
        }
        return nil
    }

    private static let openText = "this tells keys or values, and there is no password"

    /// Name and password of HTTP's Basic scheme; without a name, Redis's default user is meant.
    static func credentials(_ request: HTTPRequest) -> (name: String, password: String)? {
        guard let header = request.header("authorization") else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])),
            let text = String(validating: data, as: UTF8.self), let colon = text.firstIndex(of: ":")
        else { return nil }
        let name = text[..<colon]
        return (name.isEmpty ? "default" : String(name), String(text[text.index(after: colon)...]))
    }

    /// Whether a host, with or without a port, is an address in numbers, or `localhost`, which no resolver is asked for.
    static func isNumeric(_ host: String) -> Bool {
        if host.hasPrefix("[") {
            guard let end = host.lastIndex(of: "]") else { return false }
            return host[host.index(after: host.startIndex)..<end].allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        let name = host.prefix { $0 != ":" }
        if name.lowercased() == "localhost" { return true }
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers.allSatisfy { UInt8($0) != nil }
    }
}

extension DataGuard {
    init(_ observer: ServerObserver) {
        self.init(
            isOpen: { observer.isOpenToEverybody }, isProtected: { observer.isProtected },
            accepts: { observer.isOperator(named: $0, password: $1) })
    }
}
