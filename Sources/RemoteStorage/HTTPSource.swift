internal import Datasets
internal import Platform

/// A source that libcurl reaches: a web server or a bucket.
final class HTTPSource: Source {
    let server: any ObjectServer
    let client: HTTPClient

    init(_ server: any ObjectServer, client: HTTPClient) {
        self.server = server
        self.client = client
    }

    var name: String { server.name }

    func fetch(
        _ object: String, unlessMatching validator: ObjectValidator?, bytesMax: Int
    ) throws(SourceError) -> FetchedObject {
        // A proxy in between shall ask the server itself whether the object is still as it was.
        var headers = server.isWritable ? [] : [(name: "Cache-Control", value: "no-cache")]
        switch validator?.form {
        case .etag: headers.append(("If-None-Match", validator?.text ?? ""))
        case .lastModified: headers.append(("If-Modified-Since", validator?.text ?? ""))
        case .file, .contents, nil: break
        }
        let exchange = try client.exchange(
            for: object, at: server, bodyBytesMax: bytesMax, accepting: [404, 410]
        ) { () throws(SourceError) in
            var request = try server.request(.get, object, query: [], headers: headers, body: nil)
            request.timeoutMilliseconds = 30_000 + bytesMax / 256
            return request
        }
        switch exchange.head.status {
        case 200: return .object(bytes: exchange.bodyBytes, validator: exchange.head.validator)
        case 304 where validator != nil: return .unchanged
        case 404, 410:
            // The bucket itself may be missing: that is no news about the object.
            let (kind, text) = server.explain(exchange.head, body: exchange.bodyText)
            if let kind { throw SourceError(kind, "\(server.address(of: object)): \(text)") }
            return .absent
        case let status:
            throw SourceError(.unreachable, "\(server.address(of: object)): the server answers \(status)")
        }
    }

    func download(_ downloads: [ObjectDownload], options: TransferOptions) throws(SourceError) {
        try HTTPDownload(downloads, from: server, client: client, options: options).run()
    }

    func upload(_ uploads: [ObjectUpload], options: TransferOptions) throws(SourceError) -> [UploadOutcome] {
        try requireWritable()
        return try HTTPUpload(uploads, to: server, client: client, options: options).run()
    }

    func put(_ bytes: [UInt8], as object: String, isReplacing: Bool) throws(SourceError) -> UploadOutcome {
        try requireWritable()
        if !isReplacing, let outcome = try outcome(of: bytes, object) { return outcome }
        let digest = SHA256.digest(of: bytes.span).description
        var headers = [(name: "Cache-Control", value: "no-cache")]
        if !isReplacing { headers.append(("If-None-Match", "*")) }
        let exchange = try client.exchange(for: object, at: server, accepting: [412]) { () throws(SourceError) in
            try server.request(.put, object, query: [], headers: headers, body: (.bytes(bytes), digest))
        }
        let found = try outcome(of: bytes, object)
        if exchange.head.status == 412 { return found ?? .different }
        guard found == .identical else {
            throw SourceError(.corrupt, "\(server.address(of: object)): something else is read back than was stored")
        }
        return .stored
    }

    /// How an object that is there already compares; `nil` where there is none.
    private func outcome(of bytes: [UInt8], _ object: String) throws(SourceError) -> UploadOutcome? {
        switch try fetch(object, unlessMatching: nil, bytesMax: max(bytes.count, 64 << 20)) {
        case .absent, .unchanged: nil
        case .object(let found, _): found == bytes ? .identical : .different
        }
    }

    private func requireWritable() throws(SourceError) {
        guard server.isWritable else {
            throw SourceError(
                .unsupported,
                "\(name): nothing can be published to a web server; publish to the bucket or directory behind it")
        }
    }
}
