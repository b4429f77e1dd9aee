import Platform
import Testing

@testable import RemoteStorage

@Suite struct AWSProfileTests {
    private static let file = """
        # the night job
        [default]
        aws_access_key_id = D
        [profile night]
        region=eu-north-1
        s3 =
            endpoint_url = http://nested
        endpoint_url = http://own ; kept as it is
        [ profile  day ]
        AWS_Access_Key_Id = K
        """

    @Test("A section's settings are found by its name, nested ones passed over")
    func sections() {
        #expect(AWSProfile.section(["default"], of: Self.file) == ["aws_access_key_id": "D"])
        let night = AWSProfile.section(["profile night"], of: Self.file)
        #expect(night?["region"] == "eu-north-1")
        #expect(night?["endpoint_url"] == "http://own ; kept as it is")
        #expect(AWSProfile.section(["profile day"], of: Self.file) == ["aws_access_key_id": "K"])
        #expect(AWSProfile.section(["profile none"], of: Self.file) == nil)
    }

    @Test("A profile that is asked for and nowhere written is a mistake; the default one is not")
    func missing() throws {
        let none = ["AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"]
        #expect(try AWSProfile(environment: none).credentials() == nil)
        let asked = none.merging(["AWS_PROFILE": "x"]) { given, _ in given }
        #expect { try AWSProfile(environment: asked) } throws: { ($0 as? SourceError)?.kind == .misconfigured }
    }

    @Test(
        "A container's credentials come over plain HTTP from near by only",
        arguments: [
            ("http://127.0.0.1:80/x", true), ("http://169.254.170.23/v1", true), ("http://[fd00:ec2::23]/v1", true),
            ("https://example.org/x", true), ("http://example.org/x", false), ("http://127.0.0.1.example.org/", false),
            ("ftp://127.0.0.1/", false),
        ])
    func containers(address: String, isAllowed: Bool) throws {
        let environment = [
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": address,
        ]
        let client = HTTPClient(connections: HTTPConnections(userAgent: "test"), cancellation: Cancellation())
        let chain = AWSCredentialChain(
            environment: environment, profile: try AWSProfile(environment: environment), region: "r",
            certificatesPath: nil, client: client)
        #expect((try? chain.containerAddress()) == (isAllowed ? address : nil))
    }

    @Test("Keys of the environment come first, and a profile's before any service is asked")
    func order() throws {
        let path = "/tmp/almanac-profile-\(Clock.monotonicNanoseconds())"
        let text = "[default]\naws_access_key_id=P\naws_secret_access_key=S\naws_session_token=T\n"
        try BulkFile(creating: path).write(Array(text.utf8).span, at: 0)
        defer { try? FileSystem.remove(path) }
        func key(_ more: [String: String]) throws -> AWSCredentials {
            let environment = [
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": path, "AWS_ROLE_ARN": "r",
            ]
            .merging(more) { $1 }
            let client = HTTPClient(connections: HTTPConnections(userAgent: "test"), cancellation: Cancellation())
            return try AWSCredentialChain(
                environment: environment, profile: try AWSProfile(environment: environment), region: "r",
                certificatesPath: nil, client: client
            ).current()
        }
        #expect(try key(["AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "X"]).accessKeyID == "E")
        #expect(try key([:]) == AWSCredentials(accessKeyID: "P", secretAccessKey: "S", sessionToken: "T"))
    }

    @Test("Times are read with and without fractions of a second")
    func times() {
        #expect(AWSCredentialChain.seconds("1970-01-02T00:00:00Z") == 86_400)
        #expect(AWSCredentialChain.seconds("1970-01-02T00:00:00.123Z") == 86_400)
        #expect(AWSCredentialChain.seconds("tomorrow") == nil)
    }
}
