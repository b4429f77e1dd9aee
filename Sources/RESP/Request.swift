/// The arguments of one request, lent from the bytes that its client sent.
@frozen public struct Request: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>
    @usableFromInline let arguments: Span<Argument>

    /// Where an argument lies, in bytes from the start of what it was parsed from.
    @frozen @usableFromInline struct Argument: BitwiseCopyable {
        @usableFromInline let offset: UInt32
        @usableFromInline let count: UInt32

        @inlinable init(offset: Int, count: Int) {
            self.offset = UInt32(offset)
            self.count = UInt32(count)
        }
    }

    /// The most bytes that a request may take up, so that an ``Argument`` can say where each of them lies.
    static let bytesMax = Int(UInt32.max)

    @inlinable @_lifetime(copy bytes, copy arguments)
    init(bytes: Span<UInt8>, arguments: Span<Argument>) {
        self.bytes = bytes
        self.arguments = arguments
    }

    /// How many arguments there are, the command's name included.
    @inlinable public var count: Int { arguments.count }

    @inlinable public subscript(index: Int) -> Span<UInt8> {
        @inline(__always) @_lifetime(copy self)
        get {
            let argument = arguments[index]
            let start = Int(argument.offset)
            return bytes.extracting(start..<start &+ Int(argument.count))
        }
    }
}
