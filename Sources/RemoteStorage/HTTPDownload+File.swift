internal import Platform

extension HTTPDownload {
    /// A range of a file that one exchange after the other fetches, until it is whole.
    final class Piece {
        unowned let file: File
        let start: Int
        let end: Int
        /// Where the next byte goes; all before it, from ``start`` on, is in the file.
        var position: Int
        var schedule = RetrySchedule(retriesMax: 5)
        /// Not to be begun before this moment.
        var notBeforeNanoseconds: UInt64 = 0
        /// Whether the head of the running exchange has been looked at.
        var isHeadChecked = false
        /// Why the running exchange was ended from this side.
        var problem: Problem?

        init(file: File, range: Range<Int>) {
            self.file = file
            (start, end) = (range.lowerBound, range.upperBound)
            position = start
        }

        var isWhole: Bool { position == end }
    }

    enum Problem {
        /// This machine, or the object, is at fault: nothing to try again.
        case fatal(SourceError)
        /// Odd, and perhaps gone the next time.
        case odd(SourceError)
        /// The server sends the whole object whatever the range.
        case rangesIgnored
        /// The object is not the one that the file's first bytes came from.
        case changed
    }

    /// One file on its way.
    final class File {
        let index: Int
        let download: ObjectDownload
        private(set) var landing: Landing?
        /// What was begun and is not whole, ascending.
        var pieces: [Piece] = []
        /// The first byte that no piece was made for.
        private(set) var nextStart: Int
        var validator: ObjectValidator?
        private(set) var hasRanges = true
        private(set) var restarts = 0
        var isDone = false
        /// Whether its first bytes are from an earlier run, which nobody vouches for.
        private(set) var isResumed: Bool

        init(index: Int, download: ObjectDownload) {
            self.index = index
            self.download = download
            nextStart = download.resumeOffset
            isResumed = download.resumeOffset > 0
        }

        private var isStream: Bool { download.bytes <= ChunkPlan.streamBytesMax || !hasRanges }

        /// How many first bytes are in place.
        var contiguousBytes: Int { pieces.first?.position ?? nextStart }

        /// Makes the file ready for its first byte.
        func open() throws(SourceError) -> Landing {
            if let landing { return landing }
            let landing = try Landing(download, index: index, contiguousBytes: nextStart)
            self.landing = landing
            return landing
        }

        /// The next range to fetch, where one may be begun now.
        func nextPiece() -> Piece? {
            let bytes = download.bytes
            guard nextStart < bytes else { return nil }
            let end: Int
            if isStream {
                guard pieces.isEmpty else { return nil }
                end = bytes
            } else {
                let chunk = nextStart / ChunkPlan.chunkBytes
                end = min(bytes, (chunk + 1) * ChunkPlan.chunkBytes)
                if let first = pieces.first {
                    let isInWindow = chunk < first.start / ChunkPlan.chunkBytes + ChunkPlan.window
                    guard isInWindow, end < bytes else { return nil }
                }
            }
            let piece = Piece(file: self, range: nextStart..<end)
            nextStart = end
            pieces.append(piece)
            return piece
        }

        /// Throws away what has come.
        func restart(hasRanges: Bool) throws(SourceError) {
            landing?.abandon()
            landing = nil
            pieces = []
            nextStart = 0
            validator = nil
            isResumed = false
            restarts += 1
            self.hasRanges = hasRanges
            _ = try open()
        }

        func close() {
            landing = nil
            isDone = true
        }
    }
}
