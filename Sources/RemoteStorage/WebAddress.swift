/// The parts of an `http(s)://` address, as far as they matter here.
struct WebAddress: Equatable {
    var scheme: String
    /// User and password, as they were written, percent-encoded.
    var login: String?
    /// With brackets where it is an IPv6 address; in lower case.
    var host: String
    /// With its colon; empty where none is given.
    var port: String
    /// Begins with `/` unless it is empty; as it was written.
    var path: String
    /// Without its question mark.
    var query: String?

    /// `nil` where `text` is no such address.
    init?(_ text: String) {
        guard let separator = text.firstRange(of: "://") else { return nil }
        scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        var rest = text[separator.upperBound...]
        if let hash = rest.firstIndex(of: "#") { rest = rest[..<hash] }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = String(rest[slash...])
        var authority = rest[..<slash]
        if let at = authority.lastIndex(of: "@") {
            login = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        let end =
            authority.hasPrefix("[")
            ? authority.firstIndex(of: "]").map(authority.index(after:)) : authority.firstIndex(of: ":")
        host = authority[..<(end ?? authority.endIndex)].lowercased()
        port = String(authority[(end ?? authority.endIndex)...])
        let isPortGood = port.isEmpty || (port.hasPrefix(":") && UInt16(port.dropFirst()) != nil)
        guard !host.isEmpty, host != "[", isPortGood, !text.contains(where: { $0.isWhitespace || $0.isNewline }) else {
            return nil
        }
    }

    /// Scheme, host and port: what tells one server from another.
    var origin: String { "\(scheme)://\(host)\(port)" }

    /// Whether the host is an address of this machine, in digits.
    var isLoopback: Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return host == "[::1]" || (parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil })
    }
}
