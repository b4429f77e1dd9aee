import HTTP
import Testing

@Test("A header is found in whatever case")
func headers() {
    let request = HTTPRequest(path: "/", headers: [("Accept", "text/plain"), ("accept", "text/html")])
    #expect(request.header("ACCEPT") == "text/plain")
    #expect(request.header("host") == nil)
}
