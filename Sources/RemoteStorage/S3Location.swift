private import Bytes

/// Where a bucket is, and how to speak to it.
struct S3Location: Equatable {
    var bucket: String
    /// Without slashes at its ends; empty for the whole bucket.
    var prefix: String
    var region: String
    /// Scheme, host, port and path of the service, without a slash at the end.
    var endpoint: String
    /// Whether the bucket stands in the path, and not before the host's name.
    var isPathStyle: Bool
    var isAnonymous: Bool

    private static let usage =
        "write s3://BUCKET/PREFIX, with region=, endpoint=, path-style=true|false or anonymous=true behind a ? where needed"

    /// Reads `s3://BUCKET/PREFIX?…`; what the text leaves out comes from `environment` and `profile`.
    init(_ text: String, environment: [String: String], profile: AWSProfile) throws(SourceError) {
        let halves = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = halves[0].dropFirst("s3://".count).split(separator: "/", omittingEmptySubsequences: true)
        guard text.hasPrefix("s3://"), !text.hasPrefix("s3:///"), let first = path.first, Self.isBucketName(first)
        else {
            throw SourceError(.misconfigured, "the source names no bucket: \(Self.usage)")
        }
        var given: [String: String] = [:]
        for item in halves.count > 1 ? halves[1].split(separator: "&") : [] {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard ["region", "endpoint", "path-style", "anonymous"].contains(name), parts.count == 2 else {
                throw SourceError(.misconfigured, "the source has an unknown setting \(name): \(Self.usage)")
            }
            given[name] = Text.percentDecoded(parts[1])
        }
        func firstOf(_ values: String?...) -> String? { values.lazy.compactMap { $0 }.first { !$0.isEmpty } }
        func flag(_ name: String) throws(SourceError) -> Bool? {
            guard let text = given[name] else { return nil }
            guard text == "true" || text == "false" else {
                throw SourceError(.misconfigured, "the source's \(name) is neither true nor false")
            }
            return text == "true"
        }
        bucket = String(first)
        prefix = path.dropFirst().joined(separator: "/")
        region =
            firstOf(given["region"], environment["AWS_REGION"], environment["AWS_DEFAULT_REGION"], profile["region"])
            ?? "us-east-1"
        var endpoint = firstOf(
            given["endpoint"], environment["AWS_ENDPOINT_URL_S3"], environment["AWS_ENDPOINT_URL"],
            profile["endpoint_url"])
        if let given = endpoint {
            guard let address = WebAddress(given), address.query == nil, address.login == nil else {
                throw SourceError(.misconfigured, "the S3 endpoint \(given) is not of the form https://HOST:PORT")
            }
            endpoint = address.origin + address.path
            while endpoint?.hasSuffix("/") ?? false { endpoint?.removeLast() }
        }
        let suffix = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        // A certificate for *.s3… covers no bucket with dots, and a server of one's own seldom has a name for each bucket.
        isPathStyle = try flag("path-style") ?? (endpoint != nil || bucket.contains("."))
        isAnonymous = try flag("anonymous") ?? false
        self.endpoint = endpoint ?? "https://s3.\(region).\(suffix)"
        guard region.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "/") })
        else {
            throw SourceError(.misconfigured, "the region \(Text.oneLine(region)) is no region's name")
        }
    }

    /// The address of an object, or of the bucket for an empty name; every part percent-encoded.
    func url(of object: String) -> String {
        let key = [prefix, object].filter { !$0.isEmpty }.joined(separator: "/")
        let path = PercentEncoding.encoded(key, keeping: "/")
        guard !isPathStyle, let separator = endpoint.firstRange(of: "://") else {
            return "\(endpoint)/\(bucket)/\(path)"
        }
        return "\(endpoint[..<separator.upperBound])\(bucket).\(endpoint[separator.upperBound...])/\(path)"
    }

    private static func isBucketName(_ name: Substring) -> Bool {
        (1...255).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
