/// Opens sources.
public enum RemoteStorage {
    /// Opens the source that `text` names; contacts nobody yet.
    ///
    /// - Parameters:
    ///   - text: A path, `file://`, `http(s)://`, `s3://BUCKET/PREFIX?region=…&endpoint=…&path-style=…&anonymous=…`
    ///     or `rclone:REMOTE:PATH`.
    ///   - environment: Variables by name, as AWS's tools and libcurl read them.
    ///   - cancellation: Ends whatever the source is doing.
    /// - Returns: The source, for one thread at a time.
    /// - Throws: `misconfigured` or `unsupported`, with what to write instead.
    public static func open(
        _ text: String, environment: [String: String], cancellation: Cancellation
    ) throws(SourceError) -> any Source {
        throw SourceError(.unsupported, "\(text): no such source yet")
    }
}
