internal import Bytes

/// Merges sorted runs into one sequence of rows with distinct, ascending keys.
///
/// Of rows with equal keys the one of the latest run wins.
struct RunMerge: ~Copyable {
    private var readers: [RunReader] = []
    /// A binary heap of indexes into `readers`: the one with the next row first.
    private var heap: [Int] = []

    /// Takes the earliest run first.
    init(_ runs: [RunFile], bufferBytes: Int) throws(BuildError) {
        for run in runs {
            let reader = try RunReader(run, bufferBytes: bufferBytes)
            guard try reader.start() else { continue }
            readers.append(reader)
            heap.append(readers.count - 1)
        }
        for root in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(root) }
    }

    /// Calls `body` with each row's header, key and value as one run of bytes.
    consuming func forEachDistinct(
        _ duplicates: DuplicateCounter, _ body: (Span<UInt8>) throws(BuildError) -> Void
    ) throws(BuildError) {
        var winnerKey = ByteBuffer()
        while let first = heap.first {
            let winner = readers[first]
            try winner.withRow(body)
            winnerKey.removeAll()
            winner.withKey { winnerKey.append($0) }
            let origin = winner.header.origin
            try advanceFirst()
            while let other = heap.first, readers[other].withKey({ $0.isEqual(to: winnerKey.span) }) {
                try duplicates.note(winnerKey.span, dropped: readers[other].header.origin, kept: origin)
                try advanceFirst()
            }
        }
    }

    private mutating func advanceFirst() throws(BuildError) {
        if try !readers[heap[0]].next() {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
        }
        siftDown(0)
    }

    private mutating func siftDown(_ start: Int) {
        var root = start
        while 2 * root + 1 < heap.count {
            var child = 2 * root + 1
            if child + 1 < heap.count, precedes(heap[child + 1], heap[child]) { child += 1 }
            guard precedes(heap[child], heap[root]) else { return }
            heap.swapAt(root, child)
            root = child
        }
    }

    /// By key; of equal keys the later run's first.
    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (first, second) = (readers[left], readers[right])
        if first.prefix != second.prefix { return first.prefix < second.prefix }
        let order = first.withKey { key in second.withKey { key.compare($0) } }
        return order != 0 ? order < 0 : left > right
    }
}
