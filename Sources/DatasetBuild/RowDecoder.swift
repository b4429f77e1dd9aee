/// Finds rows in the bytes of one input.
///
/// A decoder owns no input: its caller keeps what has not been consumed, and calls again with those
/// bytes and more. It resumes where it stopped, so that a long row is not scanned anew for each piece.
protocol RowDecoder: ~Copyable {
    /// The line on which the row begins that comes next or has not ended yet.
    var line: Int { get }

    /// Gives every row that lies whole in `bytes` to `sink`.
    ///
    /// `bytes` begin where the last call stopped consuming; `isLast` says that the input ends with them.
    /// Returns how many bytes were consumed: with `isLast` all of them.
    mutating func decode(
        _ bytes: Span<UInt8>, isLast: Bool, to sink: inout some RowSink & ~Copyable
    ) throws(BuildError) -> Int
}

/// Takes the rows of one input in their order.
protocol RowSink: ~Copyable {
    /// Takes a row that begins on `line`; the first line is 1.
    mutating func take(key: Span<UInt8>, value: Span<UInt8>, line: Int) throws(BuildError)

    /// Takes note of a row that cannot be used, and throws once too many were passed over.
    mutating func takeBad(line: Int, _ problem: String) throws(BuildError)

    /// The error for input after which no row can be found any more.
    borrowing func failure(line: Int, _ problem: String) -> BuildError
}
