import RedisClient
import TLS
import Testing

@Suite struct RedisAddressTests {
    private static func host(
        _ name: String, _ port: UInt16 = 6379, _ database: Int = 0, user: String? = nil, password: String? = nil
    ) -> RedisAddress {
        RedisAddress(endpoint: .host(name, port: port), user: user, password: password, database: database)
    }

    static let valid: [(String, RedisAddress, String)] = [
        ("localhost", host("localhost"), "redis://localhost:6379/0"),
        ("10.0.0.1:7000/3", host("10.0.0.1", 7000, 3), "redis://10.0.0.1:7000/3"),
        ("redis://h", host("h"), "redis://h:6379/0"),
        ("REDIS://h:1/", host("h", 1), "redis://h:1/0"),
        ("redis://[::1]:6380/2", host("::1", 6380, 2), "redis://[::1]:6380/2"),
        ("redis://[fe80::1]", host("fe80::1"), "redis://[fe80::1]:6379/0"),
        ("redis://secret@h", host("h", password: "secret"), "redis://h:6379/0"),
        ("redis://:secret@h", host("h", password: "secret"), "redis://h:6379/0"),
        ("redis://ann:s%40c:r%2Ft@h:1/9", host("h", 1, 9, user: "ann", password: "s@c:r/t"), "redis://ann@h:1/9"),
        (
            "unix:///run/redis.sock", RedisAddress(endpoint: .unix(path: "/run/redis.sock")),
            "unix:///run/redis.sock"
        ),
        (
            "unix://u:p@/run/a%20b?db=4",
            RedisAddress(endpoint: .unix(path: "/run/a b"), user: "u", password: "p", database: 4),
            "unix://u@/run/a b?db=4"
        ),
    ]

    @Test(arguments: valid) func `An address is read, and shown without its password`(
        text: String, expected: RedisAddress, shown: String
    ) throws {
        let address = try RedisAddress(text)
        #expect(address == expected)
        #expect(address.description == shown)
    }

    @Test(arguments: [
        "", "redis://", "redis://h:0", "redis://h:65536", "redis://h:x", "redis://h:", "redis://h/x", "redis://h/-1",
        "redis://h/+1", "redis://[::1", "redis://[::1]x", "redis://::1", "redis://h/1/2", "http://h", "rediss://h?x",
        "unix://relative", "unix://", "unix:///a?db=x", "unix:///a?x=1", "redis://%4@h", "redis://a b",
        "redis://%ff:x@h", "rediss://h?cacert", "rediss://h?insecure=yes", "rediss://h?cert=/c", "rediss://h?key=/k",
        "redis://h/0?insecure", "rediss://h?cacert=%4",
    ])
    func `What is no address is refused in one line`(text: String) {
        let error = #expect(throws: RedisClientError.self) { try RedisAddress(text) }
        #expect(error?.kind == .address)
        #expect(error?.description.contains("\n") == false)
    }

    @Test func `No message shows a password, and one about TLS says what to do`() {
        for text in ["redis://ann:secret@h:x", "http://secret@h", "redis://secret%4@h", "rediss://:secret@h?x"] {
            let error = #expect(throws: RedisClientError.self) { try RedisAddress(text) }
            #expect(error?.description.contains("secret") == false)
        }
        let error = #expect(throws: RedisClientError.self) { try RedisAddress("rediss://h?ca=/a") }
        #expect(error?.description.contains("cacert=FILE") == true)
    }

    @Test func `An address with TLS says whom to trust`() throws {
        #expect(try RedisAddress("redis://h").encryption == nil)
        let plain = try RedisAddress("rediss://ann:secret@h:6380/2")
        #expect(plain.encryption == RedisEncryption())
        #expect(plain.description == "rediss://ann@h:6380/2")
        let full = try RedisAddress("rediss://h/1?cacert=/a%20b&cacertdir=/d&cert=/c&key=/k&insecure")
        #expect(full.database == 1)
        #expect(full.encryption?.authorities == TLSAuthorities(filePath: "/a b", directoryPath: "/d"))
        #expect(full.encryption?.identity == TLSIdentity(certificatePath: "/c", keyPath: "/k"))
        #expect(full.encryption?.isInsecure == true)
    }
}
