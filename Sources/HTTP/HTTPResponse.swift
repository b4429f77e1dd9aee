/// What a request is answered, whole; a plain value.
public struct HTTPResponse: Sendable {
    /// Such as 200.
    public var status: Int
    /// Such as `text/plain; charset=utf-8`.
    public var contentType: String
    /// Besides those that the server adds itself, in whose place they come.
    ///
    /// A page with styles, scripts or forms needs a `Content-Security-Policy` here that allows them: there is none by
    /// default.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(
        status: Int = 200, contentType: String = "text/plain; charset=utf-8",
        headers: [(name: String, value: String)] = [], body: [UInt8]
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    public init(status: Int = 200, contentType: String = "text/plain; charset=utf-8", text: String) {
        self.init(status: status, contentType: contentType, body: Array(text.utf8))
    }
}
