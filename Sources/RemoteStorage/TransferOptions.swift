/// The limits of a transfer, and who hears of its progress.
public struct TransferOptions {
    /// How many objects or ranges move at once; `rclone` sources start at most 2 processes.
    public var connectionsMax = 8
    /// The most bytes a second over all connections together; `nil` for no limit.
    public var bytesPerSecondMax: Int?
    /// Called on the calling thread, about ten times a second and at the end.
    public var onProgress: (TransferProgress) -> Void = { _ in }

    public init() {}
}

/// How far a transfer is.
public struct TransferProgress: Sendable, Equatable {
    /// The size of everything asked for, what was there already included.
    public var bytesTotal: Int
    /// What is in place of it; falls back when a file has to begin again.
    public var bytesDone: Int
    /// What came over the wire, or went.
    public var bytesTransferred: Int
    public var filesTotal: Int
    /// Files that are whole and have been checked.
    public var filesDone: Int
    public var retries = RetryCounts()
}
