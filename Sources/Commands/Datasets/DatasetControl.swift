/// Whoever opens, swaps and closes versions: what `DATASET` asks, and what `INFO dataset` tells of.
///
/// Any thread may call, loops included, so nothing here may wait for a disk or for a swap.
public protocol DatasetControl: AnyObject, Sendable {
    /// Takes a request; returns at once.
    ///
    /// - Parameters:
    ///   - request: What is to be done.
    ///   - answer: To be called exactly once, from any thread, also before this returns.
    func submit(_ request: DatasetRequest, answer: @escaping @Sendable (DatasetAnswer) -> Void)

    /// What there is to tell of every dataset, by database number.
    func facts() -> [DatasetFacts]

    /// The versions of a dataset that a connection may choose, the one being served first.
    func openVersions(in database: Int) -> [OpenVersion]
}

/// What a client wants done by `DATASET`.
public struct DatasetRequest: Sendable, Equatable {
    public enum Action: Sendable, Equatable {
        case list
        case status
        case versions
        /// To open and swap in the version that the data directory announces; `isForced` overrides the guards that
        /// compare it with the one being served, and never damage.
        case reload(isForced: Bool)
        /// To the version given, or to the one before.
        case rollback(version: String?)
        /// To the version given, or to the one being served.
        case pin(version: String?)
        case unpin
        /// Every byte of the version given, or of the one being served.
        case verify(version: String?)
    }

    public var action: Action
    /// The number of the dataset; `nil` for all, which only ``Action/list`` asks for.
    public var database: Int?

    public init(_ action: Action, database: Int? = nil) {
        self.action = action
        self.database = database
    }
}
