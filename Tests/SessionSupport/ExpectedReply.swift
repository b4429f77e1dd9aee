/// What a request should get, as far as it can be told without knowing how requests are served.
///
/// Written to be obviously right: from one request and one version of each dataset.
struct ExpectedReply {
    typealias Bytes = [UInt8]

    /// The number of each dataset's version.
    let versions: [Int]
    let isRESP3: Bool

    /// The reply to a request about keys of a database; `nil` for commands of which only the form is known.
    func bytes(_ request: [Bytes], database: Int) -> Bytes? {
        let name = String(decoding: request[0], as: UTF8.self).uppercased()
        func value(_ index: Int) -> Bytes? {
            VersionedWorld.value(of: request[index], in: versions[database], of: database)
        }
        let isDamaged = request.dropFirst().contains(VersionedWorld.damagedKey)
        switch (name, request.count) {
        case ("GET", 2), ("STRLEN", 2), ("TYPE", 2), ("TTL", 2), ("GETRANGE", 4):
            if name == "GETRANGE", request[2] != [48] || Int(String(decoding: request[3], as: UTF8.self)) ?? -1 < 0 {
                return nil
            }
            if request[1] == VersionedWorld.damagedKey { return SessionModel.damagedReply }
            return about(value(1), name, request)
        case ("MGET", 2...):
            if isDamaged { return SessionModel.damagedReply }
            return (1..<request.count).reduce(line("*\(request.count - 1)")) { $0 + (value($1).map(bulk) ?? null) }
        case ("EXISTS", 2...), ("TOUCH", 2...):
            if isDamaged { return SessionModel.damagedReply }
            return line(":\((1..<request.count).count { value($0) != nil })")
        case ("DBSIZE", 1):
            return line(":\(VersionedWorld.keys.count { self.value($0, database) != nil })")
        case ("KEYS", 2):
            guard request[1] == [42] else { return nil }
            let keys = VersionedWorld.keys.filter { self.value($0, database) != nil }
            return keys.reduce(line("*\(keys.count)")) { $0 + bulk($1) }
        case ("PING", 2), ("ECHO", 2): return bulk(request[1])
        case ("PING", 1): return line("+PONG")
        default: return nil
        }
    }

    private func value(_ key: Bytes, _ database: Int) -> Bytes? {
        VersionedWorld.value(of: key, in: versions[database], of: database)
    }

    private func about(_ value: Bytes?, _ name: String, _ request: [Bytes]) -> Bytes? {
        switch name {
        case "GET": return value.map(bulk) ?? null
        case "STRLEN": return line(":\(value?.count ?? 0)")
        case "TYPE": return line(value == nil ? "+none" : "+string")
        case "TTL": return line(value == nil ? ":-2" : ":-1")
        default:
            let last = Int(String(decoding: request[3], as: UTF8.self)) ?? 0
            return bulk(Bytes((value ?? []).prefix(last == Int.max ? last : last + 1)))
        }
    }

    private var null: Bytes { line(isRESP3 ? "_" : "$-1") }

    private func bulk(_ bytes: Bytes) -> Bytes { line("$\(bytes.count)") + bytes + [13, 10] }

    private func line(_ text: String) -> Bytes { Bytes(text.utf8) + [13, 10] }
}
