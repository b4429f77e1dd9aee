internal import CCurl
internal import Platform
internal import Synchronization

/// Many exchanges at once over connections that are kept and used again, on one thread.
@safe final class HTTPConnections {
    /// After this long without one byte an exchange has failed, in nanoseconds.
    static let stallNanosecondsMax: UInt64 = 30_000_000_000
    private static let connectMilliseconds = 10_000
    private static let idleHandlesMax = 16

    /// How an exchange ended.
    enum Outcome {
        /// The whole response is there, whatever its status.
        case answered
        /// The receiver, or the body's file, ended it.
        case refusedHere
        /// No whole response: an error of the network, the protocol or TLS, in words.
        case failed(reason: String, isPermanent: Bool)
    }

    @safe private final class Running {
        let exchange: HTTPExchange
        let handle: UnsafeMutableRawPointer
        let headers: UnsafeMutablePointer<curl_slist>?
        var bytesSeen = 0
        var idleNanoseconds: UInt64 = 0

        init(exchange: HTTPExchange, handle: UnsafeMutableRawPointer, headers: UnsafeMutablePointer<curl_slist>?) {
            self.exchange = exchange
            unsafe self.handle = unsafe handle
            unsafe self.headers = unsafe headers
        }

        deinit { unsafe curl_slist_free_all(headers) }
    }

    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let multi: UnsafeMutableRawPointer
    private let userAgent: String
    private var running: [ObjectIdentifier: Running] = [:]
    private var idle: [UnsafeMutableRawPointer] = unsafe []

    init(userAgent: String) {
        precondition(Self.isReady, "libcurl does not start")
        guard let multi = unsafe curl_multi_init() else { preconditionFailure("libcurl has no memory") }
        unsafe self.multi = unsafe multi
        self.userAgent = userAgent
        // What is asked for at once is limited by the callers; connections beyond that are only kept.
        _ = unsafe ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.idleHandlesMax)
    }

    deinit {
        for transfer in running.values {
            _ = unsafe curl_multi_remove_handle(multi, transfer.handle)
            unsafe curl_easy_cleanup(transfer.handle)
        }
        while let handle = unsafe idle.popLast() { unsafe curl_easy_cleanup(handle) }
        _ = unsafe curl_multi_cleanup(multi)
    }

    var runningCount: Int { running.count }

    /// Ends the wait of ``turn(milliseconds:)``, from whatever thread; valid as long as the connections are.
    var waker: HTTPWaker { unsafe HTTPWaker(multi: multi) }

    func start(_ exchange: HTTPExchange) {
        guard let handle = unsafe idle.popLast() ?? curl_easy_init() else {
            preconditionFailure("libcurl has no memory")
        }
        let transfer = unsafe configure(handle, exchange)
        running[ObjectIdentifier(exchange)] = transfer
        let code = unsafe curl_multi_add_handle(multi, handle)
        precondition(code == CURLM_OK, "libcurl refuses a new transfer")
    }

    /// Forgets an exchange that is under way; its closures are not called again.
    func cancel(_ exchange: HTTPExchange) {
        guard let transfer = running.removeValue(forKey: ObjectIdentifier(exchange)) else { return }
        release(transfer)
    }

    /// Lets go on what has been paused.
    func resume() {
        for transfer in running.values where transfer.exchange.isPaused {
            transfer.exchange.endPause()
            // Safety: the handle is the transfer's own; libcurl may call the exchange back before it returns.
            _ = unsafe curl_easy_pause(transfer.handle, CURLPAUSE_CONT)
        }
    }

    /// Moves bytes, waits up to `milliseconds` for more to move, and returns the exchanges that have ended.
    func turn(milliseconds: Int32) -> [(exchange: HTTPExchange, outcome: Outcome)] {
        var count: Int32 = 0
        _ = unsafe curl_multi_perform(multi, &count)
        var ended = takeEnded()
        if ended.isEmpty {
            let before = Clock.monotonicNanoseconds()
            // Nothing comes for an exchange that has been paused: whoever did so decides when to go on.
            let isPaused = running.values.contains { $0.exchange.isPaused }
            _ = unsafe curl_multi_poll(multi, nil, 0, isPaused ? 0 : milliseconds, nil)
            ended += takeStalled(after: Clock.monotonicNanoseconds() - before)
        }
        return ended
    }

    private func takeEnded() -> [(exchange: HTTPExchange, outcome: Outcome)] {
        var ended: [(exchange: HTTPExchange, outcome: Outcome)] = []
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            let (handle, code) = unsafe (message.pointee.easy_handle, ccurl_message_result(message))
            guard let transfer = running.values.first(where: { unsafe $0.handle == handle }) else { continue }
            running[ObjectIdentifier(transfer.exchange)] = nil
            ended.append((transfer.exchange, Self.outcome(of: code)))
            release(transfer)
        }
        return ended
    }

    /// Time in which nobody polls is nobody's stall: a rate limit may hold a connection for long.
    private func takeStalled(after nanoseconds: UInt64) -> [(exchange: HTTPExchange, outcome: Outcome)] {
        var stalled: [(exchange: HTTPExchange, outcome: Outcome)] = []
        for transfer in running.values {
            if transfer.exchange.bytesMoved != transfer.bytesSeen || transfer.exchange.isPaused {
                transfer.bytesSeen = transfer.exchange.bytesMoved
                transfer.idleNanoseconds = 0
            } else {
                transfer.idleNanoseconds += nanoseconds
            }
            if transfer.idleNanoseconds > Self.stallNanosecondsMax {
                let reason = "nothing came for \(Self.stallNanosecondsMax / 1_000_000_000) s"
                stalled.append((transfer.exchange, .failed(reason: reason, isPermanent: false)))
            }
        }
        for (exchange, _) in stalled { cancel(exchange) }
        return stalled
    }

    private func release(_ transfer: Running) {
        _ = unsafe curl_multi_remove_handle(multi, transfer.handle)
        if unsafe idle.count < Self.idleHandlesMax {
            unsafe curl_easy_reset(transfer.handle)
            unsafe idle.append(transfer.handle)
        } else {
            unsafe curl_easy_cleanup(transfer.handle)
        }
    }

    private static func outcome(of code: CURLcode) -> Outcome {
        switch code {
        case CURLE_OK: .answered
        case CURLE_WRITE_ERROR, CURLE_ABORTED_BY_CALLBACK: .refusedHere
        default:
            .failed(
                reason: unsafe String(cString: curl_easy_strerror(code)),
                isPermanent: [
                    CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_PEER_FAILED_VERIFICATION,
                    CURLE_SSL_CACERT_BADFILE, CURLE_TOO_MANY_REDIRECTS,
                ].contains(code))
        }
    }
}

/// Wakes connections that wait.
@safe struct HTTPWaker: Sendable {
    // Safety: libcurl allows curl_multi_wakeup from any thread, and who has a waker ends before the connections do.
    nonisolated(unsafe) fileprivate let multi: UnsafeMutableRawPointer

    func wake() { _ = unsafe curl_multi_wakeup(multi) }
}

extension HTTPConnections {
    /// Sets a fresh or a reset handle up; all that it points to lives as long as the transfer.
    private func configure(_ handle: UnsafeMutableRawPointer, _ exchange: HTTPExchange) -> Running {
        let request = exchange.request
        func set(_ option: CURLoption, _ value: Int) { _ = unsafe ccurl_set_long(handle, option, value) }
        func set(_ option: CURLoption, _ text: String) { _ = unsafe ccurl_set_text(handle, option, text) }

        set(CURLOPT_URL, request.url)
        set(CURLOPT_USERAGENT, userAgent)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_REDIR_PROTOCOLS_STR, request.url.hasPrefix("https:") ? "https" : "http,https")
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_BUFFERSIZE, 256 << 10)
        set(CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10)
        set(CURLOPT_CONNECTTIMEOUT_MS, Self.connectMilliseconds)
        if request.timeoutMilliseconds > 0 { set(CURLOPT_TIMEOUT_MS, request.timeoutMilliseconds) }
        if request.followsRedirects {
            set(CURLOPT_FOLLOWLOCATION, 1)
            set(CURLOPT_MAXREDIRS, 5)
        }
        if let path = request.certificatesPath { set(CURLOPT_CAINFO, path) }
        if !request.usesProxy { set(CURLOPT_NOPROXY, "*") }
        if let range = request.range { set(CURLOPT_RANGE, "\(range.lowerBound)-\(range.upperBound - 1)") }
        if let signature = request.signature {
            set(CURLOPT_AWS_SIGV4, "aws:amz:\(signature.region):\(signature.service)")
            set(CURLOPT_USERNAME, signature.credentials.accessKeyID)
            set(CURLOPT_PASSWORD, signature.credentials.secretAccessKey)
        }
        if let login = request.login {
            set(CURLOPT_USERNAME, login.user)
            set(CURLOPT_PASSWORD, login.password)
        } else if let path = request.netrcPath {
            set(CURLOPT_NETRC, Int(CURL_NETRC_OPTIONAL.rawValue))
            set(CURLOPT_NETRC_FILE, path)
        }
        switch request.method {
        case .get: break
        case .delete: set(CURLOPT_CUSTOMREQUEST, "DELETE")
        case .head: set(CURLOPT_NOBODY, 1)
        case .put:
            set(CURLOPT_UPLOAD, 1)
            _ = unsafe ccurl_set_offset(handle, CURLOPT_INFILESIZE_LARGE, request.body.count)
        case .post:
            set(CURLOPT_POST, 1)
            _ = unsafe ccurl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, request.body.count)
        }
        var headers: UnsafeMutablePointer<curl_slist>?
        for (name, value) in request.headers { unsafe headers = unsafe curl_slist_append(headers, "\(name): \(value)") }
        _ = unsafe ccurl_set_list(handle, CURLOPT_HTTPHEADER, headers)
        // Safety: `running` holds the exchange until the handle is out of the multi handle.
        let context = unsafe Unmanaged.passUnretained(exchange).toOpaque()
        _ = unsafe ccurl_set_data_function(handle, CURLOPT_HEADERFUNCTION, HTTPCallback.header)
        _ = unsafe ccurl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        _ = unsafe ccurl_set_data_function(handle, CURLOPT_WRITEFUNCTION, HTTPCallback.write)
        _ = unsafe ccurl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        _ = unsafe ccurl_set_data_function(handle, CURLOPT_READFUNCTION, HTTPCallback.read)
        _ = unsafe ccurl_set_pointer(handle, CURLOPT_READDATA, context)
        _ = unsafe ccurl_set_seek_function(handle, HTTPCallback.seek)
        _ = unsafe ccurl_set_pointer(handle, CURLOPT_SEEKDATA, context)
        return unsafe Running(exchange: exchange, handle: handle, headers: headers)
    }
}
