internal import Bytes

/// A walk over the rows of an engine, in its order.
///
/// Keeps its engine open. Belongs to one thread.
public protocol RowWalk: AnyObject {
    /// Puts the next rows in the place of those that `page` holds; none are the end.
    ///
    /// A page has some hundred KiB, or one row where that is larger, and `limit` rows at most. Waits for the disk.
    ///
    /// - Parameters:
    ///   - page: What it holds is dropped.
    ///   - limit: At least 1.
    /// - Throws: ``EngineError`` when the files cannot be read; the rows in `page` come before the fault, are
    ///   right, and are the last.
    func readRows(into page: inout RowPage, limit: Int) throws(EngineError)
}

extension RowWalk {
    /// As many rows as come in one piece.
    public func readRows(into page: inout RowPage) throws(EngineError) {
        try readRows(into: &page, limit: .max / 2)
    }
}

/// Rows in order, copied out of an engine.
public struct RowPage: ~Copyable {
    private var bytes = ByteBuffer()
    /// Where each key and each value ends, in turn.
    private var ends: [Int] = []

    public init() {}

    /// How many rows there are.
    public var count: Int { ends.count / 2 }

    public var isEmpty: Bool { ends.isEmpty }

    /// The key of the row at `index`, until the page next changes.
    public subscript(keyAt index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            let key = bytes.span.extracting((index == 0 ? 0 : ends[2 * index - 1])..<ends[2 * index])
            return unsafe _overrideLifetime(key, borrowing: self)
        }
    }

    /// The value of the row at `index`, until the page next changes.
    public subscript(valueAt index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            let value = bytes.span.extracting(ends[2 * index]..<ends[2 * index + 1])
            return unsafe _overrideLifetime(value, borrowing: self)
        }
    }

    /// Adds a row, copying it.
    public mutating func append(key: Span<UInt8>, value: Span<UInt8>) {
        bytes.append(key)
        ends.append(bytes.count)
        bytes.append(value)
        ends.append(bytes.count)
    }

    /// Adds keys, each followed by its value, that lie back to back in `packed`.
    ///
    /// - Parameters:
    ///   - packed: Copied.
    ///   - ends: Where each key and each value ends in `packed`, in turn: ascending, an even number of them.
    public mutating func append(packed: Span<UInt8>, ends: Span<UInt64>) {
        precondition(ends.count.isMultiple(of: 2))
        let offset = bytes.count
        bytes.append(packed)
        self.ends.reserveCapacity(self.ends.count + ends.count)
        for index in ends.indices { self.ends.append(offset + Int(ends[index])) }
    }

    /// Drops the rows and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll()
        ends.removeAll(keepingCapacity: true)
    }
}
