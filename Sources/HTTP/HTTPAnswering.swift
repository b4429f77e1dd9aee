internal import CMicrohttpd
private import Glibc
internal import Platform
private import Synchronization

/// The part of an ``HTTPServer`` that speaks HTTP with connections: libmicrohttpd, and what it calls back.
@safe final class HTTPAnswering: Sendable {
    let table = ConnectionTable()
    private let places: ConnectionPlaces
    private let limits: HTTPLimits
    private let answer: @Sendable (HTTPRequest) -> HTTPResponse
    // Safety: set once before any other thread sees this object, and used until ``stop(deadline:)`` only.
    nonisolated(unsafe) private var daemon: OpaquePointer?

    /// - Throws: Where no thread is to be had.
    init(limits: HTTPLimits, answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse) throws(SystemError) {
        self.limits = limits
        self.answer = answer
        places = ConnectionPlaces(limits: limits)
        // Safety: the daemon's threads use this object, so it is held until they have ended.
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        unsafe daemon = cmicrohttpd_start(
            // The places are counted more exactly, so this limit never speaks.
            UInt32(limits.connectionsMax + 16), UInt32(limits.idleTimeout.components.seconds), limits.headBytesMax,
            Self.stackBytes, answerRequest, requestCompleted, connectionChanged, context)
        guard unsafe daemon != nil else {
            let code = errno
            unsafe Unmanaged<HTTPAnswering>.fromOpaque(context).release()
            throw SystemError(call: "pthread_create", code: code == 0 ? EAGAIN : code)
        }
    }

    /// Whether whoever comes next does well to wait for a moment: all places are taken, and one will be free.
    ///
    /// Without it those who take places and ask for nothing, from four addresses, would keep health checks out.
    func isMakingRoom() -> Bool {
        places.count >= limits.connectionsMax
            && table.makeRoom(now: Clock.monotonicNanoseconds(), grace: Self.graceNanoseconds)
    }

    /// Has a new connection answered, or turns it away; called by one thread only.
    ///
    /// - Parameters:
    ///   - accepted: As it has come.
    ///   - decrypt: Makes of it what requests can be read from; `nil` where that is what has come.
    func adopt(_ accepted: consuming Socket, decrypt: HTTPServer.Decryption?) {
        let peer = accepted.addresses().peer
        let place: ConnectionPlace
        do throws(ConnectionPlaces.Refusal) {
            place = try places.take(for: peer)
        } catch {
            // Where a greeting is expected first, a reason would not be understood.
            guard decrypt == nil else { return }
            return Self.turnAway(accepted, error, limits)
        }
        let socket: Socket
        if let decrypt {
            guard let decrypted = decrypt(accepted, place) else { return }
            socket = decrypted
        } else {
            socket = accepted
        }
        let number = socket.relinquish().relinquish()
        let now = Clock.monotonicNanoseconds()
        table.add(
            number, peer: peer, place: place, now: now, deadline: now + limits.requestTimeout.wholeNanoseconds)
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isTaken = unsafe withUnsafeMutablePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = unsafe getpeername(number, address, &length)
                return unsafe MHD_add_connection(daemon, number, address, length) == cmicrohttpd_yes
            }
        }
        // The daemon has closed it.
        if !isTaken { table.remove(number) }
    }

    private static func turnAway(
        _ socket: consuming Socket, _ refusal: ConnectionPlaces.Refusal, _ limits: HTTPLimits
    ) {
        let reason =
            switch refusal {
            case .tooMany: "there are \(limits.connectionsMax) connections already"
            case .tooManyOfOneAddress: "your address has \(limits.connectionsPerAddressMax) connections already"
            }
        let body = reason + "\n"
        let response =
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
            + "Retry-After: 1\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        // It is new, so it has room for this; whoever has gone misses nothing.
        let bytes = Array(response.utf8)
        _ = socket.send(bytes.span)
        socket.shutDownWriting()
    }

    /// Ends all that waits for its client, and all else that ends by `deadline`, of the monotonic clock.
    ///
    /// - Returns: Whether nothing is left; else what is keeps this object and its thread.
    func stop(deadline: UInt64) -> Bool {
        repeat {
            table.endAllButAnswering()
            guard table.answeringCount > 0 else {
                // Safety: the one who accepted has ended, so nobody uses the daemon any more, and it waits for its
                // threads, so that nobody uses this object either.
                unsafe MHD_stop_daemon(daemon)
                unsafe daemon = nil
                unsafe Unmanaged.passUnretained(self).release()
                return true
            }
            Thread.sleep(nanoseconds: 1_000_000)
        } while Clock.monotonicNanoseconds() < deadline
        return false
    }

    // MARK: On the threads of connections

    /// Answers a request that has come whole.
    fileprivate func answer(_ connection: OpaquePointer, url: String, method: String) -> MHD_Result {
        let descriptor = unsafe cmicrohttpd_descriptor(connection)
        table.set(descriptor, deadline: nil)
        let headers = unsafe pairs(of: connection, cmicrohttpd_headers)
        let response =
            if method != "GET" && method != "HEAD" {
                Self.methodNotAllowed
            } else if let path = RequestText.decoded(url.utf8), path.hasPrefix("/"),
                let query = unsafe Self.decoded(pairs(of: connection, cmicrohttpd_parameters))
            {
                answer(
                    HTTPRequest(
                        method: method, path: path, query: query, headers: headers,
                        peer: table.peer(of: descriptor)))
            } else {
                HTTPResponse(
                    status: 400, text: "what is asked for must start with / and be UTF-8 where it has escapes (%2F)\n")
            }
        table.set(
            descriptor, deadline: Clock.monotonicNanoseconds() + limits.responseTimeout.wholeNanoseconds)
        return unsafe send(response, over: connection)
    }

    /// Answers a request that announces a body, without waiting for it.
    fileprivate func refuseBody(_ connection: OpaquePointer) -> MHD_Result {
        var response = HTTPResponse(status: 413, text: "no request has a body here\n")
        response.headers = [("Connection", "close")]
        return unsafe send(response, over: connection)
    }

    fileprivate func hasCompleted(_ descriptor: Int32) {
        let now = Clock.monotonicNanoseconds()
        table.set(descriptor, deadline: now + limits.requestTimeout.wholeNanoseconds, waitingSince: now)
    }

    private static func decoded(_ pairs: [(name: String, value: String)]) -> [(name: String, value: String)]? {
        var decoded: [(name: String, value: String)] = []
        for pair in pairs {
            guard let name = RequestText.decoded(pair.name.utf8), let value = RequestText.decoded(pair.value.utf8)
            else { return nil }
            decoded.append((name, value))
        }
        return decoded
    }

    private static let methodNotAllowed: HTTPResponse = {
        var response = HTTPResponse(status: 405, text: "only GET and HEAD are answered here\n")
        response.headers = [("Allow", "GET, HEAD")]
        return response
    }()

    /// How long a connection may wait for a request while others find no place.
    private static let graceNanoseconds: UInt64 = 1_000_000_000
    /// Enough for what answers do, and little enough for a thread a connection.
    private static let stackBytes = 1 << 20
}

// MARK: What libmicrohttpd calls

// Safety, for all of these: the context is the object that the daemon was started with, which is held until the daemon
// has stopped; connections and texts are good for the length of the call.

private func answerRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ body: UnsafePointer<CChar>?,
    _ bodyCount: UnsafeMutablePointer<Int>?, _ mark: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context = unsafe context, let connection = unsafe connection, let mark = unsafe mark,
        let url = unsafe url, let method = unsafe method
    else { return cmicrohttpd_no }
    let answering = unsafe Unmanaged<HTTPAnswering>.fromOpaque(context).takeUnretainedValue()
    if unsafe mark.pointee == nil {
        // Called first when the headers have come, and again when all has.
        unsafe mark.pointee = context
        let headers = unsafe pairs(of: connection, cmicrohttpd_headers)
        let announcesBody = headers.contains { header in
            switch header.name.lowercased() {
            case "content-length": header.value != "0"
            case "transfer-encoding": true
            default: false
            }
        }
        return unsafe announcesBody ? answering.refuseBody(connection) : cmicrohttpd_yes
    }
    return unsafe answering.answer(connection, url: String(cString: url), method: String(cString: method))
}

private func requestCompleted(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ mark: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ how: MHD_RequestTerminationCode
) {
    guard let context = unsafe context, let connection = unsafe connection else { return }
    unsafe Unmanaged<HTTPAnswering>.fromOpaque(context).takeUnretainedValue()
        .hasCompleted(cmicrohttpd_descriptor(connection))
}

private func connectionChanged(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ change: MHD_ConnectionNotificationCode
) {
    guard let context = unsafe context, let connection = unsafe connection, change == cmicrohttpd_closed
    else { return }
    unsafe Unmanaged<HTTPAnswering>.fromOpaque(context).takeUnretainedValue()
        .table.remove(cmicrohttpd_descriptor(connection))
}

/// The headers or the parameters of a request, as sent.
@unsafe private func pairs(of connection: OpaquePointer, _ kind: MHD_ValueKind) -> [(name: String, value: String)] {
    var pairs: [(name: String, value: String)] = []
    unsafe withUnsafeMutablePointer(to: &pairs) { pairs in
        _ = unsafe MHD_get_connection_values(
            connection, kind,
            { context, _, name, value in
                guard let context = unsafe context, let name = unsafe name else { return cmicrohttpd_yes }
                let pairs = unsafe context.assumingMemoryBound(to: [(name: String, value: String)].self)
                // A parameter without = has no value.
                unsafe pairs.pointee.append(
                    (String(cString: name), value.map { unsafe String(cString: $0) } ?? ""))
                return cmicrohttpd_yes
            }, pairs)
    }
    return pairs
}

/// Queues a response, with the headers that every one has.
@unsafe private func send(_ response: HTTPResponse, over connection: OpaquePointer) -> MHD_Result {
    var bytes = response.body
    let made = unsafe bytes.withUnsafeMutableBytes { bytes in
        unsafe MHD_create_response_from_buffer(bytes.count, bytes.baseAddress, cmicrohttpd_copied)
    }
    guard let made = unsafe made else { return cmicrohttpd_no }
    defer { unsafe MHD_destroy_response(made) }
    for (name, value) in response.allHeaders { unsafe MHD_add_response_header(made, name, value) }
    return unsafe MHD_queue_response(connection, UInt32(response.status), made)
}
