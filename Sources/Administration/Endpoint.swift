public import HTTP

/// What answers requests for one path of the admin server; called on the admin server's own threads.
public struct Endpoint: Sendable {
    /// The whole path, such as `/metrics`.
    public var path: String
    /// For the list of what there is.
    public var meaning: String
    /// Whether the answer tells of keys or values, not only of how the server does.
    public var tellsData: Bool
    public var answer: @Sendable (HTTPRequest) -> HTTPResponse

    public init(
        _ path: String, _ meaning: String, tellsData: Bool = false,
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) {
        self.path = path
        self.meaning = meaning
        self.tellsData = tellsData
        self.answer = answer
    }
}
