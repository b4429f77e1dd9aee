/// How much of an engine's version is in memory, where the engine sees to that itself.
public struct EngineResidency: Sendable, Equatable {
    public enum Mode: String, Sendable {
        /// All of the version is to be in memory.
        case memory
        /// The index is to be in memory; records come from the disk or from the page cache.
        case disk
    }

    public var mode: Mode
    /// What is to be in memory, in bytes.
    public var wantedByteCount: Int
    /// What of that is in memory as far as is known, in bytes.
    public var residentByteCount: Int
    /// Of the index alone.
    public var indexByteCount: Int
    /// Whether the kernel is kept from dropping it.
    public var isLocked: Bool

    public var isComplete: Bool { residentByteCount >= wantedByteCount }

    public init(
        mode: Mode, wantedByteCount: Int, residentByteCount: Int, indexByteCount: Int, isLocked: Bool
    ) {
        self.mode = mode
        self.wantedByteCount = wantedByteCount
        self.residentByteCount = residentByteCount
        self.indexByteCount = indexByteCount
        self.isLocked = isLocked
    }
}
