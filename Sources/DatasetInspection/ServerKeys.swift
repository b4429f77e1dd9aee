internal import Bytes
internal import RESP
internal import RedisClient

/// The keys and values of a server's database, asked for by the batch.
struct ServerKeys {
    let client: RedisClient

    /// How many keys one request names at most, so that no other client of the server waits for long.
    static let keysInRequestMax = 500

    func count() throws(InspectionError) -> Int {
        guard case .integer(let count) = try call([Array("DBSIZE".utf8)]) else { throw unexpected("DBSIZE") }
        return count
    }

    /// About `count` keys, and the cursor behind them; a cursor of 0 begins and ends.
    func scan(_ cursor: [UInt8], count: Int = keysInRequestMax) throws(InspectionError) -> (
        next: [UInt8], keys: [[UInt8]]
    ) {
        let reply = try call([
            Array("SCAN".utf8), cursor, Array("COUNT".utf8), Array(String(count).utf8),
        ])
        guard case .array(let parts) = reply, parts.count == 2, case .bulk(let next) = parts[0],
            case .array(let elements) = parts[1]
        else { throw unexpected("SCAN") }
        var keys: [[UInt8]] = []
        keys.reserveCapacity(elements.count)
        for element in elements {
            guard case .bulk(let key) = element else { throw unexpected("SCAN") }
            keys.append(key)
        }
        return (next, keys)
    }

    /// The values of `keys`; `nil` for those that are absent or hold no string.
    func values(_ keys: [[UInt8]]) throws(InspectionError) -> [[UInt8]?] {
        guard !keys.isEmpty else { return [] }
        beginValues(keys.count)
        for key in keys { client.append(word: key.span) }
        return try receiveValues(keys.count)
    }

    /// Begins an MGET of `count` keys, which are to be appended to the request next.
    func beginValues(_ count: Int) {
        client.begin(wordCount: count + 1)
        let name = Array("MGET".utf8)
        client.append(word: name.span)
    }

    /// The reply to an MGET of `count` keys that has been sent.
    func receiveValues(_ count: Int) throws(InspectionError) -> [[UInt8]?] {
        let reply = try receive("MGET")
        guard case .array(let elements) = reply, elements.count == count else { throw unexpected("MGET") }
        var values: [[UInt8]?] = []
        values.reserveCapacity(count)
        for element in elements {
            switch element {
            case .bulk(let value): values.append(value)
            case .null: values.append(nil)
            default: throw unexpected("MGET")
            }
        }
        return values
    }

    /// What each key holds: `string`, `list`, `none`.
    func types(_ keys: [[UInt8]]) throws(InspectionError) -> [String] {
        for key in keys { client.send([Array("TYPE".utf8), key]) }
        var types: [String] = []
        for _ in keys {
            guard case .simple(let type) = try receive("TYPE") else { throw unexpected("TYPE") }
            types.append(type)
        }
        return types
    }

    private func call(_ words: [[UInt8]]) throws(InspectionError) -> Reply {
        do throws(RedisClientError) {
            return try client.call(words)
        } catch {
            throw InspectionError(error)
        }
    }

    private func receive(_ command: String) throws(InspectionError) -> Reply {
        do throws(RedisClientError) {
            let reply = try client.receive()
            if case .error(let text) = reply { throw client.refusal(of: Array(command.utf8), text) }
            return reply
        } catch {
            throw InspectionError(error)
        }
    }

    private func unexpected(_ command: String) -> InspectionError {
        InspectionError(.unreachable, "\(client.address) does not answer \(command) as Redis does")
    }
}
