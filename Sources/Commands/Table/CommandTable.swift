import Bytes

/// Every command the server knows, found by name; built once, then only read, by any thread.
public struct CommandTable: Sendable {
    typealias Row = Command

    /// All rows, sub-commands too, by the index in ``Command``.
    public let commands: [Command]
    /// The rows in the order of ``commands``.
    let rows: [CommandRow]
    /// Indices of the commands that are not sub-commands.
    let topLevel: [Int]
    /// Open addressing with linear steps; a power of two, at most a quarter full.
    private let slots: [Slot]
    private let shift: UInt64
    /// What `COMMAND` and `COMMAND DOCS` answer.
    let replies = ReplyCache()

    private struct Slot: BitwiseCopyable, Sendable {
        /// All zero where the slot is empty, which no name is.
        var words: (UInt64, UInt64, UInt64)
        /// The container's index, or -1.
        var container: Int16
        var row: CommandRow
    }

    /// Every command of this server.
    public static let standard = CommandTable(
        [
            strings, values, keyspace, connection, transactions, pubSub, server, monitoring, accessControl, debugging,
            dataset, cluster,
            refusedStringWrites,
            refusedKeyWrites, refusedListWrites, refusedSetWrites, refusedHashWrites, refusedStreamWrites,
            refusedOtherWrites,
            foreignHashReads, foreignFieldTimeReads, foreignListReads, foreignSetReads, foreignSortedSetReads,
            foreignStreamReads,
            foreignGeoReads, scripting, refusedServerCommands,
        ].flatMap(\.self))

    /// - Precondition: No two commands share a name, and no name is longer than ``CommandName/bytesMax``.
    init(_ topLevelCommands: [Row]) {
        var commands: [Row] = []
        var topLevel: [Int] = []
        var containers: [Int16] = []
        for command in topLevelCommands {
            let index = commands.count
            topLevel.append(index)
            commands.append(command)
            containers.append(-1)
            for subcommand in command.subcommands {
                commands.append(subcommand)
                containers.append(Int16(index))
            }
        }
        let rows = commands.enumerated().map { CommandRow($1, index: $0) }
        let bits = max(4, Int.bitWidth - (commands.count * 4).leadingZeroBitCount)
        var slots = [Slot?](repeating: nil, count: 1 << bits)
        let shift = UInt64(64 - bits)
        for (index, command) in commands.enumerated() {
            guard let name = CommandName(command.name) else { preconditionFailure("\(command.name) names no command") }
            var place = Self.place(of: name, in: containers[index], shift: shift)
            while let taken = slots[place] {
                precondition(
                    CommandName(words: taken.words) != name || taken.container != containers[index],
                    "\(command.fullName) is twice in the table")
                place = (place + 1) & (slots.count - 1)
            }
            slots[place] = Slot(words: name.words, container: containers[index], row: rows[index])
        }
        let empty = Slot(words: (0, 0, 0), container: -1, row: rows[0])
        self.commands = commands
        self.rows = rows
        self.topLevel = topLevel
        self.slots = slots.map { $0 ?? empty }
        self.shift = shift
    }

    /// The command of this name in any case, or `nil`; neither allocates nor counts references.
    @inline(__always) public func find(_ name: Span<UInt8>) -> CommandRow? {
        find(name, container: -1)
    }

    /// The sub-command of this name in any case.
    public func find(_ name: Span<UInt8>, in container: CommandRow) -> CommandRow? {
        find(name, container: container.index)
    }

    /// The row with an index.
    func row(at index: Int16) -> CommandRow { rows[Int(index)] }

    /// Everything about a row.
    public func command(of row: CommandRow) -> Command { commands[Int(row.index)] }

    @inline(__always) private func find(_ name: Span<UInt8>, container: Int16) -> CommandRow? {
        guard let name = CommandName(name) else { return nil }
        var place = Self.place(of: name, in: container, shift: shift)
        while true {
            let slot = slots[place]
            if CommandName(words: slot.words) == name && slot.container == container { return slot.row }
            if slot.words.2 == 0 { return nil }
            place = (place + 1) & (slots.count - 1)
        }
    }

    @inline(__always) private static func place(of name: CommandName, in container: Int16, shift: UInt64) -> Int {
        Int(truncatingIfNeeded: (name.hash &+ UInt64(bitPattern: Int64(container)) &* 0x9e37_79b9_7f4a_7c15) &>> shift)
    }
}

extension CommandName {
    fileprivate init(words: (UInt64, UInt64, UInt64)) { self.words = words }
}
