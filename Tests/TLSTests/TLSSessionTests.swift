import Bytes
import TLS
import Testing

/// Both ends of a connection, with every byte between them in hand.
private struct Pair: ~Copyable {
    let client: TLSSession
    let server: TLSSession
    var toServer = ByteBuffer()
    var toClient = ByteBuffer()
    var atServer = ByteBuffer()
    var atClient = ByteBuffer()

    init(_ server: TLSContext, _ client: TLSContext, name: String = "localhost") throws {
        self.client = try TLSSession(client, serverName: name)
        self.server = try TLSSession(server)
        _ = self.client.receive(Span(), into: &atClient, sending: &toServer)
    }

    /// Carries `step` bytes at a time until neither side has anything to say.
    mutating func exchange(step: Int = .max) {
        while !toServer.isEmpty || !toClient.isEmpty {
            Self.carry(&toServer, to: server, step, &atServer, &toClient)
            Self.carry(&toClient, to: client, step, &atClient, &toServer)
        }
    }

    private static func carry(
        _ bytes: inout ByteBuffer, to session: TLSSession, _ step: Int, _ plaintext: inout ByteBuffer,
        _ output: inout ByteBuffer
    ) {
        while !bytes.isEmpty {
            let count = min(step, bytes.count)
            guard session.receive(bytes.span.extracting(..<count), into: &plaintext, sending: &output) != .failed else {
                return bytes.removeAll()
            }
            bytes.removeFirst(count)
        }
    }
}

private func filled(_ count: Int) -> ByteBuffer {
    var buffer = ByteBuffer()
    for place in 0..<count { buffer.append(UInt8(truncatingIfNeeded: place &* 31)) }
    return buffer
}

private func isEqual(_ left: borrowing ByteBuffer, _ right: borrowing ByteBuffer) -> Bool {
    left.count == right.count && (0..<left.count).allSatisfy { left.span[$0] == right.span[$0] }
}

@Suite("Sessions of TLS")
struct TLSSessionTests {
    private let identity = TestIdentity()

    @Test(
        "Plaintext comes out as it went in, by both protocols, whole or a byte at a time",
        arguments: TLSProtocol.allCases, [1, 7, .max])
    func roundTrip(_ version: TLSProtocol, _ step: Int) throws {
        var pair = try Pair(identity.server { $0.protocols = [version] }, identity.client())
        pair.exchange(step: step)
        #expect(pair.client.isEstablished && pair.server.isEstablished)
        #expect(pair.server.facts.version == version.rawValue)
        for count in [1, 16 << 10, (16 << 10) + 1, 100_000] {
            let sent = filled(count)
            #expect(pair.client.send(sent.span, into: &pair.toServer))
            #expect(pair.server.send(sent.span, into: &pair.toClient))
            pair.exchange(step: step)
            #expect(isEqual(pair.atServer, sent) && isEqual(pair.atClient, sent))
            pair.atServer.removeAll()
            pair.atClient.removeAll()
        }
    }

    @Test("What comes with the end of the handshake and with a goodbye is understood in one call")
    func together() throws {
        var pair = try Pair(identity.server(), identity.client())
        _ = pair.server.receive(pair.toServer.span, into: &pair.atServer, sending: &pair.toClient)
        pair.toServer.removeAll()
        _ = pair.client.receive(pair.toClient.span, into: &pair.atClient, sending: &pair.toServer)
        #expect(pair.client.isEstablished && !pair.server.isEstablished)
        let sent = filled(50_000)
        #expect(pair.client.send(sent.span, into: &pair.toServer))
        pair.client.close(sending: &pair.toServer)
        #expect(pair.server.receive(pair.toServer.span, into: &pair.atServer, sending: &pair.toClient) == .ended)
        #expect(isEqual(pair.atServer, sent))
        // The other direction is still open.
        pair.toClient.removeAll()
        #expect(pair.server.send(sent.span, into: &pair.toClient))
    }

    @Test("Damage anywhere fails the session, and what came before it is good")
    func damage() throws {
        var pair = try Pair(identity.server(), identity.client())
        pair.exchange()
        let sent = filled(100)
        #expect(pair.client.send(sent.span, into: &pair.toServer))
        let whole = pair.toServer.count
        #expect(pair.client.send(sent.span, into: &pair.toServer))
        var damaged = ByteBuffer()
        for place in 0..<pair.toServer.count {
            damaged.append(pair.toServer.span[place] ^ (place == whole + 20 ? 1 : 0))
        }
        #expect(pair.server.receive(damaged.span, into: &pair.atServer, sending: &pair.toClient) == .failed)
        #expect(isEqual(pair.atServer, sent))
        #expect(pair.server.failure != nil && !pair.toClient.isEmpty)
        #expect(!pair.server.send(sent.span, into: &pair.toClient))
        #expect(pair.server.receive(sent.span, into: &pair.atServer, sending: &pair.toClient) == .failed)
    }

    @Test("What is no TLS fails with a reason")
    func noise() throws {
        let session = try TLSSession(identity.server())
        var (plaintext, output, noise) = (ByteBuffer(), ByteBuffer(), ByteBuffer())
        noise.append("*1\r\n$4\r\nPING\r\n")
        #expect(session.receive(noise.span, into: &plaintext, sending: &output) == .failed)
        #expect(session.failure?.description.contains("wrong version number") == true)
        #expect(plaintext.isEmpty)
    }

    @Test("A client refuses a certificate of another name, and one that nobody vouches for")
    func verification() throws {
        for (context, name) in [
            (try identity.client(), "elsewhere"), (try TLSContext(clientTrusting: TLSAuthorities()), "localhost"),
        ] {
            var pair = try Pair(identity.server(), context, name: name)
            pair.exchange()
            #expect(pair.client.failure?.description.contains("certificate") == true)
            #expect(!pair.client.isEstablished && pair.server.failure != nil)
        }
        var pair = try Pair(
            identity.server(), TLSContext(clientTrusting: TLSAuthorities(), isInsecure: true), name: "elsewhere")
        pair.exchange()
        #expect(pair.client.isEstablished)
        var numbered = try Pair(identity.server(), identity.client(), name: "127.0.0.1")
        numbered.exchange()
        #expect(numbered.client.isEstablished)
    }

    @Test("A server that requires certificates refuses clients without one")
    func clientCertificates() throws {
        let authorities = TLSAuthorities(filePath: identity.certificatePath)
        let server = try identity.server {
            $0.clientCertificates = .required
            $0.authorities = authorities
        }
        var without = try Pair(server, identity.client())
        without.exchange()
        #expect(without.server.failure != nil)
        let own = TLSIdentity(certificatePath: identity.certificatePath, keyPath: identity.keyPath)
        var with = try Pair(server, identity.client(identity: own))
        with.exchange()
        #expect(with.server.isEstablished)
    }

    @Test("What a context is made of is named where it is wrong")
    func mistakes() throws {
        let error = #expect(throws: TLSError.self) { try identity.server { $0.identity.keyPath = "/none" } }
        #expect(error?.description == "tls-key-file /none: No such file or directory")
        let required = #expect(throws: TLSError.self) { try identity.server { $0.clientCertificates = .required } }
        #expect(required?.description.contains("tls-ca-cert-file") == true)
        let ciphers = #expect(throws: TLSError.self) { try identity.server { $0.ciphers = "NONE" } }
        #expect(ciphers?.description.hasPrefix("tls-ciphers NONE") == true)
        let suites = #expect(throws: TLSError.self) { try identity.server { $0.cipherSuites = "NONE" } }
        #expect(suites?.description.hasPrefix("tls-ciphersuites NONE") == true)
        let swapped = #expect(throws: TLSError.self) {
            try identity.server { $0.identity.certificatePath = $0.identity.keyPath }
        }
        #expect(swapped?.description.contains("holds no certificate") == true)
    }

    @Test("A certificate says until when it is good")
    func expiry() throws {
        let context = try identity.server()
        #expect(context.notAfter - context.notBefore == 36_500 * 86_400)
        #expect(context.certificateWarning(at: context.notBefore) == nil)
        #expect(context.certificateWarning(at: context.notAfter)?.contains("expired") == true)
        #expect(context.certificateWarning(at: context.notBefore - 1)?.contains("not valid yet") == true)
    }
}
