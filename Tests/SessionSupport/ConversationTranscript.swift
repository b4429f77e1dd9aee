/// What one client says, and the check of what it is told.
public struct ConversationTranscript {
    private var script = ConversationScript()
    private var sent: [ConversationChecker.Sent] = []

    public init() {}

    /// The bytes of the next request, drawn from `source`; `epoch` is how many changes of version every loop has taken
    /// over by now.
    public mutating func request(from source: inout ChoiceSource, epoch: Int) -> [UInt8] {
        note(script.request(from: &source), epoch)
    }

    /// The bytes to end with: a question in whatever state the connection is, then one with nothing set.
    public mutating func ending(epoch: Int) -> [UInt8] {
        [["GET", "k0"], ["RESET"], ["GET", "k0"]].flatMap { note($0.map { [UInt8]($0.utf8) }, epoch) }
    }

    private mutating func note(_ request: [[UInt8]], _ epoch: Int) -> [UInt8] {
        sent.append(ConversationChecker.Sent(request: request, epoch: epoch))
        return RandomScript.encoded(request)
    }

    /// Stops the process where a promise was broken.
    ///
    /// - Parameters:
    ///   - received: All that came.
    ///   - history: The number of each dataset's version, by epoch.
    ///   - isCut: Whether the client left before it had everything.
    ///   - epochOfReply: How many changes of version had begun when the reply that ends at an offset came.
    public func check(
        received: [UInt8], history: [[Int]], isCut: Bool, epochOfReply: @escaping (Int) -> Int
    ) {
        var checker = ConversationChecker(received: received, history: history, epochOfReply: epochOfReply)
        checker.check(sent, isCut: isCut)
    }
}
