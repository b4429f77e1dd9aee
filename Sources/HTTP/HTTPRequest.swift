/// One request, whole; a plain value.
public struct HTTPRequest: Sendable {
    /// In capitals, such as `GET`.
    public var method: String
    /// Without the query and percent-decoded, such as `/metrics`.
    public var path: String
    /// What follows the `?`, decoded, in the order of the request.
    public var query: [(name: String, value: String)]
    /// As sent; names may have any case.
    public var headers: [(name: String, value: String)]
    /// Who asks, such as `127.0.0.1:40112`.
    public var peer: String

    public init(
        method: String = "GET", path: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], peer: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.peer = peer
    }

    /// Whether it comes from this machine, by a loopback address.
    public var isLocal: Bool {
        ["127.", "[::1]:", "[::ffff:127."].contains { peer.hasPrefix($0) }
    }

    /// The first header of this name, in whatever case.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }

    /// The first parameter of this name.
    public func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }
}
