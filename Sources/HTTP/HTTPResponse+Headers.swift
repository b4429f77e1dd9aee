extension HTTPResponse {
    /// Its own headers, then those that every response has and that it does not give otherwise.
    var allHeaders: [(name: String, value: String)] {
        let own = [("Content-Type", contentType)] + headers.filter { Self.isSendable($0) }
        let names = Set(own.map { $0.0.lowercased() })
        return own + Self.everywhere.filter { !names.contains($0.name.lowercased()) }
    }

    /// Nothing from here is to be kept, taken for something else, or shown inside somebody else's page; and a page may
    /// load nothing unless it brings a policy of its own.
    private static let everywhere: [(name: String, value: String)] = [
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ]

    /// Whether a header is one: what held a line end would begin another.
    private static func isSendable(_ header: (name: String, value: String)) -> Bool {
        !(header.name + header.value).utf8.contains { $0 < 0x20 || $0 == 0x7F }
    }
}
