internal import Bytes

/// The stream of commands that `redis-cli --pipe` takes: RESP arrays of bulk strings, and inline commands.
///
/// SET key value and MSET key value … are rows. SET with options is a malformed row, as what options
/// ask for (expiry, conditions) is not kept; so is every other command. A broken frame ends the input,
/// for nothing tells where the next one begins. Lines are counted as an editor does, line feeds inside
/// of values included.
struct RESPDecoder: RowDecoder, ~Copyable {
    private(set) var line = 1
    // Where the current frame's parsing stopped; offsets count from its first byte.
    private var position = 0
    private var argumentCount: Int?
    private var arguments: [Range<Int>] = []
    private var inline = ByteBuffer()

    // As in Redis.
    private static let argumentCountMax = 1 << 20
    private static let bulkBytesMax = 512 << 20
    private static let inlineBytesMax = 64 << 10
    /// A longest length line: marker, digits of a 64-bit number, CR, LF.
    private static let lengthLineBytesMax = 23

    init() {}

    mutating func decode(
        _ bytes: Span<UInt8>, isLast: Bool, to sink: inout some RowSink & ~Copyable
    ) throws(BuildError) -> Int {
        var start = 0
        while start < bytes.count {
            let rest = bytes.extracting(start..<bytes.count)
            let isFrame = rest[0] == UInt8(ascii: "*")
            guard let end = isFrame ? try frame(rest, &sink) : try inlineCommand(rest, isLast: isLast, &sink) else {
                guard isLast else { break }
                throw sink.failure(line: line, "the input ends inside a command")
            }
            if isFrame {
                try command(rest.extracting(0..<end), arguments, &sink)
            } else if !arguments.isEmpty {
                try command(inline.span, arguments, &sink)
            }
            line += rest.extracting(0..<end).count(of: .lineFeed)
            start += end
            (position, argumentCount) = (0, nil)
            arguments.removeAll(keepingCapacity: true)
        }
        return start
    }

    /// Goes on with the array that begins `bytes`; its length, or `nil` where it is not whole yet.
    private mutating func frame(
        _ bytes: Span<UInt8>, _ sink: inout some RowSink & ~Copyable
    ) throws(BuildError) -> Int? {
        if argumentCount == nil {
            guard let count = try length(bytes, "*", max: Self.argumentCountMax, &sink) else { return nil }
            argumentCount = count
        }
        while let argumentCount, arguments.count < argumentCount {
            let start = position
            guard let length = try length(bytes, "$", max: Self.bulkBytesMax, &sink) else { return nil }
            guard bytes.count - position >= length + 2 else {
                position = start
                return nil
            }
            let end = position + length
            guard bytes[end] == .carriageReturn, bytes[end + 1] == .lineFeed else {
                throw broken(bytes, "no line end behind a string of \(length) bytes: its length is wrong", sink)
            }
            arguments.append(position..<end)
            position = end + 2
        }
        return position
    }

    /// Reads `marker`, a decimal number and CRLF; `nil` where the line is not whole yet.
    private mutating func length(
        _ bytes: Span<UInt8>, _ marker: Unicode.Scalar, max: Int, _ sink: inout some RowSink & ~Copyable
    ) throws(BuildError) -> Int? {
        guard position < bytes.count else { return nil }
        guard bytes[position] == UInt8(ascii: marker) else {
            let found = Printable.text(bytes.extracting(position..<position + 1))
            throw broken(bytes, "expected '\(marker)' and a length, found \(found)", sink)
        }
        var value = 0
        var index = position + 1
        while index < bytes.count, bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") {
            value = min(value * 10 + Int(bytes[index] - UInt8(ascii: "0")), max + 1)
            index += 1
            guard index - position < Self.lengthLineBytesMax else { break }
        }
        guard value <= max else { throw broken(bytes, "a length above Redis's limit of \(max)", sink) }
        guard index + 1 < bytes.count else {
            guard index == bytes.count || bytes[index] == .carriageReturn else {
                throw broken(bytes, "a length that is not a number", sink)
            }
            return nil
        }
        guard index > position + 1, bytes[index] == .carriageReturn, bytes[index + 1] == .lineFeed else {
            throw broken(bytes, "a length that is not a number", sink)
        }
        position = index + 2
        return value
    }

    private func broken(
        _ bytes: Span<UInt8>, _ problem: String, _ sink: borrowing some RowSink & ~Copyable
    ) -> BuildError {
        sink.failure(line: line + bytes.extracting(0..<position).count(of: .lineFeed), problem)
    }

    /// Splits the line that begins `bytes`; its length, or `nil` where it is not whole yet.
    private mutating func inlineCommand(
        _ bytes: Span<UInt8>, isLast: Bool, _ sink: inout some RowSink & ~Copyable
    ) throws(BuildError) -> Int? {
        let lineFeed = bytes.firstIndex(of: .lineFeed, from: position)
        let end = lineFeed ?? bytes.count
        guard end <= Self.inlineBytesMax else {
            throw sink.failure(line: line, "an inline command of more than 64 KiB; is this RESP?")
        }
        guard lineFeed != nil || isLast else {
            position = bytes.count
            return nil
        }
        if !InlineCommand.split(bytes.extracting(0..<end), into: &inline, &arguments) {
            arguments.removeAll(keepingCapacity: true)
            try sink.takeBad(line: line, "unbalanced quotes in an inline command")
        }
        return lineFeed.map { $0 + 1 } ?? end
    }

    /// Takes the rows out of one command.
    private func command(
        _ bytes: Span<UInt8>, _ arguments: borrowing [Range<Int>], _ sink: inout some RowSink & ~Copyable
    ) throws(BuildError) {
        guard !arguments.isEmpty else { return }
        let name = bytes.extracting(arguments[0])
        if Self.isName(name, "SET") {
            if arguments.count == 3 {
                return try sink.take(
                    key: bytes.extracting(arguments[1]), value: bytes.extracting(arguments[2]), line: line)
            }
            guard arguments.count > 3 else {
                return try sink.takeBad(line: line, "SET needs a key and a value")
            }
            let option = Printable.text(bytes.extracting(arguments[3]))
            try sink.takeBad(
                line: line,
                "SET with the option \(option): only SET key value is taken, as expiry and conditions are not kept")
        } else if Self.isName(name, "MSET") {
            guard arguments.count >= 3, !arguments.count.isMultiple(of: 2) else {
                return try sink.takeBad(line: line, "MSET needs keys and values in pairs")
            }
            for index in stride(from: 1, to: arguments.count, by: 2) {
                try sink.take(
                    key: bytes.extracting(arguments[index]), value: bytes.extracting(arguments[index + 1]), line: line)
            }
        } else {
            try sink.takeBad(line: line, "the command \(Printable.text(name)): only SET and MSET make rows")
        }
    }

    /// Whether `bytes` spell `name`, which is in capitals, in any case.
    private static func isName(_ bytes: Span<UInt8>, _ name: StaticString) -> Bool {
        guard bytes.count == name.utf8CodeUnitCount else { return false }
        let wanted = unsafe Span(_unsafeStart: name.utf8Start, count: name.utf8CodeUnitCount)
        for index in bytes.indices where bytes[index] & 0xDF != wanted[index] { return false }
        return true
    }
}
