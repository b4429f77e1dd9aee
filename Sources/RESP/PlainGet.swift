public import Bytes

/// A whole request that is `GET` and a key of at most 99 bytes, written as every client library writes it.
///
/// Most requests are such, and a pipeline is a run of them: recognised by three wide loads, they cost a tenth of what
/// the parser needs, which takes every other form.
@frozen public struct PlainGet {
    /// Where the key lies, in bytes from the start of what it was found in.
    public let keyStart: Int
    public let keyEnd: Int
    /// Where the next request begins.
    @inlinable public var end: Int { keyEnd &+ 2 }

    /// Recognises such a request at `offset` of `bytes`.
    ///
    /// `nil` means that the parser has to look: it may be the same in another form, too near to the end of `bytes` for
    /// wide loads, not complete, or wrong.
    @inlinable @inline(__always) public init?(_ bytes: Span<UInt8>, at offset: Int) {
        guard offset >= 0, offset <= bytes.count &- Self.loadedBytes else { return nil }
        let shape = bytes.word(at: offset)
        let name = bytes.word(at: offset &+ 5)
        guard shape == Self.shape, name | Self.lowerCase == Self.name else { return nil }
        guard let header = ShortHeader(bytes.word(at: offset &+ Self.headerOffset)) else { return nil }
        keyStart = offset &+ Self.headerOffset &+ header.byteCount
        keyEnd = keyStart &+ header.value
        guard keyEnd <= bytes.count &- 2, bytes.pair(at: keyEnd) == ShortHeader.lineEnd else { return nil }
    }

    /// `*2` and `$3`, each with its line end, the first byte lowest.
    @usableFromInline static var shape: UInt64 { 0x0a0d_3324_0a0d_322a }
    /// The last three bytes of ``shape``, `get`, and a line end.
    @usableFromInline static var name: UInt64 { 0x0a0d_7465_670a_0d33 }
    /// What turns the letters of ``name`` into small ones, and changes nothing else.
    @usableFromInline static var lowerCase: UInt64 { 0x0000_2020_2000_0000 }
    /// Where the key's header begins.
    @usableFromInline static var headerOffset: Int { 13 }
    /// How far the loads reach.
    @usableFromInline static var loadedBytes: Int { 21 }
}

extension RequestParser.Limits {
    /// Whether every ``PlainGet`` is within the limits.
    @inlinable public var admitPlainGets: Bool {
        argumentCountMax >= 2 && argumentBytesMax >= ShortHeader.valueMax
    }
}
