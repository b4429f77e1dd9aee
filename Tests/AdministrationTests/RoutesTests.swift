import HTTP
import Testing

@testable import Administration

@Suite("Routes of the admin server")
struct RoutesTests {
    private let routes = Routes([Endpoint("/early", "from the start") { _ in HTTPResponse(text: "early") }])

    private func text(_ response: HTTPResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test("Before there is a server, what needs one says that it is starting")
    func starting() {
        #expect(text(routes.answer(HTTPRequest(path: "/early"))) == "early")
        let response = routes.answer(HTTPRequest(path: "/late"))
        #expect(response.status == 503)
        #expect(text(response).contains("/readyz"))
    }

    @Test("What tells data is answered to those who may see it, and to nobody where nobody is known")
    func data() {
        let endpoint = Endpoint("/keys", "keys", tellsData: true) { _ in HTTPResponse(text: "key") }
        let keeper = DataGuard(isOpen: { false }, isProtected: { true }) { name, password, _ in
            password == "b" ? Visitor(mayMonitor: name == "a") { key, _ in key == [1] } : nil
        }
        let each = Endpoint("/each", "each") { _, visitor in HTTPResponse(text: "\(visitor.mayGet([1], 0))") }
        routes.add([endpoint, each])
        #expect(routes.answer(HTTPRequest(path: "/each")).status == 403)
        #expect(routes.answer(HTTPRequest(path: "/keys")).status == 403)
        routes.add([endpoint, each], keeper: keeper)
        #expect(routes.answer(HTTPRequest(path: "/keys")).status == 401)
        // a:b
        let headers = [(name: "Authorization", value: "Basic YTpi")]
        #expect(text(routes.answer(HTTPRequest(path: "/keys", headers: headers))) == "key")
        // c:b, who may not run MONITOR.
        let other = [(name: "Authorization", value: "Basic Yzpi")]
        #expect(routes.answer(HTTPRequest(path: "/keys", headers: other)).status == 401)
        #expect(text(routes.answer(HTTPRequest(path: "/each", headers: other))) == "true")
    }

    @Test("A path that nobody answers lists those that somebody does")
    func list() {
        routes.add([Endpoint("/late", "later") { _ in HTTPResponse(text: "late") }])
        #expect(text(routes.answer(HTTPRequest(path: "/late"))) == "late")
        let response = routes.answer(HTTPRequest(path: "/none"))
        #expect(response.status == 404)
        #expect(text(response).hasSuffix("/early  from the start\n/late   later\n"))
        let list = routes.answer(HTTPRequest(path: "/endpoints"))
        #expect(list.status == 200)
        #expect(text(list) == "/early  from the start\n/late   later\n")
    }
}
