internal import Datasets
internal import Platform
internal import RESP
internal import RedisClient

/// Tells a server by `DATASET RELOAD`, and takes its reply for an answer.
struct RedisLink: ServerLink {
    let address: RedisAddress
    /// `nil` for the one that the address's database number selects.
    let dataset: String?
    let directory: DataDirectory
    let control: SyncControl

    /// How often a stop is looked for while the server is at work.
    private static let patience = Duration.milliseconds(200)

    func announce(
        _ id: String, until deadline: Deadline, whileAbsent absence: Deadline
    ) throws(SyncError) -> ServerAnswer {
        var pauses = Pauses()
        while true {
            let silence: String
            var isAbsent = false
            switch ask(until: deadline) {
            case .success(let reply?): return try answer(reply, about: id)
            case .success(nil): silence = "\(address) has not answered DATASET RELOAD in time"
            case .failure(let error):
                // The server may be starting, or have died over the version and be starting again.
                silence = error.description
                isAbsent = true
                if error.kind == .refused { throw SyncError(.misconfigured, silence) }
            }
            try control.check()
            let end = isAbsent ? min(absence, deadline) : deadline
            guard !end.isOver else { throw SyncError(.unreachable, silence) }
            try control.pause(min(pauses.take(), end.remaining))
        }
    }

    /// The reply; `nil` where a stop was asked for, or the time is over.
    private func ask(until deadline: Deadline) -> Result<Reply?, RedisClientError> {
        do throws(RedisClientError) {
            let client = try RedisClient(address)
            client.replyTimeout = Self.patience
            client.send((["DATASET", "RELOAD"] + (dataset.map { [$0] } ?? [])).map { Array($0.utf8) })
            while !control.isStopped, !deadline.isOver {
                do throws(RedisClientError) {
                    return .success(try client.receive())
                } catch {
                    guard error.kind == .timeout else { throw error }
                }
            }
            return .success(nil)
        } catch {
            return .failure(error)
        }
    }

    /// What a reply says of a version; a refusal that the server could not put on record is put there.
    func answer(_ reply: Reply, about id: String) throws(SyncError) -> ServerAnswer {
        let refusal = try SyncError.disk { () throws(DataDirectoryError) in try directory.refusal(of: id) }
        if let refusal { return .refused(refusal) }
        switch reply {
        case .simple(let words): return .serving(words)
        case .bulk(let words): return .serving(String(decoding: words, as: UTF8.self))
        case .error(let words):
            guard let refusal = Self.refusal(of: id, in: words) else {
                throw SyncError(
                    Self.isWronglyAsked(words) ? .misconfigured : .unreachable,
                    "\(address) does not serve version \(id): \(words)")
            }
            // It may see the directory without being able to write there.
            try SyncError.disk { () throws(DataDirectoryError) in try directory.quarantine(refusal) }
            return .refused(refusal)
        default: throw SyncError(.unreachable, "\(address) gave no answer to DATASET RELOAD that this build knows")
        }
    }

    /// Whether an error says that asking the same again will never help.
    static func isWronglyAsked(_ words: String) -> Bool {
        ["ERR no dataset", "ERR unknown command", "ERR unknown subcommand", "NOAUTH", "NOPERM"].contains {
            words.hasPrefix($0)
        }
    }

    /// Reads `REFUSED ID: KIND: REASON`, as a server says it the first time and whenever it is asked again; `nil` for any other error, which says nothing of the version.
    static func refusal(of id: String, in words: String) -> Refusal? {
        let start = "REFUSED \(id): "
        guard words.hasPrefix(start) else { return nil }
        let rest = words.dropFirst(start.count)
        let name = rest.prefix { $0 != ":" }
        return Refusal(
            versionID: id, kind: Refusal.Kind(rawValue: String(name)) ?? .damaged,
            reason: String(rest.dropFirst(name.count).drop { $0 == ":" || $0 == " " }), refusedAt: .now,
            by: "almanac serve")
    }
}
