/// How a packed version is opened.
public struct PackedOptions: Sendable {
    /// Where look-ups find records.
    public enum Residency: String, Sendable, CaseIterable {
        /// In memory where the version fits into what there is of it, else as `disk`.
        case auto
        /// In memory: loops read the mapped files.
        case memory
        /// On the disk, and in the page cache by chance: only the index is brought into memory.
        case disk
    }

    /// Which look-ups verify the checksums of the records that they find.
    public enum VerifiedReads: String, Sendable, CaseIterable {
        case off
        /// Those that read the disk; and so does ``PackedEngine/load(while:)``.
        case cold
        case all
    }

    public var residency: Residency
    public var verifiedReads: VerifiedReads
    /// What versions that are in memory share.
    public var memory: PackedMemory

    public init(
        residency: Residency = .auto, verifiedReads: VerifiedReads = .cold, memory: PackedMemory = PackedMemory()
    ) {
        self.residency = residency
        self.verifiedReads = verifiedReads
        self.memory = memory
    }
}
