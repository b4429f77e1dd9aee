internal import Bytes
internal import Datasets
internal import Platform

/// Uploads files to a bucket: short ones whole and several at once, long ones in parts.
final class HTTPUpload {
    /// A longer file goes in parts.
    static let wholeBytesMax = 64 << 20
    static let partBytesMin = 16 << 20
    /// The most parts that S3 takes.
    static let partsMax = 10_000
    private static let digestHeader = "x-amz-meta-sha256"

    /// One PUT: of a whole file or of a part.
    private struct Unit {
        var object: String
        var path: String
        var range: Range<Int>
        var query: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)] = []
        /// The digest that a whole file must have.
        var promised: String?
        /// `nil` where it has yet to be computed.
        var sha256: String?
        var schedule = RetrySchedule(retriesMax: 6)
        var notBeforeNanoseconds: UInt64 = 0
    }

    private let uploads: [ObjectUpload]
    private let server: any ObjectServer
    private let client: HTTPClient
    private let options: TransferOptions
    private var limit: RateLimit
    private var progress: TransferProgress
    /// Of the file that goes in parts.
    private var wholeHash: SHA256?
    private var reportedNanoseconds: UInt64 = 0

    init(_ uploads: [ObjectUpload], to server: any ObjectServer, client: HTTPClient, options: TransferOptions) {
        self.uploads = uploads
        self.server = server
        self.client = client
        self.options = options
        limit = RateLimit(bytesPerSecond: options.bytesPerSecondMax)
        progress = TransferProgress(
            bytesTotal: uploads.reduce(0) { $0 + $1.bytes }, bytesDone: 0, bytesTransferred: 0,
            filesTotal: uploads.count, filesDone: 0)
    }

    func run() throws(SourceError) -> [UploadOutcome] {
        var outcomes = [UploadOutcome?](repeating: nil, count: uploads.count)
        for (index, upload) in uploads.enumerated() {
            outcomes[index] = try existing(upload)
            if outcomes[index] != nil { finish(upload.bytes) }
        }
        let whole = uploads.indices.filter { outcomes[$0] == nil && uploads[$0].bytes <= Self.wholeBytesMax }
        let heads = try put(whole.map { unit(for: uploads[$0]) })
        for (index, head) in zip(whole, heads) {
            outcomes[index] =
                try head.status == 412 ? existing(uploads[index]) ?? .different : confirmed(uploads[index])
            finish(0)
        }
        for index in uploads.indices where outcomes[index] == nil {
            outcomes[index] = try putInParts(uploads[index])
            finish(0)
        }
        options.onProgress(progress)
        return outcomes.map { $0 ?? .different }
    }

    private func finish(_ bytes: Int) {
        progress.filesDone += 1
        progress.bytesDone += bytes
    }

    // MARK: What is there already

    private func existing(_ upload: ObjectUpload) throws(SourceError) -> UploadOutcome? {
        let head = try client.exchange(for: upload.object, at: server, accepting: [404]) { () throws(SourceError) in
            try server.request(.head, upload.object)
        }.head
        if head.status == 404 { return nil }
        guard head["content-length"] == String(upload.bytes) else { return .different }
        if let digest = head[Self.digestHeader] { return digest == upload.sha256.description ? .identical : .different }
        return try digest(of: upload.object) == upload.sha256 ? .identical : .different
    }

    private func confirmed(_ upload: ObjectUpload) throws(SourceError) -> UploadOutcome {
        guard try existing(upload) == .identical else {
            throw SourceError(
                .corrupt, "\(server.address(of: upload.object)): something else is there than was uploaded")
        }
        return .stored
    }

    /// Reads an object that somebody else has stored.
    private func digest(of object: String) throws(SourceError) -> SHA256Digest {
        final class Running { var hash: SHA256? = SHA256() }
        var running = Running()
        _ = try client.exchange(for: object, at: server) { () throws(SourceError) in
            running = Running()
            return try server.request(.get, object)
        } onBytes: { bytes in
            running.hash?.update(bytes)
        }
        guard let hash = running.hash.take() else { preconditionFailure("a digest is finished once") }
        return hash.finish()
    }

    // MARK: Sending

    private func unit(for upload: ObjectUpload) -> Unit {
        Unit(
            object: upload.object, path: upload.path, range: 0..<upload.bytes,
            headers: [("If-None-Match", "*"), (Self.digestHeader, upload.sha256.description)],
            promised: upload.sha256.description)
    }

    private func putInParts(_ upload: ObjectUpload) throws(SourceError) -> UploadOutcome {
        let object = upload.object
        let created = try client.exchange(for: object, at: server) { () throws(SourceError) in
            let headers = [(name: Self.digestHeader, value: upload.sha256.description)]
            return try server.request(
                .post, object, query: [("uploads", "")], headers: headers, body: (.none, Self.digest(of: [])))
        }
        guard let id = Text.element("UploadId", in: created.bodyText) else {
            throw SourceError(.unreachable, "\(server.address(of: object)): the server begins no upload in parts")
        }
        do {
            return try sendParts(upload, id)
        } catch {
            // What was sent so far would be kept, and paid for, until somebody ends the upload.
            _ = try? client.exchange(
                try server.request(.delete, object, query: [("uploadId", id)], headers: [], body: nil))
            throw error
        }
    }

    private func sendParts(_ upload: ObjectUpload, _ id: String) throws(SourceError) -> UploadOutcome {
        let object = upload.object
        let partBytes = max(Self.partBytesMin, (upload.bytes + Self.partsMax - 1) / Self.partsMax)
        let units = stride(from: 0, to: upload.bytes, by: partBytes).enumerated().map { number, start in
            Unit(
                object: object, path: upload.path, range: start..<min(upload.bytes, start + partBytes),
                query: [("partNumber", String(number + 1)), ("uploadId", id)])
        }
        wholeHash = SHA256()
        let heads = try put(units)
        guard let hash = wholeHash.take(), hash.finish() == upload.sha256 else {
            throw Self.mismatch(upload.path, upload.sha256.description)
        }
        let parts = heads.enumerated().map { number, head in
            "<Part><PartNumber>\(number + 1)</PartNumber><ETag>\(head["etag"] ?? "")</ETag></Part>"
        }
        let list = Array("<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>".utf8)
        let completed = try client.exchange(for: object, at: server, accepting: [412]) { () throws(SourceError) in
            try server.request(
                .post, object, query: [("uploadId", id)], headers: [("If-None-Match", "*")],
                body: (.bytes(list), Self.digest(of: list)))
        }
        if completed.head.status == 412 { return try existing(upload) ?? .different }
        if let code = Text.element("Code", in: completed.bodyText) {
            throw SourceError(.unreachable, "\(server.address(of: object)): the upload cannot be completed, \(code)")
        }
        return try confirmed(upload)
    }

    private static func mismatch(_ path: String, _ sha256: String) -> SourceError {
        SourceError(.corrupt, "\(path) is not what its SHA-256 \(sha256) says")
    }

    private static func digest(of bytes: [UInt8]) -> String { SHA256.digest(of: bytes.span).description }

    /// Sends all units, several at once, and returns the heads of their answers (2xx or 412) in their order.
    private func put(_ units: [Unit]) throws(SourceError) -> [HTTPHead] {
        var units = units
        var heads = [HTTPHead](repeating: HTTPHead(), count: units.count)
        var left = Array(units.indices.reversed())
        var running: [ObjectIdentifier: (index: Int, exchange: HTTPExchange, seen: Int)] = [:]
        defer { for (_, exchange, _) in running.values { client.connections.cancel(exchange) } }
        while !left.isEmpty || !running.isEmpty {
            try client.cancellation.check()
            let now = Clock.monotonicNanoseconds()
            while running.count < options.connectionsMax,
                let place = left.lastIndex(where: { units[$0].notBeforeNanoseconds <= now })
            {
                let index = left.remove(at: place)
                let exchange = HTTPExchange(try request(for: &units[index]))
                running[ObjectIdentifier(exchange)] = (index, exchange, 0)
                client.connections.start(exchange)
            }
            let delay = min(limit.delayMilliseconds(), 100)
            if delay > 0 {
                try Pause.milliseconds(delay, client.cancellation)
                continue
            }
            let ended = client.connections.turn(milliseconds: 50)
            for (key, state) in running {
                let moved = state.exchange.bytesMoved - state.seen
                running[key]?.seen += moved
                limit.consume(moved)
                progress.bytesTransferred += moved
            }
            for (exchange, outcome) in ended {
                guard let index = running.removeValue(forKey: ObjectIdentifier(exchange))?.index else { continue }
                if case .answered = outcome, exchange.head.status == 412 {
                    heads[index] = exchange.head
                    continue
                }
                switch HTTPVerdict(exchange, outcome, units[index].object, server) {
                case .success:
                    heads[index] = exchange.head
                    progress.bytesDone += units[index].range.count
                case .absent(let error), .fatal(let error): throw error
                case .retry(let error, let wishSeconds):
                    guard let pause = units[index].schedule.nextMilliseconds(wishSeconds: wishSeconds) else {
                        throw error
                    }
                    progress.retries.add(error.kind)
                    units[index].notBeforeNanoseconds = now + UInt64(pause) * 1_000_000
                    left.append(index)
                }
            }
            report(now)
        }
        return heads
    }

    private func request(for unit: inout Unit) throws(SourceError) -> HTTPRequest {
        // Parts are begun in their order, each hashed once, so that the hash of the whole file goes along.
        let sha256 = if let known = unit.sha256 { known } else { try digest(ofFile: unit.path, unit.range) }
        unit.sha256 = sha256
        if let promised = unit.promised, promised != sha256 { throw Self.mismatch(unit.path, promised) }
        return try server.request(
            .put, unit.object, query: unit.query, headers: unit.headers,
            body: (.file(path: unit.path, range: unit.range), sha256))
    }

    private func digest(ofFile path: String, _ range: Range<Int>) throws(SourceError) -> String {
        var hash = SHA256()
        do throws(SystemError) {
            let file = try BulkFile(reading: path)
            var buffer = ByteBuffer(capacity: 256 << 10)
            var offset = range.lowerBound
            while offset < range.upperBound {
                buffer.removeAll()
                let count = try file.read(min(256 << 10, range.upperBound - offset), at: offset, to: &buffer)
                guard count > 0 else { throw SystemError.unexpectedEnd }
                hash.update(buffer.span)
                wholeHash?.update(buffer.span)
                offset += count
            }
        } catch {
            throw .local("read", path, error)
        }
        return hash.finish().description
    }

    private func report(_ now: UInt64) {
        guard now - reportedNanoseconds >= 100_000_000 else { return }
        reportedNanoseconds = now
        options.onProgress(progress)
    }
}
