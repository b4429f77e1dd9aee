/// The part of a command's row that every request needs, in a few words and without references.
@frozen public struct CommandRow: Sendable, BitwiseCopyable {
    public let action: Action
    /// Arguments, the name included; negative where that is the least number.
    public let arity: Int16
    public let flags: CommandFlags
    /// As in ``KeyRange``.
    public let firstKey: Int8
    public let lastKey: Int8
    public let keyStep: Int8
    /// Whether the next argument names a sub-command.
    public let isContainer: Bool
    /// Where ``CommandTable`` has the rest.
    public let index: Int16

    /// Whether a request of so many arguments, the name included, is well-formed.
    @inlinable @inline(__always) public func accepts(argumentCount: Int) -> Bool {
        arity >= 0 ? argumentCount == Int(arity) : argumentCount >= -Int(arity)
    }

    @inlinable public var isWrite: Bool { flags.contains(.write) }
}

extension CommandRow {
    init(_ command: Command, index: Int) {
        action = command.action
        arity = Int16(command.arity)
        flags = command.flags
        firstKey = Int8(command.keyRange.first)
        lastKey = Int8(command.keyRange.last)
        keyStep = Int8(command.keyRange.step)
        isContainer = command.isContainer
        self.index = Int16(index)
    }
}
