private import Bytes

/// Where a Redis server is to be found, and as whom to speak to it.
///
/// Written `redis://[[user:]password@]host[:port][/db]`, `unix://[[user:]password@]/path[?db=n]` or
/// `host[:port][/db]`; `%41` stands for a byte of the user, the password or the path, and IPv6 addresses are in
/// brackets. Its description leaves the password out.
///
/// `rediss://` speaks TLS, and may be followed by what redis-cli calls so: `?cacert=FILE`, `cacertdir=DIRECTORY`,
/// `cert=FILE`, `key=FILE` and `insecure`, with `&` between them.
public struct RedisAddress: Sendable, Equatable, CustomStringConvertible {
    public var endpoint: Endpoint
    /// For AUTH; `nil` for the default user.
    public var user: String?
    public var password: String?
    /// Where the password is that the address leaves out, or leaves empty behind a user.
    public var passwordElsewhere: RedisPassword?
    /// For SELECT; at least 0.
    public var database: Int
    /// How to encrypt; `nil`: not at all.
    public var encryption: RedisEncryption?

    public enum Endpoint: Sendable, Equatable {
        case host(String, port: UInt16)
        case unix(path: String)
    }

    public static let defaultPort: UInt16 = 6379

    public init(endpoint: Endpoint, user: String? = nil, password: String? = nil, database: Int = 0) {
        precondition(database >= 0)
        self.endpoint = endpoint
        self.user = user
        self.password = password
        self.database = database
    }

    /// Reads an address.
    ///
    /// - Throws: ``RedisClientError`` of kind `address`, which says what is wrong and never shows a password.
    public init(_ text: String) throws(RedisClientError) {
        let shown = Self.withoutPassword(text)
        func wrong(_ why: String) -> RedisClientError { RedisClientError(.address, "\(shown): \(why)") }
        var scheme = "redis"
        var rest = text[...]
        if let found = Self.scheme(of: text) { (scheme, rest) = found }
        switch scheme {
        case "redis", "unix": break
        case "rediss":
            let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            guard let encryption = RedisEncryption(query: parts.count == 2 ? parts[1] : "") else {
                throw wrong(
                    "behind a ? may stand cacert=FILE, cacertdir=DIRECTORY, cert=FILE with key=FILE, and insecure, "
                        + "with & between them")
            }
            self.encryption = encryption
            rest = parts[0]
        default: throw wrong("the scheme \(scheme) is unknown; there are redis://, rediss:// and unix://")
        }
        if let at = rest.lastIndex(of: "@") {
            let credentials = rest[..<at]
            rest = rest[rest.index(after: at)...]
            let parts = credentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = Self.decoded(parts[0]), let last = Self.decoded(parts[parts.count - 1]) else {
                throw wrong("a % in the user or the password is not followed by two hexadecimal digits")
            }
            // As redis-cli has it, a lone word is a password.
            (user, password) = (parts.count == 2 && !first.isEmpty ? first : nil, last)
        }
        if scheme == "unix" {
            guard let (path, number) = Self.unixPath(rest) else {
                throw wrong("it must be like unix:///run/redis.sock or unix:///run/redis.sock?db=1")
            }
            (endpoint, database) = (.unix(path: path), number)
        } else {
            guard let (host, port, number) = Self.host(rest) else {
                throw wrong("it must be like redis://host:6379/0")
            }
            (endpoint, database) = (.host(host, port: port), number)
        }
    }

    public var description: String {
        let name = user.map { "\($0)@" } ?? ""
        return switch endpoint {
        case .host(let host, let port):
            "\(encryption == nil ? "redis" : "rediss")://\(name)\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
        case .unix(let path): "unix://\(name)\(path)\(database == 0 ? "" : "?db=\(database)")"
        }
    }

    private static func scheme(of text: String) -> (String, Substring)? {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
        return (text[..<colon].lowercased(), text[text.index(colon, offsetBy: 3)...])
    }

    /// `text` with all that may be a user or a password taken out.
    private static func withoutPassword(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return text }
        let scheme = scheme(of: text).map { "\($0.0)://" } ?? ""
        return scheme + text[text.index(after: at)...]
    }

    /// Takes `host`, `host:port`, `[::1]:port`, each perhaps followed by `/db`, apart.
    private static func host(_ text: Substring) -> (host: String, port: UInt16, database: Int)? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let database = parts.count < 2 || parts[1].isEmpty ? 0 : Self.database(parts[1]) else { return nil }
        var host = parts[0]
        var port = ""[...]
        if host.first == "[" {
            guard let close = host.lastIndex(of: "]") else { return nil }
            let behind = host[host.index(after: close)...]
            guard behind.isEmpty || behind.first == ":" else { return nil }
            port = behind
            host = host[host.index(after: host.startIndex)..<close]
        } else if let colon = host.lastIndex(of: ":") {
            port = host[colon...]
            host = host[..<colon]
            guard !host.contains(":") else { return nil }
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "\0" }) else { return nil }
        guard !port.isEmpty else { return (String(host), defaultPort, database) }
        guard let number = UInt16(port.dropFirst()), number > 0 else { return nil }
        return (String(host), number, database)
    }

    private static func unixPath(_ text: Substring) -> (path: String, database: Int)? {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = decoded(parts[0]), path.first == "/", !path.contains("\0") else { return nil }
        guard parts.count == 2 else { return (path, 0) }
        guard parts[1].hasPrefix("db="), let number = database(parts[1].dropFirst(3)) else { return nil }
        return (path, number)
    }

    private static func database(_ text: Substring) -> Int? {
        guard let number = Int(text), number >= 0, text.first != "+" else { return nil }
        return number
    }

    /// `text` with its `%41`s resolved; `nil` where one is not hexadecimal, or the bytes are not UTF-8.
    static func decoded(_ text: Substring) -> String? {
        PercentEncoding.decoded(text.utf8).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
