import Platform
import Synchronization

/// Tells whether the loops still turn: each is left a question, and answers it in its next turn.
///
/// For any thread; asking waits for nobody.
public final class LoopPulse: Sendable {
    private let mailboxes: [LoopMailbox]
    private let questions: [Question]

    /// What a loop has been asked and may have yet to answer.
    final class Question: Sendable {
        /// In nanoseconds of the monotonic clock; 0: there is none to be answered.
        fileprivate let askedAt = Atomic<UInt64>(0)

        /// Called by the loop, or for one that has ended.
        func noteAnswer() { askedAt.store(0, ordering: .relaxed) }
    }

    init(_ mailboxes: [LoopMailbox]) {
        self.mailboxes = mailboxes
        questions = mailboxes.map { _ in Question() }
    }

    /// For how many nanoseconds each loop has owed an answer, and asks those again that owe none.
    public func silences() -> [UInt64] {
        let now = Clock.monotonicNanoseconds()
        return zip(mailboxes, questions).map { mailbox, question in
            // One question at a time, so that a loop that never answers is not left more and more of them.
            let (isFirst, askedAt) = question.askedAt.compareExchange(expected: 0, desired: now, ordering: .relaxed)
            guard isFirst else { return Clock.nanoseconds(from: askedAt, to: now) }
            if !mailbox.post(.question(question)) { question.noteAnswer() }
            return 0
        }
    }
}

extension ServerObserver {
    public func makePulse() -> LoopPulse { LoopPulse(group.mailboxes) }
}
