/// What differs between a web server and a bucket: how a request for an object is made, and what answers mean.
protocol ObjectServer: AnyObject {
    /// The source as its operator wrote it, less secrets.
    var name: String { get }

    /// Whether objects can be stored.
    var isWritable: Bool { get }

    /// Where an object is, for messages: without query and without secrets.
    func address(of object: String) -> String

    /// A request for an object.
    ///
    /// - Parameters:
    ///   - method: GET, HEAD, PUT or POST.
    ///   - object: Its name in the source.
    ///   - query: Items in any order, not encoded.
    ///   - headers: Headers to send beside the server's own.
    ///   - body: The bytes to send, and the SHA-256 of them in hexadecimal.
    /// - Returns: The request, signed where there are credentials.
    /// - Throws: `unauthorised` or `unreachable` where credentials cannot be had.
    func request(
        _ method: HTTPRequest.Method, _ object: String, query: [(name: String, value: String)],
        headers: [(name: String, value: String)], body: (HTTPRequest.Body, sha256: String)?
    ) throws(SourceError) -> HTTPRequest

    /// Whether an answer that refuses the credentials may be another one with new credentials.
    func renewsCredentials(after exchange: HTTPExchange) -> Bool

    /// The server's own words for a status above 299, where it has some: a kind, and what to tell.
    func explain(_ head: HTTPHead, body: String) -> (kind: SourceError.Kind?, text: String)
}

extension ObjectServer {
    func request(_ method: HTTPRequest.Method, _ object: String) throws(SourceError) -> HTTPRequest {
        try request(method, object, query: [], headers: [], body: nil)
    }
}
