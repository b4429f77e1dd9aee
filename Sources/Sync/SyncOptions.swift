/// How ``Synchronizer`` works; the defaults are those of the command line.
public struct SyncOptions: Sendable {
    /// Between two polls.
    public var interval = Duration.seconds(15)
    /// How many of the newest good versions stay on the disk; at least 1.
    public var keepCount = 3
    /// The most bytes a second that downloads take together; `nil` for no limit.
    public var bytesPerSecondMax: Int?
    /// Bytes of the disk that a download must leave free.
    public var reserveBytes = 1 << 30
    /// How many objects or ranges move at once.
    public var connectionsMax = 8
    /// How long a server may take to answer, its warming included.
    public var answerTimeout = Duration.seconds(600)
    /// Judges a manifest by its signature: `nil` where it may be taken, else what is wrong with it.
    ///
    /// It gets the manifest's bytes and those of `manifest.sig`, which is `nil` where there is none.
    public var signatureProblem: @Sendable (_ manifest: [UInt8], _ signature: [UInt8]?) -> String? = { _, _ in nil }

    public init() {}
}
