import Commands
import Datasets
import RESP
import TestSupport

/// One input of a fuzzer as a script: several clients talk while versions come and go.
///
/// Stops the process where a promise of the protocol or of versions is broken, so that the input is kept.
public struct ConversationTrial {
    private var source: ChoiceSource
    private let driver: SessionDriver
    private let control = RecordingControl()
    private var transcripts: [ConversationTranscript]
    /// Clients that have sent what is no request, so that replies cannot be told apart any more.
    private var isGarbled: [Bool]
    private var hasLeft: [Bool]
    private var numbers = [Int](repeating: 0, count: VersionedWorld.databaseCount)
    private var history: [[Int]]

    /// - Parameter input: The choices, first those of the pace.
    public init(_ input: [UInt8]) {
        var source = ChoiceSource(input)
        let seed = UInt64(source.byte()) << 8 | UInt64(source.byte())
        let clientCount = source.pick(1...3)
        var versions: [DatasetVersion] = []
        for database in 0..<VersionedWorld.databaseCount {
            versions.append(VersionedWorld.make(0, of: database, coldBits: Self.coldBits(&source)))
        }
        driver = SessionDriver(
            versions, clientCount: clientCount, pace: seed == 0 ? .prompt : .random(seed: seed, readBytesMin: 7),
            limits: RequestParser.Limits(argumentCountMax: 2_000, argumentBytesMax: 8_192, inlineBytesMax: 4_096),
            control: control)
        transcripts = [ConversationTranscript](repeating: ConversationTranscript(), count: clientCount)
        isGarbled = [Bool](repeating: false, count: clientCount)
        hasLeft = isGarbled
        history = [numbers]
        self.source = source
    }

    public mutating func run() {
        var steps = 0
        while !source.isExhausted, steps < 400 {
            steps += 1
            step()
        }
        finish()
        precondition(driver.run(turnsMax: 200_000), "a session got stuck")
        for place in driver.clients.indices { check(place) }
    }

    private static func coldBits(_ source: inout ChoiceSource) -> UInt32 {
        (0..<4).reduce(0) { bits, _ in bits << 8 | UInt32(source.byte()) }
    }

    private mutating func step() {
        let client = source.pick(0...driver.clients.count - 1)
        switch source.pick(0...31) {
        case 0...21:
            let request = transcripts[client].request(from: &source, epoch: driver.epoch)
            if isTalking(client) { driver.clients[client].send(request) }
        case 22...24: publish()
        case 25...29: for _ in 0...source.pick(0...5) { driver.turn() }
        case 30: driver.announce([UInt8]("version \(driver.epoch)".utf8), on: [UInt8]("swaps".utf8))
        default: rarely(client)
        }
    }

    private mutating func rarely(_ client: Int) {
        switch source.pick(0...7) {
        case 0:
            driver.disconnect(driver.clients[client])
            hasLeft[client] = true
        case 1:
            isGarbled[client] = true
            driver.clients[client].send((0...source.pick(0...20)).map { _ in source.byte() })
        case 2: driver.clients[client].send([UInt8]("\r\n*0\r\n*-1\r\n".utf8))
        default: publish()
        }
    }

    private func isTalking(_ client: Int) -> Bool { !isGarbled[client] && !hasLeft[client] }

    private mutating func publish() {
        let database = source.pick(0...VersionedWorld.databaseCount - 1)
        numbers[database] += 1
        history.append(numbers)
        driver.publish(
            VersionedWorld.make(numbers[database], of: database, coldBits: Self.coldBits(&source)), in: database)
    }

    private mutating func finish() {
        for place in driver.clients.indices where isTalking(place) {
            driver.clients[place].send(transcripts[place].ending(epoch: driver.epoch))
        }
    }

    private func check(_ place: Int) {
        let client = driver.clients[place]
        precondition(client.replyBytesMax <= 4 * Session.outputBytesSoftMax, "a turn replied too much")
        guard !isGarbled[place] else { return }
        transcripts[place].check(received: client.received, history: history, isCut: hasLeft[place]) {
            client.epoch(ofReplyEndingAt: $0) ?? 0
        }
    }
}
