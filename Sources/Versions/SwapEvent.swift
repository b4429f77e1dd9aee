internal import Datasets
internal import FoundationEssentials

/// What subscribers of `__dataset__` are told, as one JSON object.
struct SwapEvent: Encodable {
    enum Event: String, Encodable { case swap, rollback, refusal }

    static let channel = "__dataset__"

    var event: Event
    var dataset: String
    /// The version that is being served from now on, or that was refused.
    var version: String
    /// The version that was, or still is, being served.
    var previous: String
    var keys: Int?
    var milliseconds: Int?
    /// Of a refusal.
    var kind: String?
    var reason: String?

    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and numbers always have a form in JSON.
        return Array((try? encoder.encode(self)) ?? Data())
    }
}
