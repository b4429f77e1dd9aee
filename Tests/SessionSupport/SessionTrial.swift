import Commands
import Datasets
import RESP
import TestSupport

/// One input of a fuzzer: how it is fed, and the bytes that a client sends.
///
/// Stops the process where a session breaks a promise, so that the input is kept.
public struct SessionTrial {
    private let seed: UInt64
    private let bytes: [UInt8]

    /// - Parameter input: Two bytes that choose the pace, then what the client sends.
    public init(_ input: [UInt8]) {
        seed = input.prefix(2).reduce(0) { $0 << 8 | UInt64($1) }
        bytes = Array(input.dropFirst(2))
    }

    public func run() {
        let whole = replies(pace: .prompt)
        let pieces = replies(pace: .random(seed: seed))
        precondition(whole == pieces, "other replies at another pace:\n\(Self.difference(whole, pieces))")
        do throws(ReplyChecker.Failure) {
            _ = try ReplyChecker.replies(in: whole)
        } catch {
            preconditionFailure("what was replied is no RESP: \(error)")
        }
    }

    private static func difference(_ whole: [UInt8], _ pieces: [UInt8]) -> String {
        let place = zip(whole, pieces).prefix { $0 == $1 }.count
        let texts = [whole, pieces].map { bytes in
            let part = bytes[max(0, place - 60)..<min(place + 60, bytes.count)]
            return String(decoding: part, as: UTF8.self).debugDescription
        }
        return texts.joined(separator: "\n")
    }

    private func replies(pace: SessionDriver.Pace) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        let versions = Self.databases.enumerated().map { number, entries in
            var behaviour = MemoryEngine.Behaviour()
            for key in entries.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) where random.oneIn(2) {
                behaviour.coldKeys.insert(key)
            }
            behaviour.warmsOnRead = random.oneIn(2)
            behaviour.damagedKeys = [Array("bad".utf8)]
            return DatasetVersion(id: "\(number)", engine: MemoryEngine(entries, behaviour: behaviour))
        }
        let limits = RequestParser.Limits(argumentCountMax: 2_000, argumentBytesMax: 8_192, inlineBytesMax: 4_096)
        let driver = SessionDriver(versions, pace: pace, limits: limits, control: RecordingControl())
        let client = driver.clients[0]
        client.send(bytes)
        precondition(driver.run(turnsMax: 200_000), "the session got stuck")
        precondition(client.replyBytesMax <= 4 * Session.outputBytesSoftMax, "a turn replied too much")
        return client.received
    }

    private static let databases: [[[UInt8]: [UInt8]]] = {
        var first: [[UInt8]: [UInt8]] = [[]: [1], Array("k".utf8): Array("v".utf8), Array("bad".utf8): []]
        for number: UInt8 in 0..<40 { first[[97, number]] = [UInt8](repeating: number, count: Int(number) * 10) }
        return [first, [Array("k".utf8): Array("w".utf8)]]
    }()
}
