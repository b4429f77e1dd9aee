import Bytes
import ServerMetrics

/// Counts a loop's commands on its thread, and adds them to what any thread may read once a batch is answered.
///
/// No clock is read for a request: the time of a batch, from its turn's first event or the end of the batch
/// before it to its last reply, is shared out evenly over the commands of the batch. A command that waits for a
/// job gets the time of the job instead. Belongs to one loop.
final class CommandTally {
    private struct Slot: BitwiseCopyable {
        /// Of this batch.
        var calls = 0
        /// Of this batch's calls, those whose time is not known yet.
        var waiting = 0
    }

    private let metrics: CommandMetrics
    /// Of the commands that have been seen.
    private var seen: [CommandCounters?]
    private var slots: FlatArray<Slot>
    /// Indices of the slots that this batch has used.
    private var used = FlatArray<Int16>(capacity: 64)
    /// The command of the latest requests, and how many of them there have been in a row.
    private var latest: Int16 = -1
    private var run = 0
    private var lastEnd: UInt64 = 0

    /// - Parameters:
    ///   - commandCount: Rows of the table, which `begin` takes indices of.
    ///   - metrics: The loop's own.
    init(commandCount: Int, metrics: CommandMetrics) {
        self.metrics = metrics
        seen = Array(repeating: nil, count: commandCount)
        slots = FlatArray(capacity: commandCount)
        for _ in 0..<commandCount { slots.append(Slot()) }
    }

    /// Counts calls.
    ///
    /// Requests in a row are mostly alike, which is what makes this cost next to nothing.
    @inline(__always)
    func begin(_ command: Int16, count: Int = 1) {
        guard command != latest else { return run &+= count }
        change(to: command, count)
    }

    @inline(never)
    private func change(to command: Int16, _ count: Int) {
        endRun()
        latest = command
        run = count
    }

    private func endRun() {
        guard run > 0 else { return }
        let place = Int(latest)
        if slots[place].calls == 0 { used.append(latest) }
        slots[place].calls += run
        run = 0
    }

    /// Takes the time of `count` calls of this batch as yet to be known.
    ///
    /// - Returns: How many of them are of this batch.
    func withdraw(_ count: Int, of command: Int16) -> Int {
        endRun()
        let place = Int(command)
        let withdrawn = min(count, slots[place].calls - slots[place].waiting)
        slots[place].waiting += withdrawn
        return withdrawn
    }

    /// Ends the batch: adds its calls and its time to the counters.
    ///
    /// - Parameters:
    ///   - turnStart: When the turn began that the batch is part of.
    ///   - now: By the same clock, in nanoseconds.
    /// - Returns: How long the batch took, and its commands; 0 and none where there was nothing to count.
    func endBatch(turnStart: UInt64, now: UInt64) -> (nanoseconds: UInt64, commands: Int) {
        endRun()
        defer { lastEnd = now }
        guard !used.isEmpty else { return (0, 0) }
        let start = max(turnStart, lastEnd)
        let elapsed = now > start ? now - start : 0
        var total = 0
        for place in used.indices { total += slots[Int(used[place])].calls }
        let share = elapsed / UInt64(total)
        for place in used.indices {
            let slot = slots[Int(used[place])]
            let counters = counters(of: used[place])
            counters.calls.add(slot.calls)
            if slot.calls > slot.waiting { counters.addTimes(slot.calls - slot.waiting, each: share) }
            slots[Int(used[place])] = Slot()
        }
        used.removeAll()
        return (elapsed, total)
    }

    /// The commands of the batch so far that wait for nothing, the one with the most calls first.
    var batchCommands: [(command: Int16, calls: Int)] {
        endRun()
        return used.indices.map { (used[$0], slots[Int(used[$0])].calls - slots[Int(used[$0])].waiting) }
            .filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }
    }

    /// What is kept of a command on this loop.
    func counters(of command: Int16) -> CommandCounters {
        if let counters = seen[Int(command)] { return counters }
        let counters = metrics.makeCounters(of: Int(command))
        seen[Int(command)] = counters
        return counters
    }
}
