internal import FoundationEssentials

/// JSON as all endpoints write it: its names in their order, so that the same is told by the same bytes.
enum JSONText {
    /// - Parameters:
    ///   - value: Strings and finite numbers, which always have a form in JSON.
    ///   - keys: How fields are named.
    ///   - isPretty: Whether it is laid out for people, too.
    /// - Returns: UTF-8, without a line end behind it.
    static func of(
        _ value: some Encodable, keys: JSONEncoder.KeyEncodingStrategy = .convertToSnakeCase, isPretty: Bool = false
    ) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = keys
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return Array((try? encoder.encode(value)) ?? Data("{}".utf8))
    }
}
