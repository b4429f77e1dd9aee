internal import HTTP
internal import Server

/// Who asks for what tells data, and what of it they may see.
struct Visitor: Sendable {
    /// Whether they may see all that clients ask for, as by `MONITOR`.
    var mayMonitor: Bool
    /// Whether they may see the value of a key, as by `GET`.
    var mayGet: @Sendable (_ key: [UInt8], _ database: Int) -> Bool

    static let everything = Self(mayMonitor: true) { _, _ in true }
    static let nothing = Self(mayMonitor: false) { _, _ in false }
}

extension Visitor {
    /// The user that a request shows the password of; `nil` where it is nobody's.
    init?(_ name: String, _ password: String, _ request: HTTPRequest, _ observer: ServerObserver) {
        let (address, path) = (request.peer, request.path)
        guard let user = observer.user(named: name, password: password, from: address, for: path) else { return nil }
        self.init(mayMonitor: observer.mayMonitor(user)) { key, database in
            observer.mayGet(key, in: database, user, from: address, for: path)
        }
    }
}
