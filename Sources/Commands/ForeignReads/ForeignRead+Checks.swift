import Bytes
import RESP

/// Checks that commands of several types share, and those of hashes, lists and sets.
extension ForeignRead {
    /// Integers at two places.
    static func integers(_ first: Int, _ second: Int) -> Check {
        { request throws(CommandError) in
            _ = try integer(request[first])
            _ = try integer(request[second])
        }
    }

    /// The cursor of a walk over one value; its options are looked at only where the value is there.
    static let cursor: Check = { request throws(CommandError) in
        guard UInt64(cursor: request[2]) != nil else { throw CommandError(ErrorReply.invalidCursor) }
    }

    /// How many random elements are wanted, and whether with what `option` names.
    static func randomCount(option: StaticString?) -> Check {
        { request throws(CommandError) in
            guard request.count > 2 else { return }
            if option == nil, request.count > 3 { throw CommandError(ErrorReply.syntax) }
            let count = try integer(request[2])
            guard count != .min else {
                throw CommandError(
                    """
                    ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
                    """)
            }
            guard let option, request.count > 3 else { return }
            guard request.count == 4, request[3].equalsIgnoringCase(option) else {
                throw CommandError(ErrorReply.syntax)
            }
            // Each element would be two of the reply's.
            guard (-Int.max / 2...Int.max / 2).contains(count) else {
                throw CommandError("ERR value is out of range")
            }
        }
    }

    static func integer(_ text: Span<UInt8>) throws(CommandError) -> Int {
        guard let value = Int(decimal: text) else { throw CommandError(ErrorReply.notAnInteger) }
        return value
    }

    /// An integer of at least `least`; the error is the same for another number and for none.
    static func integer(_ text: Span<UInt8>, atLeast least: Int, _ error: StaticString) throws(CommandError) -> Int {
        guard let value = Int(decimal: text), value >= least else { throw CommandError(error) }
        return value
    }

    static func number(
        _ text: Span<UInt8>, _ error: StaticString = "ERR value is not a valid float"
    ) throws(CommandError) -> Double {
        guard let value = Double(argument: text) else { throw CommandError(error) }
        return value
    }
}

extension Double {
    /// Reads a number as Redis reads one of an argument: all of the text, neither overflown nor NaN.
    init?(argument text: Span<UInt8>) {
        let text = String(copying: text)
        guard let value = Double(text), !value.isNaN else { return nil }
        if value.isInfinite, !text.lowercased().contains("inf") { return nil }
        self = value
    }
}

extension Span<UInt8> {
    /// What C's functions that read numbers begin with.
    var droppingLeadingSpace: Span<UInt8> {
        @_lifetime(copy self)
        get {
            let start = indices.first { self[$0] != UInt8(ascii: " ") && !(9...13 ~= self[$0]) } ?? count
            return extracting(start...)
        }
    }
}

/// The options of `LPOS`.
enum PositionArguments {
    static let check: ForeignRead.Check = { request throws(CommandError) in
        var index = 3
        while index < request.count {
            guard index + 1 < request.count else { throw CommandError(ErrorReply.syntax) }
            let value = request[index + 1]
            if request[index].equalsIgnoringCase("RANK") {
                guard try ForeignRead.integer(value) != 0 else {
                    throw CommandError(
                        """
                        ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... \
                        or use negative to start from the end of the list
                        """)
                }
            } else if request[index].equalsIgnoringCase("COUNT") {
                _ = try ForeignRead.integer(value, atLeast: 0, "ERR COUNT can't be negative")
            } else if request[index].equalsIgnoringCase("MAXLEN") {
                _ = try ForeignRead.integer(value, atLeast: 0, "ERR MAXLEN can't be negative")
            } else {
                throw CommandError(ErrorReply.syntax)
            }
            index += 2
        }
    }

    /// Whether all positions are wanted, as an array, rather than one.
    static func hasCount(_ request: borrowing Request) -> Bool {
        var index = 3
        while index < request.count {
            if request[index].equalsIgnoringCase("COUNT") { return true }
            index += 2
        }
        return false
    }
}

/// `FIELDS count field…`, behind the key.
enum FieldArguments {
    /// The place of the first field.
    static let first = 4

    static let check: ForeignRead.Check = { request throws(CommandError) in
        guard request[2].equalsIgnoringCase("FIELDS") else {
            throw CommandError("ERR Mandatory argument FIELDS is missing or not at the right position")
        }
        let count = try ForeignRead.integer(
            request[3], atLeast: 1, "ERR Number of fields must be a positive integer")
        guard count == request.count - first else {
            throw CommandError("ERR The `numfields` parameter must match the number of arguments")
        }
    }
}

/// The arguments of reads of sets.
enum SetArguments {
    static let checkCardinality: ForeignRead.Check = { request throws(CommandError) in
        let count = try ForeignRead.integer(request[1], atLeast: 1, "ERR numkeys should be greater than 0")
        guard count <= request.count - 2 else {
            throw CommandError("ERR Number of keys can't be greater than number of args")
        }
        var index = 2 + count
        while index < request.count {
            guard index + 1 < request.count, request[index].equalsIgnoringCase("LIMIT") else {
                throw CommandError(ErrorReply.syntax)
            }
            _ = try ForeignRead.integer(request[index + 1], atLeast: 0, "ERR LIMIT can't be negative")
            index += 2
        }
    }
}
