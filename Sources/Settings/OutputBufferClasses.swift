/// Redis's way to write the limits of output buffers: `normal 268435456 0 0 pubsub 33554432 8388608 60`.
///
/// A class, bytes at which a connection is closed, bytes at which it is closed after a while, and that while in seconds.
/// As in Redis, 0 bytes are no limit; the first of them then stand for the largest that there can be.
enum OutputBufferClasses {
    /// Reads any of the classes; what `text` does not name stays.
    ///
    /// - Throws: Why not, in Redis's words.
    static func read(_ text: String, into settings: inout ServerSettings) throws(Failure) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count.isMultiple(of: 4) else {
            throw Failure("Wrong number of arguments in buffer limit configuration.")
        }
        var changed = settings
        for start in stride(from: 0, to: words.count, by: 4) {
            let name = words[start].lowercased()
            guard ["normal", "slave", "replica", "pubsub"].contains(name) else {
                throw Failure("Invalid client class specified in buffer limit configuration.")
            }
            guard let limit = SettingText.byteCount(words[start + 1]),
                let soft = SettingText.byteCount(words[start + 2]),
                let seconds: Int = SettingText.number(words[start + 3]), softBytesRange.contains(soft),
                softSecondsRange.contains(seconds)
            else { throw Failure("Error in hard, soft or soft_seconds setting in buffer limit configuration.") }
            // There are no replicas to limit.
            if name == "slave" || name == "replica" { continue }
            let hard = limit == 0 ? hardBytesRange.upperBound : limit
            guard hardBytesRange.contains(hard) else {
                throw Failure(
                    "the hard limit must be between \(hardBytesRange.lowerBound) and \(hardBytesRange.upperBound) inclusive"
                )
            }
            if name == "normal" {
                changed.outputBufferBytesMax = hard
                changed.outputBufferSoftBytesMax = soft
                changed.outputBufferSoftTime = .seconds(seconds)
            } else {
                changed.pubsubBufferBytesMax = hard
                changed.pubsubBufferSoftBytesMax = soft
                changed.pubsubBufferSoftTime = .seconds(seconds)
            }
        }
        settings = changed
    }

    /// Every class, as Redis would show it.
    static func text(of settings: ServerSettings) -> String {
        """
        normal \(hardBytes(settings.outputBufferBytesMax)) \(settings.outputBufferSoftBytesMax) \
        \(settings.outputBufferSoftTime.secondsRoundedUp) slave 268435456 67108864 60 \
        pubsub \(hardBytes(settings.pubsubBufferBytesMax)) \(settings.pubsubBufferSoftBytesMax) \
        \(settings.pubsubBufferSoftTime.secondsRoundedUp)
        """
    }

    private static func hardBytes(_ limit: Int) -> Int { limit == hardBytesRange.upperBound ? 0 : limit }

    struct Failure: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    static let hardBytesRange = 1 << 16...1 << 40
    static let softBytesRange = 0...1 << 40
    static let softSecondsRange = 0...3_600
}
