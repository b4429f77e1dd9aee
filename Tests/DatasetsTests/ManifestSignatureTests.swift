import Foundation
import Testing

@testable import Datasets

@Suite("Signatures of manifests") struct ManifestSignatureTests {
    private static let manifest = Array(#"{"version_id": "1"}"#.utf8)

    private func file(_ lines: String...) -> [UInt8] { lines.flatMap { Array(($0 + "\n").utf8) } }

    @Test("are accepted from a trusted key, and name it")
    func good() throws {
        let (key, other) = (try SigningKey.generate(), try SigningKey.generate())
        let line = try key.sign(Self.manifest.span).line
        let trusted = [other.verificationKey, key.verificationKey]
        let id = try ManifestSignature.verify(Self.manifest, file: file(line), trusted: trusted)
        #expect(id == key.verificationKey.id)
        // The last line may lack its line feed.
        #expect(try ManifestSignature.verify(Self.manifest, file: Array(line.utf8), trusted: trusted) == id)
    }

    @Test("are one line of three words")
    func form() throws {
        let key = try SigningKey.generate()
        let signature = try key.sign(Self.manifest.span)
        let words = signature.line.split(separator: " ")
        #expect(words.count == 3 && words[0] == "ed25519" && words[1] == key.verificationKey.id)
        #expect(words[1].count == 16 && words[2].count == 88)
        #expect(ManifestSignature(line: signature.line) == signature)
    }

    @Test("of other bytes are wrong, whichever bit differs")
    func otherBytes() throws {
        let key = try SigningKey.generate()
        let signed = file(try key.sign(Self.manifest.span).line)
        for index in Self.manifest.indices {
            var changed = Self.manifest
            changed[index] ^= 1
            #expect(throws: SignatureError.wrong(keyID: key.verificationKey.id)) {
                try ManifestSignature.verify(changed, file: signed, trusted: [key.verificationKey])
            }
        }
        #expect(throws: SignatureError.wrong(keyID: key.verificationKey.id)) {
            try ManifestSignature.verify([], file: signed, trusted: [key.verificationKey])
        }
    }

    @Test("of keys that are not trusted do not count, and one that does is enough")
    func severalKeys() throws {
        let (old, new) = (try SigningKey.generate(), try SigningKey.generate())
        let (first, second) = (try old.sign(Self.manifest.span).line, try new.sign(Self.manifest.span).line)
        let both = file(first, second)
        for key in [old, new] {
            let id = key.verificationKey.id
            #expect(try ManifestSignature.verify(Self.manifest, file: both, trusted: [key.verificationKey]) == id)
        }
        #expect(throws: SignatureError.unknownKeys([old.verificationKey.id])) {
            try ManifestSignature.verify(Self.manifest, file: file(first), trusted: [new.verificationKey])
        }
        #expect(throws: SignatureError.unknownKeys([old.verificationKey.id])) {
            try ManifestSignature.verify(Self.manifest, file: file(first), trusted: [])
        }
        // One that is wrong does not spoil another that is good.
        let stale = try old.sign([1].span).line
        let trusted = [old.verificationKey, new.verificationKey]
        let id = try ManifestSignature.verify(Self.manifest, file: file(stale, second), trusted: trusted)
        #expect(id == new.verificationKey.id)
    }

    @Test("may stand beside lines of releases to come")
    func unknownLines() throws {
        let key = try SigningKey.generate()
        let lines = file("ml-dsa 0123456789abcdef AAAA", "", try key.sign(Self.manifest.span).line)
        #expect(throws: Never.self) {
            try ManifestSignature.verify(Self.manifest, file: lines, trusted: [key.verificationKey])
        }
    }

    @Test("that are missing or no signatures are told apart")
    func noSignature() throws {
        let trusted = [try SigningKey.generate().verificationKey]
        for absent in [nil, [], Array("\n".utf8)] {
            #expect(throws: SignatureError.missing) {
                try ManifestSignature.verify(Self.manifest, file: absent, trusted: trusted)
            }
        }
        for text in ["x", "ed25519", "ed25519 0123456789abcdef", "ed25519 0123456789abcdef AAAA", "\u{0}\u{FF}"] {
            #expect(throws: SignatureError.malformed) {
                try ManifestSignature.verify(Self.manifest, file: file(text), trusted: trusted)
            }
        }
    }

    @Test("that name a trusted key but are another's are wrong")
    func forgedName() throws {
        let (key, forger) = (try SigningKey.generate(), try SigningKey.generate())
        let signature = try forger.sign(Self.manifest.span)
        let forged = ManifestSignature(keyID: key.verificationKey.id, validated: signature.bytes)
        #expect(throws: SignatureError.wrong(keyID: key.verificationKey.id)) {
            try ManifestSignature.verify(Self.manifest, file: file(forged.line), trusted: [key.verificationKey])
        }
    }

    @Test("agree with the third test of RFC 8032")
    func standard() throws {
        // The private key in the PKCS#8 frame of RFC 8410.
        let secret = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"
        let frame = "302e020100300506032b657004220420" + secret
        let bytes = stride(from: 0, to: frame.count, by: 2).compactMap { offset in
            UInt8(frame.dropFirst(offset).prefix(2), radix: 16)
        }
        let text = Data(bytes).base64EncodedString()
        let key = try SigningKey(
            pem: Array("-----BEGIN PRIVATE KEY-----\n\(text)\n-----END PRIVATE KEY-----\n".utf8))
        func hexadecimal(_ bytes: [UInt8]) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(
            hexadecimal(key.verificationKey.rawBytes)
                == "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
        #expect(
            hexadecimal(try key.sign([0xAF, 0x82].span).bytes)
                == "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")
    }

    @Test("are made with keys that survive being written and read")
    func pem() throws {
        let key = try SigningKey.generate()
        let again = try SigningKey(pem: key.pem)
        #expect(again.verificationKey == key.verificationKey)
        #expect(try again.sign(Self.manifest.span) == key.sign(Self.manifest.span))
        #expect(try VerificationKey(pem: key.verificationKey.pem) == key.verificationKey)
        #expect(String(decoding: key.pem, as: UTF8.self).hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(String(decoding: key.verificationKey.pem, as: UTF8.self).hasPrefix("-----BEGIN PUBLIC KEY-----\n"))
        #expect(try SigningKey.generate().verificationKey != key.verificationKey)
    }

    @Test("are not made with what is no key of the wanted kind")
    func wrongKeys() throws {
        let key = try SigningKey.generate()
        func problem(_ body: () throws -> Void) -> String? {
            do { try body() } catch { return "\(error)" }
            return nil
        }
        let swappedPublic = problem { _ = try VerificationKey(pem: key.pem) }
        #expect(swappedPublic == "it is a private key, where the public one is wanted")
        let swappedPrivate = problem { _ = try SigningKey(pem: key.verificationKey.pem) }
        #expect(swappedPrivate == "it is a public key, where the private one is wanted")
        let cut = problem { _ = try SigningKey(pem: Array(key.pem.dropLast(40))) }
        #expect(cut == "it is no private key in PEM form")
        let empty = problem { _ = try VerificationKey(pem: []) }
        #expect(empty == "it is no public key in PEM form")
        // An X25519 key, which signs nothing.
        let agreement =
            "-----BEGIN PUBLIC KEY-----\n"
            + "MCowBQYDK2VuAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZmI=\n-----END PUBLIC KEY-----\n"
        let other = problem { _ = try VerificationKey(pem: Array(agreement.utf8)) }
        #expect(other == "it is no Ed25519 key")
    }
}
