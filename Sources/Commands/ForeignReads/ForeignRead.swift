import Bytes
import RESP

/// How a command is answered that reads values of a type that no key here has.
///
/// Every value is a string, so such a command has two answers only: `WRONGTYPE` where one of its keys is
/// there, and what Redis says of a missing key. What a request must be like is checked in Redis's order: some
/// of it before any key is looked up, and some only where no key is there.
struct ForeignRead: Sendable {
    /// Throws where an argument is not what it must be.
    typealias Check = @Sendable (borrowing Request) throws(CommandError) -> Void

    /// Which arguments are keys.
    enum Keys {
        /// The only one, at this place.
        case one(at: Int)
        /// All behind the name.
        case all
        /// As many as the first argument says, which a check has found to be right.
        case counted
        /// Those of `XREAD`, as far as Redis comes.
        case streams
    }

    /// The reply where none of the keys is there.
    enum Missing {
        case null, nullArray, zero, emptyArray, emptyMap, emptySet
        /// The page of a walk that is over.
        case emptyPage
        /// An empty array for requests of more arguments than this, else a null.
        case emptyArrayPast(argumentCount: Int)
        /// The reply of `LPOS`, which depends on an option.
        case position
        /// One of these for each argument from there on.
        case nulls(from: Int)
        case nullArrays(from: Int)
        case zeros(from: Int)
        /// Times to live of fields, -2 for each.
        case noFieldTimes
        case noSuchKey
        /// The error of `XPENDING`, which quotes the key and the group.
        case noGroup
    }

    let missing: Missing
    let keys: Keys
    /// What Redis looks at before it looks keys up.
    let early: Check?
    /// What Redis looks at once it knows that there is no value of another type.
    let late: Check?

    init(_ missing: Missing, keys: Keys = .one(at: 1), early: Check? = nil, late: Check? = nil) {
        self.missing = missing
        self.keys = keys
        self.early = early
        self.late = late
    }

    /// The places of the keys in a request that ``early`` has let pass.
    func keyPlaces(in request: borrowing Request) -> Range<Int> {
        switch keys {
        case .one(let place): place..<place + 1
        case .all: 1..<request.count
        case .counted: 2..<2 + (Int(decimal: request[1]) ?? 0)
        case .streams: StreamArguments.keyPlaces(in: request)
        }
    }

    /// Writes what Redis says where no key is there: a reply, or what is wrong with the arguments.
    func writeMissing(_ request: borrowing Request, to reply: inout ReplyWriter) {
        do throws(CommandError) {
            try late?(request)
        } catch {
            return reply.error(error.text.span)
        }
        switch missing {
        case .null: reply.null()
        case .nullArray: reply.nullArray()
        case .zero: reply.integer(0)
        case .emptyArray: reply.array(count: 0)
        case .emptyMap: reply.map(count: 0)
        case .emptySet: reply.set(count: 0)
        case .emptyPage:
            reply.array(count: 2)
            reply.bulk("0" as StaticString)
            reply.array(count: 0)
        case .emptyArrayPast(let count): Self.writeNothing(isArray: request.count > count, to: &reply)
        case .position: Self.writeNothing(isArray: PositionArguments.hasCount(request), to: &reply)
        case .nulls(let first): Self.write(from: first, of: request, to: &reply) { $0.null() }
        case .nullArrays(let first): Self.write(from: first, of: request, to: &reply) { $0.nullArray() }
        case .zeros(let first): Self.write(from: first, of: request, to: &reply) { $0.integer(0) }
        case .noFieldTimes: Self.write(from: FieldArguments.first, of: request, to: &reply) { $0.integer(-2) }
        case .noSuchKey: reply.error("ERR no such key" as StaticString)
        case .noGroup: reply.error(StreamArguments.noGroup(request).span)
        }
    }

    private static func writeNothing(isArray: Bool, to reply: inout ReplyWriter) {
        if isArray { reply.array(count: 0) } else { reply.null() }
    }

    private static func write(
        from first: Int, of request: borrowing Request, to reply: inout ReplyWriter,
        _ element: (inout ReplyWriter) -> Void
    ) {
        reply.array(count: request.count - first)
        for _ in first..<request.count { element(&reply) }
    }
}
