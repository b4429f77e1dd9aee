/// Writes a dataset in one storage format.
public protocol DatasetSink: AnyObject {
    /// The format's name as manifests spell it.
    var format: String { get }

    /// Adds a row; keys come in strictly ascending order, bytewise.
    func append(key: Span<UInt8>, value: Span<UInt8>) throws(BuildError)

    /// Completes the files. Nothing is added afterwards.
    func finish() throws(BuildError)
}
