public import HTTP

/// What answers requests for one path of the admin server; called on the admin server's own threads.
public struct Endpoint: Sendable {
    /// The whole path, such as `/metrics`.
    public let path: String
    /// For the list of what there is.
    public let meaning: String
    let audience: Audience
    private let make: @Sendable (HTTPRequest, Visitor) -> HTTPResponse

    /// Who is answered.
    enum Audience: Sendable {
        case everybody
        /// Users who may run `MONITOR`: the answer tells of keys or values, not only of how the server does.
        case monitors
        /// All users; the answer tells each of them what its rules let it see.
        case users
    }

    /// One that answers everybody; or, where `tellsData`, since the answer tells of keys or values, users who may run
    /// `MONITOR`.
    public init(
        _ path: String, _ meaning: String, tellsData: Bool = false,
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) {
        (self.path, self.meaning, audience) = (path, meaning, tellsData ? .monitors : .everybody)
        make = { request, _ in answer(request) }
    }

    /// What tells each user what its rules let it see.
    init(_ path: String, _ meaning: String, answer: @escaping @Sendable (HTTPRequest, Visitor) -> HTTPResponse) {
        (self.path, self.meaning, audience, make) = (path, meaning, .users, answer)
    }

    /// Answers a request of one of ``audience``.
    func answer(_ request: HTTPRequest, to visitor: Visitor = .nothing) -> HTTPResponse { make(request, visitor) }
}
