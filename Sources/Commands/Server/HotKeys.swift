import Bytes
import Datasets
import RESP

/// A key that is asked for often, as far as samples tell.
public struct HotKey: Sendable, Equatable {
    public var key: [UInt8]
    /// Of the look-ups in its dataset, lately: above 0 and at most 1; rather too small than too large.
    public var share: Double
    /// Look-ups a second, on average over the last minute or so.
    public var perSecond: Double

    public init(key: [UInt8], share: Double, perSecond: Double) {
        self.key = key
        self.share = share
        self.perSecond = perSecond
    }
}

/// `DATASET HOTKEYS [name] [COUNT count]`, read.
struct HotKeysRequest {
    let database: Int
    let count: Int

    init(_ request: borrowing Request, names: [String], selected: Int) throws(CommandError) {
        var (database, count, index) = (selected, 10, 2)
        // A dataset may be called COUNT; what follows tells them apart.
        if request.count % 2 == 1 {
            let name = String(copying: request[2])
            guard let number = names.firstIndex(of: name) else {
                throw CommandError(ErrorReply.unknownDataset(name, among: names))
            }
            (database, index) = (number, 3)
        }
        if index < request.count {
            guard request.count == index + 2, request[index].equalsIgnoringCase("count") else {
                throw CommandError(ErrorReply.syntax)
            }
            guard let wanted = Int(decimal: request[index + 1]), 1...Self.countMax ~= wanted else {
                throw CommandError("ERR COUNT must be a number from 1 to 1000")
            }
            count = wanted
        }
        (self.database, self.count) = (database, count)
    }

    private static let countMax = 1_000
}

extension Session {
    /// Has a reader write the hot keys of a dataset, the hottest first: merging what all loops know takes a while.
    func tellHotKeys(_ request: borrowing Request) throws(CommandError) {
        let wanted = try HotKeysRequest(request, names: context.server.catalog.names, selected: database)
        schedule(
            SingleSliceJob(version: protocolVersion) { [server = context.server] reply in
                let keys = server.hotKeys(database: wanted.database, count: wanted.count)
                reply.array(count: keys.count)
                for key in keys { key.write(to: &reply) }
            })
    }
}

extension HotKey {
    fileprivate func write(to reply: inout ReplyWriter) {
        reply.map(count: 3)
        reply.bulk("key" as StaticString)
        reply.bulk(key.span)
        reply.bulk("share" as StaticString)
        reply.double((share * 10_000).rounded() / 10_000)
        reply.bulk("per-second" as StaticString)
        reply.double((perSecond * 10).rounded() / 10)
    }
}
