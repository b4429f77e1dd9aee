public import Bytes
import CSSL

/// One encrypted connection, apart from its socket: ciphertext in, plaintext out, and the other way round.
///
/// Shakes hands by itself as bytes come. Holds no buffers while all that came is understood but for part of a record,
/// 16 KiB at most. Belongs to one thread at a time.
@safe public final class TLSSession {
    private let session: OpaquePointer
    private let window: UnsafeMutablePointer<cssl_window>
    /// Whether both sides have shaken hands.
    public private(set) var isEstablished = false
    /// Why it has failed; nothing more can be sent or received then.
    public private(set) var failure: TLSError?

    /// What became of bytes that were received.
    public enum Outcome: Equatable {
        /// All are understood, and more may come.
        case open
        /// The peer has said that nothing more will come; it may still be answered.
        case ended
        /// ``failure`` says why. What is to be sent tells the peer.
        case failed
    }

    /// The server's or the client's side, as `context` is for.
    ///
    /// - Parameters:
    ///   - context: What it goes by.
    ///   - serverName: The host, of a client: whose certificate it wants.
    /// - Throws: Without memory only.
    public init(_ context: TLSContext, serverName: String? = nil) throws(TLSError) {
        let window = UnsafeMutablePointer<cssl_window>.allocate(capacity: 1)
        unsafe window.initialize(to: cssl_window())
        guard let session = unsafe cssl_session(context.context, window) else {
            unsafe window.deallocate()
            throw .queued("no TLS session")
        }
        unsafe self.session = session
        unsafe self.window = window
        if context.isServer {
            unsafe SSL_set_accept_state(session)
        } else {
            unsafe SSL_set_connect_state(session)
        }
        if let serverName, unsafe cssl_set_server_name(session, serverName, context.checksServerName ? 1 : 0) != 1 {
            throw .queued("the server's name \(serverName) cannot be asked for")
        }
    }

    deinit {
        unsafe SSL_free(session)
        unsafe window.deallocate()
    }

    /// About what an established session without input takes on the heap: an estimate, of OpenSSL 3.0.
    public static let ownBytes = 24 << 10

    /// What it takes beyond ``ownBytes`` until the rest of a record has come: room for the largest of them.
    public var partBytes: Int { unsafe cssl_holds_part_of_record(session) == 1 ? Self.recordBytesMax : 0 }

    /// Understands `bytes` as far as they go, appends what they hold to `plaintext`, and what the peer must be sent
    /// for it to `output`.
    ///
    /// A client calls it once without bytes, to begin. What ``plaintext`` is given before an end or a failure is good.
    public func receive(
        _ bytes: Span<UInt8>, into plaintext: inout ByteBuffer, sending output: inout ByteBuffer
    ) -> Outcome {
        guard failure == nil else { return .failed }
        // A session keeps part of a record at most, so this is room for all that can come out.
        let room = bytes.count + Self.recordBytesMax
        let result = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe window.pointee.input = bytes.baseAddress
            unsafe window.pointee.input_count = bytes.count
            return step(&plaintext, room, &output)
        }
        unsafe window.pointee.input = nil
        unsafe window.pointee.input_count = 0
        if !isEstablished { isEstablished = unsafe SSL_is_init_finished(session) == 1 }
        switch result {
        case CSSL_DONE: return .open
        case CSSL_ENDED: return .ended
        default:
            fail()
            return .failed
        }
    }

    private func step(
        _ plaintext: inout ByteBuffer, _ room: Int, _ output: inout ByteBuffer
    ) -> cssl_outcome {
        var result = CSSL_DONE
        var outputRoom = isEstablished ? 512 : Self.flightBytes
        repeat {
            unsafe plaintext.appendUninitialized(room) { free in
                var received = 0
                unsafe append(to: &output, room: outputRoom) {
                    unsafe result = cssl_receive(session, window, free.baseAddress, free.count, &received)
                }
                return received
            }
            outputRoom *= 2
        } while result == CSSL_OUTPUT_FULL || result == CSSL_PLAINTEXT_FULL
        return result
    }

    /// Encrypts all of `plaintext` onto the end of `output`; false where the session has failed or is not established.
    public func send(_ plaintext: Span<UInt8>, into output: inout ByteBuffer) -> Bool {
        guard failure == nil, isEstablished else { return false }
        guard !plaintext.isEmpty else { return true }
        var result = CSSL_DONE
        let room = plaintext.count + (plaintext.count / Self.recordBytesMax + 2) * Self.recordOverheadMax
        repeat {
            unsafe plaintext.withUnsafeBufferPointer { plaintext in
                unsafe append(to: &output, room: room) {
                    unsafe result = cssl_send(session, plaintext.baseAddress, plaintext.count)
                }
            }
        } while result == CSSL_OUTPUT_FULL
        if result != CSSL_DONE { fail() }
        return result == CSSL_DONE
    }

    /// Appends to `output` that nothing more will come from this side.
    public func close(sending output: inout ByteBuffer) {
        guard failure == nil, isEstablished else { return }
        unsafe append(to: &output, room: 512) { unsafe cssl_shut_down(session) }
    }

    /// The version of the protocol, such as `TLSv1.3`, and the cipher, once established.
    public var facts: (version: String, cipher: String) {
        let cipher = unsafe SSL_CIPHER_get_name(SSL_get_current_cipher(session))
        return unsafe (String(cString: SSL_get_version(session)), cipher.map { unsafe String(cString: $0) } ?? "")
    }

    /// Whether the handshake was cut short because both sides remember an earlier one.
    public var isResumed: Bool { unsafe SSL_session_reused(session) == 1 }

    /// Lends the session room to write to while `body` runs.
    @unsafe private func append(to output: inout ByteBuffer, room: Int, _ body: () -> Void) {
        unsafe output.appendUninitialized(room) { free in
            unsafe window.pointee.output = free.bindMemory(to: UInt8.self).baseAddress
            unsafe window.pointee.output_capacity = free.count
            unsafe window.pointee.output_count = 0
            body()
            let count = unsafe window.pointee.output_count
            unsafe window.pointee.output = nil
            unsafe window.pointee.output_capacity = 0
            return count
        }
    }

    private func fail() {
        let verification = unsafe SSL_get_verify_result(session)
        var error = TLSError.queued("TLS")
        if verification != Int(X509_V_OK), let text = unsafe X509_verify_cert_error_string(verification) {
            error = TLSError("the peer's certificate: \(unsafe String(cString: text))")
        }
        failure = error
    }

    /// Plaintext of one record.
    private static let recordBytesMax = 16 << 10
    /// More than any cipher adds to a record: header, nonce, padding, digest.
    private static let recordOverheadMax = 128
    /// Room for what a side sends in one turn of a handshake; longer chains of certificates take more turns.
    private static let flightBytes = 16 << 10
}
