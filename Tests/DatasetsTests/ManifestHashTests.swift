import Testing

@testable import Datasets

@Suite("SHA-256") struct ManifestHashTests {
    /// The examples of FIPS 180-2.
    static let known: [(String, String)] = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]

    @Test("agrees with the standard's examples, in one piece and byte by byte", arguments: known)
    func examples(_ text: String, _ expected: String) {
        let bytes = Array(text.utf8)
        #expect(SHA256.digest(of: bytes.span).description == expected)
        var hash = SHA256()
        for index in bytes.indices { hash.update(bytes.span.extracting(index..<index + 1)) }
        let digest = hash.finish()
        #expect(digest.description == expected)
        #expect(SHA256Digest(hexadecimal: expected) == digest)
    }

    @Test(
        "refuses what is no digest",
        arguments: ["", "e3b0", String(repeating: "g", count: 64), String(repeating: "A", count: 64)])
    func noDigest(_ text: String) {
        #expect(SHA256Digest(hexadecimal: text) == nil)
    }
}
