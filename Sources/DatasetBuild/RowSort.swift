/// Sorts an arena's index in place: by the keys' prefixes, digit by digit, and by whole keys where those are equal.
///
/// A radix sort from the most significant byte ("American flag sort") moves each entry at most eight
/// times and compares no keys; small buckets are sorted by insertion.
enum RowSort {
    private static let insertionCountMax = 24

    static func sort(_ entries: inout MutableSpan<SortEntry>, _ rows: Span<UInt8>) {
        sort(&entries, 0..<entries.count, shift: 56, rows)
    }

    /// Sorts entries that agree in all bits of their prefixes above `shift` + 8.
    private static func sort(
        _ entries: inout MutableSpan<SortEntry>, _ range: Range<Int>, shift: Int, _ rows: Span<UInt8>
    ) {
        var (range, shift) = (range, shift)
        while true {
            guard range.count > insertionCountMax else { return insertionSort(&entries, range, rows) }
            guard shift >= 0 else { return heapSort(&entries, range, rows) }
            var ends = [Int](repeating: 0, count: 256)
            for index in range { ends[digit(entries[index], shift)] += 1 }
            // Where all share a digit there is nothing to move: common in keys of one shape.
            guard ends[digit(entries[range.lowerBound], shift)] != range.count else {
                shift -= 8
                continue
            }
            partition(&entries, range, shift, &ends)
            var start = range.lowerBound
            var largest = start..<start
            for end in ends {
                let bucket = start..<end
                start = end
                // The largest bucket goes last and without recursion: the rest are at most half as large.
                if bucket.count > largest.count {
                    if largest.count > 1 { sort(&entries, largest, shift: shift - 8, rows) }
                    largest = bucket
                } else if bucket.count > 1 {
                    sort(&entries, bucket, shift: shift - 8, rows)
                }
            }
            (range, shift) = (largest, shift - 8)
        }
    }

    @inline(__always) private static func digit(_ entry: SortEntry, _ shift: Int) -> Int {
        Int(truncatingIfNeeded: entry.prefix >> UInt64(shift)) & 0xFF
    }

    /// Moves each entry into its digit's bucket; `ends` holds the buckets' counts before and their ends after.
    private static func partition(
        _ entries: inout MutableSpan<SortEntry>, _ range: Range<Int>, _ shift: Int, _ ends: inout [Int]
    ) {
        var next = ends
        var total = range.lowerBound
        for index in 0..<256 {
            next[index] = total
            total += ends[index]
            ends[index] = total
        }
        for bucket in 0..<256 {
            while next[bucket] < ends[bucket] {
                var entry = entries[next[bucket]]
                // Follows one cycle of the permutation: put down an entry, take up the one that was there.
                while true {
                    let target = digit(entry, shift)
                    let place = next[target]
                    next[target] += 1
                    if target == bucket {
                        entries[place] = entry
                        break
                    }
                    swap(&entry, &entries[place])
                }
            }
        }
    }

    /// Whether `left` sorts before `right`: by key, then by arrival.
    @inline(__always) private static func precedes(
        _ left: SortEntry, _ right: SortEntry, _ rows: Span<UInt8>
    ) -> Bool {
        if left.prefix != right.prefix { return left.prefix < right.prefix }
        let order = rows.rowKey(at: left.offset).compare(rows.rowKey(at: right.offset))
        return order != 0 ? order < 0 : left.offset < right.offset
    }

    private static func insertionSort(
        _ entries: inout MutableSpan<SortEntry>, _ range: Range<Int>, _ rows: Span<UInt8>
    ) {
        guard range.count > 1 else { return }
        for index in range.lowerBound + 1..<range.upperBound {
            let entry = entries[index]
            var hole = index
            while hole > range.lowerBound, precedes(entry, entries[hole - 1], rows) {
                entries[hole] = entries[hole - 1]
                hole -= 1
            }
            entries[hole] = entry
        }
    }

    /// For keys that are long and alike, or equal: no worse than n log n comparisons, in place.
    private static func heapSort(
        _ entries: inout MutableSpan<SortEntry>, _ range: Range<Int>, _ rows: Span<UInt8>
    ) {
        let base = range.lowerBound
        for root in stride(from: range.count / 2 - 1, through: 0, by: -1) {
            siftDown(&entries, base, root, range.count, rows)
        }
        for count in stride(from: range.count - 1, through: 1, by: -1) {
            entries.swapAt(base, base + count)
            siftDown(&entries, base, 0, count, rows)
        }
    }

    private static func siftDown(
        _ entries: inout MutableSpan<SortEntry>, _ base: Int, _ start: Int, _ count: Int, _ rows: Span<UInt8>
    ) {
        var root = start
        while 2 * root + 1 < count {
            var child = 2 * root + 1
            if child + 1 < count, precedes(entries[base + child], entries[base + child + 1], rows) { child += 1 }
            guard precedes(entries[base + root], entries[base + child], rows) else { return }
            entries.swapAt(base + root, base + child)
            root = child
        }
    }
}
