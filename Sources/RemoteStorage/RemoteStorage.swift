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
        if text.hasPrefix("rclone:") {
            return try RcloneSource(text, environment: environment, cancellation: cancellation)
        }
        let scheme = text.firstRange(of: "://").map { text[..<$0.lowerBound].lowercased() }
        switch scheme {
        case "http", "https":
            return HTTPSource(try WebServer(text, environment: environment), client: client(cancellation))
        case "s3":
            let client = client(cancellation)
            return HTTPSource(try S3Bucket(text, environment: environment, client: client), client: client)
        case "file":
            let path = Text.percentDecoded(text.dropFirst("file://".count))
            guard path.hasPrefix("/") else {
                throw SourceError(.misconfigured, "\(text): a file source is written file:///PATH")
            }
            return DirectorySource(path: path, cancellation: cancellation)
        case let scheme?:
            throw SourceError(
                .unsupported, "\(scheme):// is no source that is known here; rclone:REMOTE:PATH reaches many others")
        case nil:
            guard !text.isEmpty else { throw SourceError(.misconfigured, "the source is empty") }
            return DirectorySource(path: text, cancellation: cancellation)
        }
    }

    private static func client(_ cancellation: Cancellation) -> HTTPClient {
        HTTPClient(connections: HTTPConnections(userAgent: "almanac"), cancellation: cancellation)
    }
}
