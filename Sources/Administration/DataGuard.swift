internal import FoundationEssentials
internal import HTTP
internal import Server

/// Who may see keys and values: the server's users, by their rules; where whoever has shown no password may see all,
/// this machine.
struct DataGuard: Sendable {
    /// Whether somebody who has shown no password may see everything.
    var isOpen: @Sendable () -> Bool
    /// Whether, while that is so, only this machine is answered.
    var isProtected: @Sendable () -> Bool
    /// Whose a name and a password are that a request shows; `nil` where they are nobody's.
    var visitor: @Sendable (_ name: String, _ password: String, HTTPRequest) -> Visitor?

    enum Admission {
        case admitted(Visitor)
        case refused(HTTPResponse)
    }

    /// Who a request is from, if they are of an audience; else what to answer it.
    func admission(of request: HTTPRequest, to audience: Endpoint.Audience) -> Admission {
        if let refusal = refusalOfBrowser(request) { return .refused(refusal) }
        if isOpen() { return refusalWithoutPassword(request).map(Admission.refused) ?? .admitted(.everything) }
        guard let (name, password) = Self.credentials(request), let visitor = visitor(name, password, request),
            audience == .users || visitor.mayMonitor
        else {
            let whose = audience == .users ? "a user" : "a user who may run MONITOR"
            var response = HTTPResponse(
                status: 401, text: "this tells keys or values: give name and password of \(whose)\n")
            response.headers = [("WWW-Authenticate", "Basic realm=\"almanac\", charset=\"UTF-8\"")]
            return .refused(response)
        }
        return .admitted(visitor)
    }

    private func refusalOfBrowser(_ request: HTTPRequest) -> HTTPResponse? {
        // A page of another site may make a browser ask here; it could not read the answer, yet the work would be done.
        if let site = request.header("sec-fetch-site"), site == "cross-site" {
            return HTTPResponse(status: 403, text: "another site sent this request\n")
        }
        return nil
    }

    private func refusalWithoutPassword(_ request: HTTPRequest) -> HTTPResponse? {
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
            visitor: { Visitor($0, $1, $2, observer) })
    }
}
