public import Storage

/// One opened version of a dataset.
///
/// Whoever holds a reference may read it, however long ago it was replaced.
public final class DatasetVersion: Sendable {
    /// Chosen by the publisher; the directory's name where there is no manifest.
    public let id: String
    public let engine: any Engine

    public init(id: String, engine: any Engine) {
        self.id = id
        self.engine = engine
    }
}
