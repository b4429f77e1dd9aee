internal import Bytes
internal import Datasets
public import RedisClient
public import Storage

/// Finds out how two datasets differ, of any size, in little memory.
///
/// Waits for disks and servers; belongs to one thread.
public struct Comparison {
    /// How many example keys to keep of each kind.
    public var samplesMax: Int
    private let progress: (_ done: Int, _ total: Int) -> Void

    /// One of the two.
    public enum Side {
        case engine(any Engine, path: String)
        case server(RedisClient)
    }

    /// - Parameters:
    ///   - samplesMax: How many example keys to keep of each kind; at least 0.
    ///   - progress: Told now and then how many rows of both sides have been visited, and about how many there are.
    public init(samplesMax: Int = 10, progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }) {
        precondition(samplesMax >= 0)
        self.samplesMax = samplesMax
        self.progress = progress
    }

    /// Compares A with B.
    public func run(_ first: Side, _ second: Side) throws(InspectionError) -> ComparisonResult {
        let start = ContinuousClock.now
        var result: ComparisonResult
        switch (first, second) {
        case (.engine(let one, let onePath), .engine(let other, let otherPath)):
            if one.isOrdered == other.isOrdered {
                result = try merge(one, onePath, other, otherPath)
            } else if one.isOrdered {
                result = try EngineComparison(samplesMax, progress).compare(one, onePath, other, otherPath)
            } else {
                result = try EngineComparison(samplesMax, progress).compare(other, otherPath, one, onePath).flipped
            }
        case (.engine(let engine, let path), .server(let client)):
            result = try ServerComparison(client, samplesMax, progress).compare(engine, path)
        case (.server(let client), .engine(let engine, let path)):
            result = try ServerComparison(client, samplesMax, progress).compare(engine, path).flipped
        case (.server(let one), .server(let other)):
            result = try ServerComparison(other, samplesMax, progress).compare(one)
        }
        result.seconds = (ContinuousClock.now - start) / .seconds(1)
        return result
    }

    /// Walks over both at once, in the order that they have in common.
    private func merge(
        _ first: any Engine, _ firstPath: String, _ second: any Engine, _ secondPath: String
    ) throws(InspectionError) -> ComparisonResult {
        var tally = Tally(samplesMax: samplesMax)
        var left = try RowCursor(first, firstPath)
        var right = try RowCursor(second, secondPath)
        let total = first.keyCount.value + second.keyCount.value
        var rows = 0
        while true {
            rows += 1
            // Now and then: the clock behind the display costs more than a row.
            if rows & 0xFFFF == 0 { progress(left.visited + right.visited, total) }
            switch (left.isAtEnd, right.isAtEnd) {
            case (true, true): return tally.result
            case (false, true):
                tally.missing(left.key)
                try left.advance()
            case (true, false):
                tally.new(right.key)
                try right.advance()
            case (false, false):
                let order = first.order(left.key, right.key)
                if order < 0 {
                    tally.missing(left.key)
                    try left.advance()
                } else if order > 0 {
                    tally.new(right.key)
                    try right.advance()
                } else {
                    tally.both(left.key, isEqual: left.value.isEqual(to: right.value))
                    try left.advance()
                    try right.advance()
                }
            }
        }
    }
}

/// A place in a walk over rows.
private struct RowCursor: ~Copyable {
    private let reader: RowReader
    private var page = RowPage()
    private var index = 0
    private(set) var visited = 0

    init(_ engine: any Engine, _ path: String) throws(InspectionError) {
        let reader = try RowReader(engine, path)
        var first = RowPage()
        try reader.read(into: &first)
        self.reader = reader
        page = first
    }

    var isAtEnd: Bool { page.isEmpty }

    var key: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get { page[keyAt: index] }
    }

    var value: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get { page[valueAt: index] }
    }

    @inline(__always) mutating func advance() throws(InspectionError) {
        index += 1
        visited += 1
        if index == page.count {
            index = 0
            try reader.read(into: &page)
        }
    }
}
