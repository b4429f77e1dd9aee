import Bytes
import CSSL
import TLS
import Testing

/// A session that takes and gives arrays.
private final class Peer {
    let session: TLSSession
    /// What has been understood.
    var plaintext: [UInt8] = []
    /// What the other side has yet to get.
    var output: [UInt8] = []

    init(_ session: TLSSession) { self.session = session }

    @discardableResult func receive(_ bytes: ArraySlice<UInt8>) -> TLSSession.Outcome {
        var plain = ByteBuffer()
        var answer = ByteBuffer()
        let outcome = session.receive(Array(bytes).span, into: &plain, sending: &answer)
        plaintext += Self.array(plain)
        output += Self.array(answer)
        return outcome
    }

    func send(_ bytes: [UInt8]) -> Bool {
        var sent = ByteBuffer()
        let isSent = session.send(bytes.span, into: &sent)
        output += Self.array(sent)
        return isSent
    }

    func close() {
        var last = ByteBuffer()
        session.close(sending: &last)
        output += Self.array(last)
    }

    func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    private static func array(_ buffer: borrowing ByteBuffer) -> [UInt8] {
        (0..<buffer.count).map { buffer.span[$0] }
    }
}

/// Both ends of a connection, with every byte between them in hand.
private struct Pair {
    let client: Peer
    let server: Peer

    init(_ server: TLSContext, _ client: TLSContext, name: String = "localhost") throws {
        self.client = Peer(try TLSSession(client, serverName: name))
        self.server = Peer(try TLSSession(server))
        self.client.receive([])
    }

    /// Carries `step` bytes at a time until neither side has anything to say.
    func exchange(step: Int = .max) {
        while !client.output.isEmpty || !server.output.isEmpty {
            for (from, to) in [(client, server), (server, client)] {
                var rest = from.takeOutput()[...]
                while !rest.isEmpty, to.session.failure == nil {
                    to.receive(rest.prefix(step))
                    rest = rest.dropFirst(step)
                }
            }
        }
    }
}

private func filled(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) } }

@Suite("Sessions of TLS")
struct TLSSessionTests {
    private let identity = TestIdentity()

    @Test(
        "Plaintext comes out as it went in, by both protocols, whole or a byte at a time",
        arguments: TLSProtocol.allCases, [1, 7, .max])
    func roundTrip(_ version: TLSProtocol, _ step: Int) throws {
        let pair = try Pair(identity.server { $0.protocols = [version] }, identity.client())
        pair.exchange(step: step)
        #expect(pair.client.session.isEstablished && pair.server.session.isEstablished)
        #expect(pair.server.session.facts.version == version.rawValue)
        for count in [1, 16 << 10, (16 << 10) + 1, 50_000] {
            let sent = filled(count)
            #expect(pair.client.send(sent) && pair.server.send(sent))
            pair.exchange(step: step)
            #expect(pair.server.plaintext == sent && pair.client.plaintext == sent)
            pair.server.plaintext = []
            pair.client.plaintext = []
        }
    }

    @Test("What comes with the end of the handshake and with a goodbye is understood in one call")
    func together() throws {
        let pair = try Pair(identity.server(), identity.client())
        pair.server.receive(pair.client.takeOutput()[...])
        pair.client.receive(pair.server.takeOutput()[...])
        #expect(pair.client.session.isEstablished && !pair.server.session.isEstablished)
        let sent = filled(50_000)
        #expect(pair.client.send(sent))
        pair.client.close()
        #expect(pair.server.receive(pair.client.takeOutput()[...]) == .ended)
        #expect(pair.server.plaintext == sent)
        // The other direction is still open.
        #expect(pair.server.session.isEstablished && pair.server.send(sent))
    }

    @Test("Damage anywhere fails the session, and what came before it is good")
    func damage() throws {
        let pair = try Pair(identity.server(), identity.client())
        pair.exchange()
        let sent = filled(100)
        #expect(pair.client.send(sent))
        let whole = pair.client.output.count
        #expect(pair.client.send(sent))
        pair.client.output[whole + 20] ^= 1
        #expect(pair.server.receive(pair.client.takeOutput()[...]) == .failed)
        #expect(pair.server.plaintext == sent)
        #expect(pair.server.session.failure != nil && !pair.server.output.isEmpty)
        #expect(!pair.server.send(sent))
        #expect(pair.server.receive([1]) == .failed)
    }

    @Test("What is no TLS fails with a reason")
    func noise() throws {
        let peer = Peer(try TLSSession(identity.server()))
        #expect(peer.receive(Array("*1\r\n$4\r\nPING\r\n".utf8)[...]) == .failed)
        #expect(peer.session.failure?.description.contains("wrong version number") == true)
        #expect(peer.plaintext.isEmpty)
    }

    @Test("A client refuses a certificate of another name, and one that nobody vouches for")
    func verification() throws {
        for (context, name) in [
            (try identity.client(), "elsewhere"), (try TLSContext(clientTrusting: TLSAuthorities()), "localhost"),
        ] {
            let pair = try Pair(identity.server(), context, name: name)
            pair.exchange()
            #expect(pair.client.session.failure?.description.contains("certificate") == true)
            #expect(!pair.client.session.isEstablished && pair.server.session.failure != nil)
        }
        let pair = try Pair(
            identity.server(), TLSContext(clientTrusting: TLSAuthorities(), isInsecure: true), name: "elsewhere")
        pair.exchange()
        #expect(pair.client.session.isEstablished)
        let numbered = try Pair(identity.server(), identity.client(), name: "127.0.0.1")
        numbered.exchange()
        #expect(numbered.client.session.isEstablished)
    }

    @Test("A star in a certificate stands for a whole part of a name")
    func wildcards() throws {
        let wild = TestIdentity(isWild: true)
        for (name, isGood) in [("any.whole.example.org", true), ("almanac.example.org", false)] {
            let pair = try Pair(wild.server(), wild.client(), name: name)
            pair.exchange()
            #expect(pair.client.session.isEstablished == isGood, "\(name)")
        }
    }

    @Test("What somebody else left in the thread's queue of errors is no error of a session's")
    func strangersErrors() throws {
        let pair = try Pair(identity.server(), identity.client())
        pair.exchange()
        func complain() {
            ERR_clear_error()
            _ = unsafe BIO_new_file("/none", "r")
            #expect(ERR_peek_error() != 0)
        }
        let sent = filled(100)
        complain()
        #expect(pair.client.send(sent))
        let record = pair.client.takeOutput()
        complain()
        #expect(pair.server.receive(record.prefix(50)) == .open)
        complain()
        #expect(pair.server.receive(record.dropFirst(50)) == .open)
        #expect(pair.server.plaintext == sent)
        complain()
        pair.server.close()
        #expect(ERR_peek_error() == 0)
        #expect(pair.client.receive(pair.server.takeOutput()[...]) == .ended)
    }

    @Test("A session tells that it keeps room for a record until the rest of it has come")
    func parts() throws {
        let pair = try Pair(identity.server(), identity.client())
        pair.exchange()
        let session = pair.server.session
        for count in [1, 5, 6, 50] {
            #expect(session.partBytes == 0)
            #expect(pair.client.send(filled(100)))
            let record = pair.client.takeOutput()
            #expect(pair.server.receive(record.prefix(count)) == .open)
            #expect(session.partBytes >= 16 << 10, "\(count) bytes")
            #expect(pair.server.receive(record.dropFirst(count)) == .open)
        }
        #expect(session.partBytes == 0)
    }

    @Test("A server that requires certificates refuses clients without one")
    func clientCertificates() throws {
        let authorities = TLSAuthorities(filePath: identity.certificatePath)
        let server = try identity.server {
            $0.clientCertificates = .required
            $0.authorities = authorities
        }
        let without = try Pair(server, identity.client())
        without.exchange()
        #expect(without.server.session.failure != nil)
        let own = TLSIdentity(certificatePath: identity.certificatePath, keyPath: identity.keyPath)
        let with = try Pair(server, identity.client(identity: own))
        with.exchange()
        #expect(with.server.session.isEstablished)
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
