internal import Bytes
internal import CCurl
internal import Platform

/// One request under way, and what has come back for it.
///
/// Belongs to the thread that runs its ``HTTPConnections``; libcurl calls back on that thread only.
final class HTTPExchange {
    let request: HTTPRequest
    private(set) var head = HTTPHead()
    /// The body of a response that ``onBytes`` does not take; at most ``bodyBytesMax``.
    private(set) var body = ByteBuffer()
    var bodyBytesMax = 4096
    /// Whether the body went past ``bodyBytesMax``.
    private(set) var isTooLong = false
    /// Takes the body of a successful response (200 and 206) piece by piece.
    var onBytes: ((HTTPHead, Span<UInt8>) -> Reception)?
    /// Whether libcurl holds bytes back until ``HTTPConnections/resume()``.
    private(set) var isPaused = false
    /// Bytes of the body, either way, since the exchange began; a stall is when it stands still.
    private(set) var bytesMoved = 0
    /// The body being sent, while it is being sent.
    private var source: BulkFile?
    private var sent = 0
    private(set) var bodyFailure: SystemError?

    init(_ request: HTTPRequest) { self.request = request }

    /// What becomes of bytes that have come.
    enum Reception {
        case taken
        /// They shall come again, after ``HTTPConnections/resume()``.
        case later
        /// The exchange ends.
        case refused
    }

    fileprivate func receive(header line: String) { head.add(line: line) }

    fileprivate func receive(_ bytes: Span<UInt8>) -> Reception {
        if let onBytes, head.status == 200 || head.status == 206 {
            let reception = onBytes(head, bytes)
            if case .later = reception { isPaused = true } else { bytesMoved += bytes.count }
            return reception
        }
        bytesMoved += bytes.count
        let isError = head.status >= 300
        let room = bodyBytesMax - body.count
        if bytes.count > room {
            // Of an error's text the beginning will do.
            if isError {
                body.append(bytes.extracting(first: max(0, room)))
                return .taken
            }
            isTooLong = true
            return .refused
        }
        body.append(bytes)
        return .taken
    }

    /// Appends up to `count` bytes of the request's body to `buffer`; false when they cannot be read.
    fileprivate func send(_ count: Int, to buffer: inout ByteBuffer) -> Bool {
        switch request.body {
        case .none: break
        case .bytes(let bytes):
            let part = min(count, bytes.count - sent)
            buffer.append(bytes.span.extracting(sent..<sent + part))
        case .file(let path, let range):
            do throws(SystemError) {
                let file = if let source { source } else { try BulkFile(reading: path) }
                source = file
                _ = try file.read(
                    min(count, range.count - sent), at: range.lowerBound + sent, to: &buffer)
            } catch {
                bodyFailure = error
                return false
            }
        }
        sent += buffer.count
        bytesMoved += buffer.count
        return true
    }

    func endPause() { isPaused = false }

    /// Starts the body again, for a connection that was found closed.
    fileprivate func rewind() { sent = 0 }
}

/// The functions that libcurl calls, each with the exchange as its context.
enum HTTPCallback {
    static let header: ccurl_data_function = { bytes, size, count, context in
        guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
        // Safety: the context is the exchange, which its connections hold until libcurl is done with it;
        // libcurl lends `size * count` bytes for the call.
        let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
        let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
        exchange.receive(header: String(decoding: unsafe Array(line), as: UTF8.self))
        return size * count
    }

    static let write: ccurl_data_function = { bytes, size, count, context in
        guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
        // Safety: as for `header`.
        let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
        let reception = unsafe bytes.withMemoryRebound(to: UInt8.self, capacity: size * count) { bytes in
            exchange.receive(unsafe Span(_unsafeStart: bytes, count: size * count))
        }
        return switch reception {
        case .taken: size * count
        case .later: ccurl_pause_writing
        case .refused: 0
        }
    }

    static let read: ccurl_data_function = { bytes, size, count, context in
        guard let bytes = unsafe bytes, let context = unsafe context else { return Int(CURL_READFUNC_ABORT) }
        // Safety: as for `header`; here libcurl lends room for `size * count` bytes.
        let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
        var buffer = ByteBuffer()
        guard exchange.send(size * count, to: &buffer) else { return Int(CURL_READFUNC_ABORT) }
        unsafe buffer.withUnsafeBytes { part in
            // Safety: `send` gives at most the bytes that were asked for.
            unsafe UnsafeMutableRawPointer(bytes).copyMemory(
                from: part.baseAddress ?? UnsafeRawPointer(bytes), byteCount: part.count)
        }
        return buffer.count
    }

    static let seek: ccurl_seek_function = { context, offset, origin in
        guard let context = unsafe context, offset == 0, origin == 0 else { return CURL_SEEKFUNC_CANTSEEK }
        // Safety: as for `header`.
        unsafe Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue().rewind()
        return CURL_SEEKFUNC_OK
    }
}
