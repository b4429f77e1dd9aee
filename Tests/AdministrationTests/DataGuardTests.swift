import HTTP
import Testing

@testable import Administration

@Suite("Who may see keys and values")
struct DataGuardTests {
    private func status(
        open: Bool, protected: Bool = true, peer: String = "127.0.0.1:9", _ headers: [(name: String, value: String)]
    ) -> Int {
        let keeper = DataGuard(isOpen: { open }, isProtected: { protected }) { name, password, _ in
            name == "ops" && password == "se:cret" ? .everything : nil
        }
        let request = HTTPRequest(path: "/hotkeys", headers: headers, peer: peer)
        switch keeper.admission(of: request, to: .monitors) {
        case .admitted: return 200
        case .refused(let response): return response.status
        }
    }

    private let host = (name: "Host", value: "127.0.0.1:9121")

    @Test("Without a password this machine is answered, and others where protected mode is off")
    func open() {
        #expect(status(open: true, [host]) == 200)
        #expect(status(open: true, peer: "[::1]:9", [("Host", "[::1]:9121")]) == 200)
        #expect(status(open: true, peer: "10.0.0.1:9", [host]) == 403)
        #expect(status(open: true, peer: "", [host]) == 403)
        #expect(status(open: true, protected: false, peer: "10.0.0.1:9", [("Host", "10.0.0.2:9121")]) == 200)
    }

    @Test(
        "Without a password a name that somebody else may make lead here is no way in",
        arguments: [
            "evil.example", "127.0.0.1.evil.example:80", "localhost.evil", "", "[::1", "1.2.3", "1.2.3.256", "a",
        ])
    func rebinding(_ name: String) {
        #expect(status(open: true, [("Host", name)]) == 403)
        #expect(status(open: true, protected: false, [("Host", name)]) == 403)
    }

    @Test("localhost in any case, and with a port, is this machine")
    func localhost() {
        #expect(status(open: true, [("Host", "LocalHost:9121")]) == 200)
        #expect(status(open: true, [("Host", "localhost")]) == 200)
    }

    @Test("With a password only a user's own opens, wherever the request comes from")
    func password() {
        // ops:se:cret, ops:wrong
        #expect(
            status(open: false, peer: "10.0.0.1:9", [("Host", "h"), ("Authorization", "Basic b3BzOnNlOmNyZXQ=")]) == 200
        )
        #expect(status(open: false, [host, ("Authorization", "basic b3BzOnNlOmNyZXQ=")]) == 200)
        #expect(status(open: false, [host, ("Authorization", "Basic b3BzOndyb25n")]) == 401)
        #expect(status(open: false, protected: false, [host]) == 401)
        for header in ["", "Basic", "Basic !!!", "Bearer b3BzOnNlOmNyZXQ=", "Basic b3Bz"] {
            #expect(status(open: false, [host, ("Authorization", header)]) == 401, "\(header)")
        }
    }

    @Test("Without a name the default user is meant")
    func defaultUser() {
        // :pw
        let request = HTTPRequest(path: "/", headers: [("Authorization", "Basic OnB3")])
        #expect(DataGuard.credentials(request)?.name == "default")
        #expect(DataGuard.credentials(request)?.password == "pw")
    }

    @Test("What another site makes a browser ask is refused")
    func crossSite() {
        #expect(status(open: true, [host, ("Sec-Fetch-Site", "cross-site")]) == 403)
        #expect(status(open: true, [host, ("Sec-Fetch-Site", "same-origin")]) == 200)
        #expect(status(open: true, [host, ("Sec-Fetch-Site", "none")]) == 200)
    }
}
