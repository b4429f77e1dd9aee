import Glibc

/// Which pieces of a file were in memory at one moment.
struct PageResidency: Sendable {
    /// By piece; a piece counts as resident where any of its pages is.
    private let pieces: [Bool]

    /// How many bytes are asked about at once.
    private static let windowBytes = 256 << 20

    /// Asks the kernel about the open file `descriptor`, without reading any of it.
    ///
    /// `pieceBytes` is a power of two, at least a page and at most 256 MiB.
    init(descriptor: Int32, byteCount: Int, pieceBytes: Int) {
        let pageBytes = max(sysconf(Int32(_SC_PAGESIZE)), 1)
        precondition(pieceBytes.isMultiple(of: pageBytes) && Self.windowBytes.isMultiple(of: pieceBytes))
        var pieces: [Bool] = []
        var start = 0
        while start < byteCount {
            let count = min(Self.windowBytes, byteCount - start)
            let pages = Self.residentPages(descriptor, start, count, pageBytes)
            let pagesInPiece = pieceBytes / pageBytes
            for first in stride(from: 0, to: pages.count, by: pagesInPiece) {
                pieces.append(pages[first..<min(first + pagesInPiece, pages.count)].contains { $0 & 1 == 1 })
            }
            start += count
        }
        self.pieces = pieces
    }

    /// Whether any page of the piece was in memory; true for one behind the end, of which nothing is known.
    func wasResident(piece: Int) -> Bool { piece < pieces.count ? pieces[piece] : true }

    var residentCount: Int { pieces.count { $0 } }

    /// A byte a page, its lowest bit set where the page is in memory, or where the kernel does not tell.
    private static func residentPages(_ descriptor: Int32, _ start: Int, _ count: Int, _ pageBytes: Int) -> [UInt8] {
        var pages = [UInt8](repeating: 1, count: (count + pageBytes - 1) / pageBytes)
        let mapped = unsafe mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, start)
        guard unsafe mapped != MAP_FAILED, let mapped = unsafe mapped else { return pages }
        // Safety: the mapping is never read, only asked about, and goes before anything else can see it; the
        // kernel fills one byte for each page of it.
        if unsafe mincore(mapped, count, &pages) != 0 {
            for index in pages.indices { pages[index] = 1 }
        }
        unsafe munmap(mapped, count)
        return pages
    }
}
