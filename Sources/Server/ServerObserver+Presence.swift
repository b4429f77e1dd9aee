import Platform

extension ServerObserver {
    /// Asks every loop to answer, which costs it a turn of its own and no more, and waits for the last of them.
    ///
    /// - Parameter deadline: Until when to wait, in nanoseconds of the monotonic clock.
    /// - Returns: The numbers of those that have not answered: they hang, or have been at one turn for that long.
    public func silentLoops(until deadline: UInt64) -> [Int] {
        let answers = group.mailboxes.map { mailbox in
            let answer = Adoption(loopCount: 1)
            // One that has ended needs no watching.
            if !mailbox.post(.versionsChanged(answer)) { answer.arrive() }
            return answer
        }
        return answers.indices.filter { !answers[$0].wait(until: deadline) }
    }
}
