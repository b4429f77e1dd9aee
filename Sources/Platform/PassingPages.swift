/// Drops the pages that a walk through a file, from a place onwards, has brought into memory and no longer needs.
///
/// Those that were there before, which a server on this machine may be using, stay. Where the kernel does not tell
/// (to a user who neither owns the file nor may write it), all stay.
public struct PassingPages: ~Copyable {
    private let residency: PageResidency
    /// The first piece that may still be needed; `nil` before the walk has begun.
    private var piece: Int?

    static let pieceBytes = 1 << 20

    init(_ residency: PageResidency) { self.residency = residency }

    /// Notes that all before `offset` has been read, and that the walk began where this was called first.
    public mutating func pass(_ offset: Int, of file: BulkFile) {
        let reached = offset / Self.pieceBytes
        for passed in (piece ?? reached)..<max(reached, piece ?? reached) where !residency.wasResident(piece: passed) {
            file.dropPages(passed * Self.pieceBytes..<(passed + 1) * Self.pieceBytes)
        }
        piece = reached
    }
}
