internal import Bytes

/// Sorts an arena's index in place, by key and then by arrival, digit by digit.
///
/// A radix sort from the most significant byte ("American flag sort") over the entries' prefixes:
/// it moves each entry at most once a byte and compares keys only in small buckets, which are sorted
/// by insertion. Where eight bytes do not tell keys apart, the next ones that differ take their place.
enum RowSort {
    private static let insertionCountMax = 24

    /// What the entries of a bucket have in their prefixes.
    private enum Digits {
        /// Eight bytes of the key from here on, zeros behind its end.
        case key(from: Int)
        /// The key's length: the bucket's keys differ in no more than zeros at their ends.
        case length
        /// The row's offset: the bucket's keys are equal.
        case arrival
    }

    /// `keyStart` tells from which byte of the keys on the prefixes were taken; before it all are equal.
    static func sort(_ entries: inout MutableSpan<SortEntry>, keyStart: Int, _ rows: Span<UInt8>) {
        sort(&entries, 0..<entries.count, .key(from: keyStart), shift: 56, rows)
    }

    /// Sorts entries that agree in everything before their digits, and in the bits of those above `shift` + 8.
    private static func sort(
        _ entries: inout MutableSpan<SortEntry>, _ range: Range<Int>, _ digits: Digits, shift: Int,
        _ rows: Span<UInt8>
    ) {
        var (range, digits, shift) = (range, digits, shift)
        while true {
            guard range.count > insertionCountMax else { return insertionSort(&entries, range, rows) }
            guard shift >= 0 else {
                guard let next = loadDigits(&entries, range, after: digits, rows) else { return }
                (digits, shift) = (next, 56)
                continue
            }
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
                let smaller = bucket.count > largest.count ? largest : bucket
                if bucket.count > largest.count { largest = bucket }
                if smaller.count > 1 { sort(&entries, smaller, digits, shift: shift - 8, rows) }
            }
            (range, shift) = (largest, shift - 8)
        }
    }

    /// Puts what tells the bucket's entries apart behind `digits`, in which they agree, into their prefixes.
    ///
    /// `nil` once they are in order.
    private static func loadDigits(
        _ entries: inout MutableSpan<SortEntry>, _ range: Range<Int>, after digits: Digits, _ rows: Span<UInt8>
    ) -> Digits? {
        switch digits {
        case .key(let start):
            guard let next = nextDifference(entries.span, range, from: start + 8, rows) else {
                for index in range {
                    entries[index].prefix = UInt64(rows.rowKey(at: entries[index].offset).count)
                }
                return .length
            }
            for index in range {
                entries[index].prefix = rows.rowKey(at: entries[index].offset).sortablePrefix(from: next)
            }
            return .key(from: next)
        case .length:
            for index in range { entries[index].prefix = UInt64(entries[index].offset) }
            sort(&entries, range, .arrival, shift: 56, rows)
            // Equal keys must have equal prefixes again: that is how duplicates are found.
            for index in range { entries[index].prefix = 0 }
            return nil
        case .arrival:
            return nil
        }
    }

    /// Where from `start` on the bucket's keys first differ or one ends; `nil` where all have ended.
    private static func nextDifference(
        _ entries: Span<SortEntry>, _ range: Range<Int>, from start: Int, _ rows: Span<UInt8>
    ) -> Int? {
        let first = rows.rowKey(at: entries[range.lowerBound].offset)
        var common = Int.max
        var isLonger = false
        for index in range {
            let key = rows.rowKey(at: entries[index].offset)
            if key.count > start { isLonger = true }
            if common > 0 {
                let (left, right) = (first.dropping(start), key.dropping(start))
                common = left.commonPrefixCount(right, max: common)
            } else if isLonger {
                break
            }
        }
        return isLonger ? start + common : nil
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
}

extension Span<UInt8> {
    /// What is behind the first `count` bytes; nothing where there are no more.
    @_lifetime(copy self)
    fileprivate func dropping(_ count: Int) -> Span<UInt8> { extracting(Swift.min(count, self.count)..<self.count) }
}
