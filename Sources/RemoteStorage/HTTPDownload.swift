internal import Datasets
internal import Platform

/// Fetches many objects over a few connections into files.
///
/// The calling thread moves the bytes; a ``LandingCheck`` hashes them behind it.
final class HTTPDownload {
    /// How often one file may begin again.
    private static let restartsMax = 4

    private let server: any ObjectServer
    private let client: HTTPClient
    private let options: TransferOptions
    private let check: LandingCheck
    private let files: [File]
    /// Files that are begun and not done.
    private var open: [File] = []
    private var nextFile = 0
    private var waiting: [Piece] = []
    private var running: [ObjectIdentifier: Piece] = [:]
    private var limit: RateLimit
    private var progress: TransferProgress
    private var reportedNanoseconds: UInt64 = 0
    /// Bytes of files that are done, and bytes that other files had from the beginning.
    private var settledBytes: Int
    private var exchanges: [ObjectIdentifier: HTTPExchange] = [:]

    init(_ downloads: [ObjectDownload], from server: any ObjectServer, client: HTTPClient, options: TransferOptions) {
        self.server = server
        self.client = client
        self.options = options
        let waker = client.connections.waker
        check = LandingCheck { waker.wake() }
        files = downloads.enumerated().map { File(index: $0.offset, download: $0.element) }
        limit = RateLimit(bytesPerSecond: options.bytesPerSecondMax)
        settledBytes = downloads.reduce(0) { $0 + $1.resumeOffset }
        progress = TransferProgress(
            bytesTotal: downloads.reduce(0) { $0 + $1.bytes }, bytesDone: settledBytes, bytesTransferred: 0,
            filesTotal: downloads.count, filesDone: 0)
    }

    func run() throws(SourceError) {
        defer { cancelAll() }
        try check.run { () throws(SourceError) in
            while progress.filesDone < files.count {
                try client.cancellation.check()
                try takeDigests()
                try begin()
                report()
                try turn()
            }
        }
        report(isLast: true)
    }

    // MARK: Beginning

    /// Begins as much as the connections allow.
    private func begin() throws(SourceError) {
        let now = Clock.monotonicNanoseconds()
        while running.count < options.connectionsMax, let piece = try nextPiece(now) { try start(piece) }
    }

    private func nextPiece(_ now: UInt64) throws(SourceError) -> Piece? {
        if let index = waiting.firstIndex(where: { $0.notBeforeNanoseconds <= now }) {
            return waiting.remove(at: index)
        }
        for file in open {
            if let piece = file.nextPiece() { return piece }
        }
        while nextFile < files.count, open.count < 2 * options.connectionsMax {
            let file = files[nextFile]
            nextFile += 1
            open.append(file)
            settledBytes -= file.download.resumeOffset
            // Even where all of it, or nothing, is to be there: the check tells.
            check.announce(try file.open())
            if let piece = file.nextPiece() { return piece }
        }
        return nil
    }

    private func start(_ piece: Piece) throws(SourceError) {
        let object = piece.file.download.object
        var request = try server.request(.get, object)
        // A whole object is asked for as such: there are servers that know no ranges.
        if piece.position > 0 || piece.end < piece.file.download.bytes { request.range = piece.position..<piece.end }
        let landing = try piece.file.open()
        let exchange = HTTPExchange(request)
        piece.isHeadChecked = false
        piece.problem = nil
        exchange.onBytes = { [unowned self] head, bytes in receive(bytes, head, piece, landing) }
        running[ObjectIdentifier(exchange)] = piece
        exchanges[ObjectIdentifier(piece)] = exchange
        client.connections.start(exchange)
    }

    // MARK: Receiving

    /// Moves bytes once, unless the rate or the hashing asks for patience.
    private func turn() throws(SourceError) {
        let pause = min(limit.delayMilliseconds(), 100)
        if pause > 0 || unhashedBytes > LandingCheck.unhashedBytesMax {
            return try Pause.milliseconds(max(pause, 2), client.cancellation)
        }
        client.connections.resume()
        let ended = client.connections.turn(milliseconds: 50)
        for file in open where !file.pieces.isEmpty { advance(file) }
        for (exchange, outcome) in ended {
            guard let piece = running.removeValue(forKey: ObjectIdentifier(exchange)) else { continue }
            exchanges[ObjectIdentifier(piece)] = nil
            try end(piece, exchange, outcome)
        }
    }

    private var unhashedBytes: Int {
        open.reduce(0) { $0 + ($1.landing.map { $0.contiguousBytes - $0.hashedBytes } ?? 0) }
    }

    /// Tells the check of bytes that have landed in order.
    private func advance(_ file: File) {
        guard let landing = file.landing, file.contiguousBytes > landing.contiguousBytes else { return }
        landing.extend(to: file.contiguousBytes)
        check.announce(landing)
    }

    /// Writes what has come; where it refuses, the piece's `problem` says why.
    private func receive(
        _ bytes: Span<UInt8>, _ head: HTTPHead, _ piece: Piece, _ landing: Landing
    ) -> HTTPExchange.Reception {
        guard !limit.isExhausted else { return .later }
        if !piece.isHeadChecked {
            piece.problem = problem(with: head, piece)
            piece.isHeadChecked = true
        }
        guard piece.problem == nil else { return .refused }
        guard bytes.count <= piece.end - piece.position else {
            piece.problem = .fatal(
                SourceError(
                    .corrupt, "\(address(piece)) is longer than the \(piece.file.download.bytes) bytes promised"))
            return .refused
        }
        do throws(SystemError) {
            try landing.file.write(bytes, at: piece.position)
        } catch {
            piece.problem = .fatal(.local("write", landing.path, error))
            return .refused
        }
        piece.position += bytes.count
        piece.schedule.reset()
        progress.bytesTransferred += bytes.count
        limit.consume(bytes.count)
        return .taken
    }

    /// What makes a successful response unfit for its piece.
    private func problem(with head: HTTPHead, _ piece: Piece) -> Problem? {
        let file = piece.file
        let isPart = piece.position > 0 || piece.end < file.download.bytes
        if let validator = head.validator {
            if let known = file.validator, known != validator { return .changed }
            file.validator = validator
        }
        if head.status == 206, isPart {
            guard let (range, total) = head.contentRange, range.lowerBound == piece.position,
                range.upperBound <= piece.end
            else {
                return .odd(
                    SourceError(.corrupt, "\(address(piece)): the server sends another range than it was asked for"))
            }
            if let total, total != file.download.bytes { return .fatal(sizeError(total, piece)) }
            return nil
        }
        if isPart { return .rangesIgnored }
        guard head.status == 200 else {
            return .odd(SourceError(.corrupt, "\(address(piece)): the server sends a part, and was asked for all"))
        }
        if let length = head["content-length"].flatMap({ Int($0) }), length != file.download.bytes {
            return .fatal(sizeError(length, piece))
        }
        return nil
    }

    private func sizeError(_ bytes: Int, _ piece: Piece) -> SourceError {
        SourceError(
            .corrupt, "\(address(piece)) has \(bytes) bytes, and \(piece.file.download.bytes) are promised")
    }

    private func address(_ piece: Piece) -> String { server.address(of: piece.file.download.object) }

    // MARK: Ending

    private func end(_ piece: Piece, _ exchange: HTTPExchange, _ outcome: HTTPConnections.Outcome) throws(SourceError) {
        switch piece.problem {
        case .fatal(let error): throw error
        case .odd(let error): return try retry(piece, error, wishSeconds: nil)
        case .rangesIgnored:
            return try restart(piece.file, hasRanges: false, because: .unreachable, "the server knows no ranges")
        case .changed:
            return try restart(piece.file, hasRanges: true, because: .corrupt, "it changed while it was fetched")
        case nil: break
        }
        if piece.isWhole {
            piece.file.pieces.removeAll { $0 === piece }
            return advance(piece.file)
        }
        switch HTTPVerdict(exchange, outcome, piece.file.download.object, server) {
        case .success:
            try retry(piece, SourceError(.unreachable, "\(address(piece)): the response ends early"), wishSeconds: nil)
        case .retry(let error, let wishSeconds): try retry(piece, error, wishSeconds: wishSeconds)
        case .absent(let error), .fatal(let error): throw error
        }
    }

    private func retry(_ piece: Piece, _ error: SourceError, wishSeconds: Int?) throws(SourceError) {
        progress.retries.add(error.kind)
        guard let pause = piece.schedule.nextMilliseconds(wishSeconds: wishSeconds) else { throw error }
        guard piece.file.hasRanges || piece.position == 0 else {
            return try restart(piece.file, hasRanges: false, because: error.kind, error.description)
        }
        piece.notBeforeNanoseconds = Clock.monotonicNanoseconds() + UInt64(pause) * 1_000_000
        waiting.append(piece)
    }

    private func restart(
        _ file: File, hasRanges: Bool, because kind: SourceError.Kind, _ reason: String
    ) throws(SourceError) {
        guard file.restarts < Self.restartsMax else {
            throw SourceError(.unreachable, "\(server.address(of: file.download.object)): \(reason), again and again")
        }
        progress.retries.add(kind)
        for piece in file.pieces {
            guard let exchange = exchanges.removeValue(forKey: ObjectIdentifier(piece)) else { continue }
            running[ObjectIdentifier(exchange)] = nil
            client.connections.cancel(exchange)
        }
        waiting.removeAll { $0.file === file }
        try file.restart(hasRanges: hasRanges)
    }

    private func takeDigests() throws(SourceError) {
        for (landing, result) in check.takeOutcomes() {
            let file = files[landing.index]
            guard file.landing === landing else { continue }
            let digest = try result.get()
            let download = file.download
            if digest == download.sha256 {
                file.close()
                open.removeAll { $0 === file }
                progress.filesDone += 1
                settledBytes += download.bytes
            } else if file.isResumed {
                try restart(file, hasRanges: true, because: .corrupt, "what was there of \(download.path) is damaged")
            } else {
                throw SourceError(
                    .corrupt, "\(server.address(of: download.object)) has SHA-256 \(digest), not \(download.sha256)")
            }
        }
    }

    private func cancelAll() {
        for exchange in exchanges.values { client.connections.cancel(exchange) }
        exchanges = [:]
        running = [:]
    }

    private func report(isLast: Bool = false) {
        let now = Clock.monotonicNanoseconds()
        guard isLast || now - reportedNanoseconds >= 100_000_000 else { return }
        reportedNanoseconds = now
        progress.bytesDone = open.reduce(settledBytes) { $0 + $1.contiguousBytes }
        options.onProgress(progress)
    }
}
