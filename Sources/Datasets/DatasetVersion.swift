public import Storage

/// One opened version of a dataset.
///
/// Whoever holds a reference may read it, however long ago it was replaced.
public final class DatasetVersion: Sendable {
    /// Chosen by the publisher; the directory's name where there is no manifest.
    public let id: String
    public let engine: any Engine
    /// As the manifest says where there is one, else as the engine does.
    public let keyCount: KeyCount

    /// - Parameters:
    ///   - id: As in ``id``.
    ///   - engine: Opened, and closed with the last reference to this object.
    ///   - keyCount: What is known better than the engine can; `nil` to ask it.
    public init(id: String, engine: any Engine, keyCount: KeyCount? = nil) {
        self.id = id
        self.engine = engine
        self.keyCount = keyCount ?? engine.keyCount
    }
}
