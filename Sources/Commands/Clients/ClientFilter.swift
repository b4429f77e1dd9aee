import Bytes
import RESP

/// Which connections `CLIENT LIST` lists and `CLIENT KILL` closes.
public struct ClientFilter: Sendable, Equatable {
    /// `nil` for all.
    private(set) var ids: Set<Int>?
    private(set) var kind: ClientFacts.Kind?
    /// Who is spared.
    private(set) var exceptID: Int?
    private(set) var address: String?
    private(set) var localAddress: String?
    private(set) var username: [UInt8]?
    /// Only who has been connected for as long; in seconds.
    private(set) var ageSecondsMin: Int?

    /// One connection, as `CLIENT INFO` wants it.
    init(id: Int) { ids = [id] }

    /// Connections from an address, as the older form of `CLIENT KILL` wants them.
    init(address: String) { self.address = address }

    /// Reads the arguments of `CLIENT LIST [TYPE type | ID id…]`.
    init(listed request: borrowing Request) throws(CommandError) {
        guard request.count > 2 else { return }
        if request.count == 4, request[2].equalsIgnoringCase("type") {
            kind = try ClientFacts.Kind(named: request[3])
        } else if request.count > 3, request[2].equalsIgnoringCase("id") {
            var ids: Set<Int> = []
            for index in 3..<request.count {
                guard let id = Int(decimal: request[index]) else { throw CommandError(ErrorReply.invalidClientID) }
                ids.insert(id)
            }
            self.ids = ids
        } else {
            throw CommandError(ErrorReply.syntax)
        }
    }

    /// Reads the arguments of `CLIENT KILL option value…`, of which the last of a kind counts.
    init(killed request: borrowing Request, askerID: Int, isUser: ([UInt8]) -> Bool) throws(CommandError) {
        guard request.count.isMultiple(of: 2) else { throw CommandError(ErrorReply.syntax) }
        exceptID = askerID
        for index in stride(from: 2, to: request.count, by: 2) {
            let (option, value) = (request[index], request[index + 1])
            if option.equalsIgnoringCase("id") {
                guard let id = Int(decimal: value), id > 0 else { throw CommandError(ErrorReply.clientNumber) }
                ids = [id]
            } else if option.equalsIgnoringCase("addr") {
                address = String(copying: value)
            } else if option.equalsIgnoringCase("laddr") {
                localAddress = String(copying: value)
            } else if option.equalsIgnoringCase("type") {
                kind = try ClientFacts.Kind(named: value)
            } else if option.equalsIgnoringCase("user") {
                let name = [UInt8](copying: value)
                guard isUser(name) else { throw CommandError(ErrorReply.unknownUser(value)) }
                username = name
            } else if option.equalsIgnoringCase("skipme") {
                if value.equalsIgnoringCase("yes") {
                    exceptID = askerID
                } else if value.equalsIgnoringCase("no") {
                    exceptID = nil
                } else {
                    throw CommandError(ErrorReply.syntax)
                }
            } else if option.equalsIgnoringCase("maxage") {
                guard let seconds = Int(decimal: value) else { throw CommandError(ErrorReply.maximumAge) }
                guard seconds > 0 else { throw CommandError(ErrorReply.maximumAgeTooLow) }
                ageSecondsMin = seconds
            } else {
                throw CommandError(ErrorReply.syntax)
            }
        }
    }

    /// Whether a connection is one of those; asks for its addresses, as ``ClientFacts`` has them, only where they matter.
    public func includes(
        id: Int, kind: ClientFacts.Kind, username: [UInt8], ageSeconds: Int,
        addresses: () -> (peer: String, local: String)
    ) -> Bool {
        if let wanted = self.username, wanted != username { return false }
        if let ids, !ids.contains(id) { return false }
        if let wanted = self.kind, wanted != kind { return false }
        if id == exceptID { return false }
        if let ageSecondsMin, ageSeconds < ageSecondsMin { return false }
        guard address != nil || localAddress != nil else { return true }
        let (peer, local) = addresses()
        return (address ?? peer) == peer && (localAddress ?? local) == local
    }
}

extension ClientFacts.Kind {
    /// Reads Redis's name of a type, in any case.
    fileprivate init(named name: Span<UInt8>) throws(CommandError) {
        let text = String(copying: name).lowercased()
        guard let kind = ClientFacts.Kind(rawValue: text == "slave" ? "replica" : text) else {
            throw CommandError(ErrorReply.unknownClientType(name))
        }
        self = kind
    }
}
