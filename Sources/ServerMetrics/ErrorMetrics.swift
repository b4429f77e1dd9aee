import Synchronization

/// How many error replies of each code, such as `ERR` or `READONLY`, one loop has sent.
///
/// The owning loop writes and any thread may read; the lock is held for some nanoseconds.
public final class ErrorMetrics: Sendable {
    private let counts = Mutex<[(code: [UInt8], count: Int)]>([])

    public init() {}

    /// Counts one error whose text begins with its code, up to the first space.
    public func add(_ text: Span<UInt8>) {
        var length = 0
        while length < min(text.count, Self.codeBytesMax), text[length] > 32 { length += 1 }
        counts.withLock { counts in
            for place in counts.indices where Self.isEqual(counts[place].code, text, length) {
                return counts[place].count += 1
            }
            // Codes are the server's own, so there are few; the bound holds whatever becomes of that.
            guard counts.count < Self.codesMax else { return }
            var code: [UInt8] = []
            for index in 0..<length { code.append(text[index]) }
            counts.append((code, 1))
        }
    }

    /// Each code with its count.
    public var all: [(code: String, count: Int)] {
        counts.withLock { $0.map { (String(decoding: $0.code, as: UTF8.self), $0.count) } }
    }

    private static func isEqual(_ code: [UInt8], _ text: Span<UInt8>, _ length: Int) -> Bool {
        guard code.count == length else { return false }
        for index in 0..<length where code[index] != text[index] { return false }
        return true
    }

    /// As many codes as Redis counts.
    static let codesMax = 128
    private static let codeBytesMax = 32
}
