internal import FoundationEssentials

/// A key as a manifest writes it.
///
/// `{"text": "user:17"}` where the key is UTF-8 without control characters, else `{"base64": "AAEC"}`
/// (RFC 4648, padded). Readers take either form for any key, and compare keys as bytes.
public struct ManifestKey: Sendable, Hashable {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The key for an operator to read: itself where it is plain text, else in base64.
    public var printable: String { text ?? "base64:\(Data(bytes).base64EncodedString())" }

    private var text: String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        return text.unicodeScalars.contains { $0.properties.generalCategory == .control } ? nil : text
    }
}

extension ManifestKey: Codable {
    private enum CodingKeys: String, CodingKey {
        case text
        case base64
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let text = try container.decodeIfPresent(String.self, forKey: .text)
        let base64 = try container.decodeIfPresent(String.self, forKey: .base64)
        switch (text, base64) {
        case (let text?, nil):
            bytes = Array(text.utf8)
        case (nil, let base64?):
            guard let data = Data(base64Encoded: base64) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .base64, in: container, debugDescription: "not base64 (RFC 4648, padded)")
            }
            bytes = Array(data)
        default:
            throw DecodingError.dataCorrupted(
                .init(codingPath: container.codingPath, debugDescription: "a key has either text or base64"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if let text {
            try container.encode(text, forKey: .text)
        } else {
            try container.encode(Data(bytes).base64EncodedString(), forKey: .base64)
        }
    }
}
