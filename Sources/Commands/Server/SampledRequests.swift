import Bytes
import RESP

/// A request that is shown as an example.
public struct SampledRequest: Sendable {
    /// The row of its command.
    public let command: Int16
    public let keyCount: Int
    /// The number of its client.
    public let sessionID: Int
}

extension SessionContext {
    /// Has one request in `interval` taken as an example from now on; none for 0.
    public func sample(oneIn interval: Int) {
        (sampleInterval, untilSample, sampled) = (interval, max(interval, 1), [])
    }

    var isSampling: Bool { sampleInterval > 0 }

    /// The examples since the last call.
    public func takeSampled() -> [SampledRequest] {
        guard !sampled.isEmpty else { return [] }
        defer { sampled = [] }
        return sampled
    }

    /// Takes those of `count` requests in a row that are due.
    @inline(never)
    func sample(_ command: Int16, keyCount: Int, count: Int = 1, sessionID: Int) {
        untilSample -= count
        guard untilSample <= 0 else { return }
        if sampled.count < Self.sampledMax {
            sampled.append(SampledRequest(command: command, keyCount: keyCount, sessionID: sessionID))
        }
        // Of requests that are alike one example is enough, however many are due.
        untilSample += (-untilSample / sampleInterval + 1) * sampleInterval
    }

    /// Examples of one batch.
    private static let sampledMax = 64
}

extension CommandRow {
    /// Keys of a request of so many arguments, where a first, a last and a step tell which they are; else 0.
    func keyCount(argumentCount: Int) -> Int {
        guard firstKey > 0, keyStep > 0 else { return 0 }
        let last = lastKey < 0 ? argumentCount + Int(lastKey) : Int(lastKey)
        return max((min(last, argumentCount - 1) - Int(firstKey)) / Int(keyStep) + 1, 0)
    }
}
