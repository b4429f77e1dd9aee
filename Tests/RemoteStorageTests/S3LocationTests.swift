import Testing

@testable import RemoteStorage

@Suite struct S3LocationTests {
    private static let none: [String: String] = [
        "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    ]

    private func location(_ text: String, _ environment: [String: String] = [:]) throws -> S3Location {
        let environment = environment.merging(Self.none) { given, _ in given }
        return try S3Location(text, environment: environment, profile: try AWSProfile(environment: environment))
    }

    @Test("At AWS the bucket stands before the host's name")
    func virtualHost() throws {
        let location = try location("s3://sets/prod/eu?region=eu-west-1")
        #expect(location.url(of: "current.json") == "https://sets.s3.eu-west-1.amazonaws.com/prod/eu/current.json")
    }

    @Test("A bucket with dots, and a server of one's own, get the bucket into the path")
    func pathStyle() throws {
        #expect(try location("s3://a.b").url(of: "x") == "https://s3.us-east-1.amazonaws.com/a.b/x")
        #expect(try location("s3://b/?endpoint=http://127.0.0.1:9000/").url(of: "x") == "http://127.0.0.1:9000/b/x")
        let virtual = try location("s3://b?endpoint=http://store:9000&path-style=false")
        #expect(virtual.url(of: "x") == "http://b.store:9000/x")
    }

    @Test("Keys are percent-encoded in full, slashes aside")
    func encoding() throws {
        let url = try location("s3://b/shard=00?endpoint=http://h").url(of: "a b/ü+~.sst")
        #expect(url == "http://h/b/shard%3D00/a%20b/%C3%BC%2B~.sst")
    }

    @Test("What the text leaves out comes from the environment, in AWS's order")
    func environment() throws {
        let all = [
            "AWS_ENDPOINT_URL_S3": "http://first", "AWS_ENDPOINT_URL": "http://second", "AWS_REGION": "r1",
            "AWS_DEFAULT_REGION": "r2",
        ]
        #expect(try location("s3://b", all).endpoint == "http://first")
        #expect(try location("s3://b", all).region == "r1")
        #expect(try location("s3://b?region=r0&endpoint=http://zero", all).endpoint == "http://zero")
        #expect(try location("s3://b", ["AWS_ENDPOINT_URL": "http://second"]).endpoint == "http://second")
        #expect(try location("s3://b", ["AWS_DEFAULT_REGION": "r2"]).region == "r2")
        #expect(
            try location("s3://b", ["AWS_REGION": "cn-north-1"]).endpoint == "https://s3.cn-north-1.amazonaws.com.cn")
    }

    @Test(
        "What is written wrongly is refused",
        arguments: [
            "s3://", "s3:///x", "s3://b?x=1", "s3://b?region", "s3://b?path-style=1", "s3://b?endpoint=ftp://x",
            "s3://b?endpoint=http://u:p@x", "s3://b?region=a:b", "s3://bü/x",
        ])
    func refused(text: String) {
        #expect { try location(text) } throws: { ($0 as? SourceError)?.kind == .misconfigured }
    }

    @Test("Queries are sorted, encoded, and have a value each")
    func query() {
        let items = [(name: "uploadId", value: "a/b="), (name: "partNumber", value: "1"), (name: "uploads", value: "")]
        #expect(Text.canonicalQuery(items) == "partNumber=1&uploadId=a%2Fb%3D&uploads=")
    }
}
