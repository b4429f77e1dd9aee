public import Bytes

/// Which form replies take; a client chooses with `HELLO`.
public enum ProtocolVersion: UInt8, Sendable {
    case resp2 = 2
    case resp3 = 3
}

/// Encodes replies at the end of ``output``.
///
/// Every function appends one whole reply, or the header of a collection, whose elements are then the
/// next replies. Belongs to one thread. Allocates only where ``output`` must grow.
@frozen public struct ReplyWriter: ~Copyable {
    public var output: ByteBuffer
    public var version: ProtocolVersion

    @inlinable public init(into output: consuming ByteBuffer = ByteBuffer(), version: ProtocolVersion = .resp2) {
        self.output = output
        self.version = version
    }

    // MARK: Values

    /// Appends a bulk string: any bytes.
    @inlinable @inline(__always) public mutating func bulk(_ bytes: Span<UInt8>) {
        output.appendFrame(Marker.bulk, bytes)
    }

    /// Appends what stands for an absent value.
    @inlinable @inline(__always) public mutating func null() {
        switch version {
        case .resp2: output.append(packed: Packed.nullBulk, count: 5)
        case .resp3: output.append(packed: Packed.null, count: 3)
        }
    }

    @inlinable @inline(__always) public mutating func integer(_ value: Int) {
        output.appendHeader(Marker.integer, value)
    }

    /// Appends `+OK`.
    @inlinable @inline(__always) public mutating func ok() {
        output.append(packed: Packed.ok, count: 5)
    }

    /// Appends an absent array, such as `EXEC` gives for a transaction that was called off.
    @inlinable public mutating func nullArray() {
        switch version {
        case .resp2: output.append(packed: Packed.nullArray, count: 5)
        case .resp3: output.append(packed: Packed.null, count: 3)
        }
    }

    // MARK: Collections

    /// Opens an array: the next `count` replies are its elements.
    @inlinable @inline(__always) public mutating func array(count: Int) {
        precondition(count >= 0)
        output.appendHeader(Marker.array, count)
    }

    /// Opens a map: the next `2 × count` replies are keys and values in turn.
    @inlinable public mutating func map(count: Int) {
        precondition(count >= 0)
        switch version {
        case .resp2: output.appendHeader(Marker.array, count * 2)
        case .resp3: output.appendHeader(Marker.map, count)
        }
    }

    /// Opens a set: the next `count` replies are its members.
    @inlinable public mutating func set(count: Int) {
        precondition(count >= 0)
        output.appendHeader(version == .resp2 ? Marker.array : Marker.set, count)
    }

    /// Opens what is told beside the reply that follows it: the next `2 × count` replies are names and values in turn.
    ///
    /// - Precondition: RESP3; there is no such thing in RESP2.
    @inlinable public mutating func attribute(count: Int) {
        precondition(count >= 0 && version == .resp3)
        output.appendHeader(Marker.attribute, count)
    }

    /// Opens a message that no request asked for: the next `count` replies are its parts.
    @inlinable public mutating func push(count: Int) {
        precondition(count >= 0)
        output.appendHeader(version == .resp2 ? Marker.array : Marker.push, count)
    }
}

/// The first byte of each kind of reply.
@usableFromInline enum Marker {
    @usableFromInline static var simple: UInt8 { UInt8(ascii: "+") }
    @usableFromInline static var error: UInt8 { UInt8(ascii: "-") }
    @usableFromInline static var integer: UInt8 { UInt8(ascii: ":") }
    @usableFromInline static var bulk: UInt8 { UInt8(ascii: "$") }
    @usableFromInline static var array: UInt8 { UInt8(ascii: "*") }
    @usableFromInline static var map: UInt8 { UInt8(ascii: "%") }
    @usableFromInline static var set: UInt8 { UInt8(ascii: "~") }
    @usableFromInline static var attribute: UInt8 { UInt8(ascii: "|") }
    @usableFromInline static var push: UInt8 { UInt8(ascii: ">") }
    @usableFromInline static var double: UInt8 { UInt8(ascii: ",") }
    @usableFromInline static var verbatim: UInt8 { UInt8(ascii: "=") }
}

/// Whole replies as numbers, the first byte lowest, for a single store.
@usableFromInline enum Packed {
    /// `$-1` and a line end.
    @usableFromInline static var nullBulk: UInt64 { 0x0a_0d31_2d24 }
    /// `*-1` and a line end.
    @usableFromInline static var nullArray: UInt64 { 0x0a_0d31_2d2a }
    /// `_` and a line end.
    @usableFromInline static var null: UInt64 { 0x0a_0d5f }
    /// `+OK` and a line end.
    @usableFromInline static var ok: UInt64 { 0x0a_0d4b_4f2b }
    /// `#t` and a line end.
    @usableFromInline static var isTrue: UInt64 { 0x0a0d_7423 }
    /// `#f` and a line end.
    @usableFromInline static var isFalse: UInt64 { 0x0a0d_6623 }
}
