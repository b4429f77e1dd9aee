import Bytes

/// The longest sequence of bytes that two values have in common, in order but not necessarily side by side.
///
/// The table of the lengths for every pair of beginnings is kept as its differences from column to column, which
/// are 0 or 1: a row is a string of bits, clear where the length grows, made from the row above 64 columns at a
/// time (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004). The longer value has the columns.
struct CommonSubsequence {
    /// Of the longest common subsequence.
    private(set) var length = 0
    /// All rows from the empty one on, or only the last.
    private var rows: [UInt64]
    private let wordsPerRow: Int
    private let isSwapped: Bool

    /// Compares two values; with `keepsTable`, so that ``visitMatches(_:_:_:)`` may be called, which takes a bit of
    /// memory for each pair of bytes.
    init(_ first: Span<UInt8>, _ second: Span<UInt8>, keepsTable: Bool) {
        isSwapped = first.count > second.count
        let rowBytes = isSwapped ? second : first
        let columnBytes = isSwapped ? first : second
        wordsPerRow = (columnBytes.count + 63) >> 6
        rows = [UInt64](repeating: .max, count: wordsPerRow * (keepsTable ? rowBytes.count + 1 : 1))
        guard !rowBytes.isEmpty else { return }
        let (masks, places) = Self.masks(of: rowBytes, in: columnBytes, wordsPerRow: wordsPerRow)
        for row in rowBytes.indices {
            let above = keepsTable ? row * wordsPerRow : 0
            let below = keepsTable ? above + wordsPerRow : 0
            let mask = places[Int(rowBytes[row])]
            var carry: UInt64 = 0
            for word in 0..<wordsPerRow {
                let bits = rows[above + word]
                let matches = bits & masks[mask + word]
                let (partSum, overflow) = bits.addingReportingOverflow(matches)
                let (sum, secondOverflow) = partSum.addingReportingOverflow(carry)
                carry = overflow || secondOverflow ? 1 : 0
                rows[below + word] = sum | (bits & ~matches)
            }
        }
        length = growth(row: keepsTable ? rowBytes.count : 0, columns: columnBytes.count)
    }

    /// For each byte that occurs in `rowBytes`, the columns that hold it, and where its mask begins.
    private static func masks(
        of rowBytes: Span<UInt8>, in columnBytes: Span<UInt8>, wordsPerRow: Int
    ) -> (masks: [UInt64], places: [Int]) {
        var places = [Int](repeating: -1, count: 256)
        var count = 0
        for index in rowBytes.indices where places[Int(rowBytes[index])] < 0 {
            places[Int(rowBytes[index])] = count * wordsPerRow
            count += 1
        }
        var masks = [UInt64](repeating: 0, count: count * wordsPerRow)
        for column in columnBytes.indices {
            let place = places[Int(columnBytes[column])]
            if place >= 0 { masks[place + column >> 6] |= 1 << UInt64(column & 63) }
        }
        return (masks, places)
    }

    /// How often the length grows within the first `columns` columns of a row: the length there.
    private func growth(row: Int, columns: Int) -> Int {
        let start = row * wordsPerRow
        var count = 0
        for word in 0..<columns >> 6 { count += (~rows[start + word]).nonzeroBitCount }
        if columns & 63 != 0 {
            let mask = UInt64.max >> UInt64(64 - columns & 63)
            count += (~rows[start + columns >> 6] & mask).nonzeroBitCount
        }
        return count
    }

    /// 1 where the length grows at a column of a row, else 0.
    private func step(row: Int, column: Int) -> Int {
        rows[row * wordsPerRow + column >> 6] & 1 << UInt64(column & 63) == 0 ? 1 : 0
    }

    /// Visits the places of the bytes that make the subsequence, last first, both values as given to `init`.
    ///
    /// Of several sequences of the same length it is Redis's that is visited: where two bytes differ, the first
    /// value is shortened only if that leaves more in common than to shorten the second.
    ///
    /// - Precondition: The table was kept.
    func visitMatches(_ first: Span<UInt8>, _ second: Span<UInt8>, _ visit: (_ first: Int, _ second: Int) -> Void) {
        let rowBytes = isSwapped ? second : first
        let columnBytes = isSwapped ? first : second
        var row = rowBytes.count
        var column = columnBytes.count
        guard row > 0 else { return }
        // The lengths at this row and column, and in the row above.
        var here = length
        var above = growth(row: row - 1, columns: column)
        while row > 0, column > 0 {
            let isMatch = rowBytes[row - 1] == columnBytes[column - 1]
            if isMatch, isSwapped { visit(column - 1, row - 1) }
            if isMatch, !isSwapped { visit(row - 1, column - 1) }
            let left = here - step(row: row, column: column - 1)
            let isRowShortened = isMatch || (isSwapped ? left <= above : above > left)
            if isMatch || !isRowShortened {
                (here, above) = (left, above - step(row: row - 1, column: column - 1))
                column -= 1
            }
            if isRowShortened {
                row -= 1
                here = above
                if row > 0 { above = growth(row: row - 1, columns: column) }
            }
        }
    }
}
