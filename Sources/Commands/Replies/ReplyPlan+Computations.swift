import Bytes
import Datasets
import RESP
import Storage

/// A computation of a plan, and what a reader has done of it.
struct PlannedComputation {
    let computation: Computation
    /// The form of its reply.
    let protocolVersion: ProtocolVersion
    /// The row of the command that is answered.
    let command: Int16?
    /// What a reader has begun on many keys.
    var run: ComputationRun?
    /// What a reader made of it.
    var result: ComputationResult?
}

/// What a reader made of a computation.
enum ComputationResult {
    /// The reply, and how many of the keys looked up were there.
    case reply(MadeReply, found: Int, missed: Int)
    /// A key that could not be read.
    case damaged(EngineError?, key: [UInt8])
}

/// The bytes of a reply; never changed.
final class MadeReply {
    let bytes: ByteBuffer

    init(version: ProtocolVersion, _ write: (inout ReplyWriter) -> Void) {
        var writer = ReplyWriter(version: version)
        write(&writer)
        bytes = writer.output
    }
}

/// A reader's work on a computation over many keys, which sees few values at a time and keeps none.
///
/// Belongs to the plan that it is part of.
final class ComputationRun {
    private var fold: any ValueFold
    /// Holds the keys and values at hand.
    private let view: VersionView
    private var nextKey = 0
    private var found = 0

    init(_ computation: Computation, _ version: DatasetVersion) {
        fold = computation.fold()
        view = VersionView(version, rowCacheBytes: 0)
    }

    /// Looks up more of the keys in `range`; may wait for the disk.
    ///
    /// - Returns: What came of it; `nil` while there are more keys.
    func advance(
        over keys: borrowing LookupBatch, in range: Range<Int>, _ protocolVersion: ProtocolVersion
    ) -> ComputationResult? {
        let view = view
        let sliceEnd = min(nextKey + Self.sliceKeys, range.count)
        var isWanting = true
        while nextKey < sliceEnd, isWanting {
            view.lookups.removeAll()
            let end = min(nextKey + Self.keysHeld, sliceEnd)
            for index in nextKey..<end { _ = view.lookups.append(keys[keyAt: range.lowerBound + index]) }
            let looked = 0..<view.lookups.count
            view.lookUp(in: looked, tier: .anywhere)
            if let damaged = looked.first(where: { view.lookups.outcome(at: $0) == .damaged }) {
                return .damaged(view.lookups.failure, key: [UInt8](copying: view.lookups[keyAt: damaged]))
            }
            let values = FoundValues(view, in: looked)
            found += values.foundCount
            nextKey = end
            isWanting = fold.add(values)
        }
        view.lookups.removeAll()
        guard nextKey == range.count || !isWanting else { return nil }
        return .reply(MadeReply(version: protocolVersion, fold.write), found: found, missed: nextKey - found)
    }

    /// Keys looked up in one slice: a few milliseconds where their values are of the usual size.
    private static let sliceKeys = 64
    /// Keys whose values are held at once.
    private static let keysHeld = 8
}

extension ReplyPlan {
    /// How far a reader is with a step that computes.
    enum ComputationProgress {
        /// The loop can make the reply, from values of so many bytes.
        case lookedUp(byteCount: Int)
        /// The reply is made.
        case made
        /// There are more keys to look up.
        case unfinished
    }

    /// Adds a step for `computation` over look-ups that have been appended to `view` already.
    func append(
        _ computation: Computation, over range: Range<Int>, ofView place: UInt16, _ protocolVersion: ProtocolVersion,
        _ command: Int16?
    ) {
        countLookups(range.count)
        computations.append(
            PlannedComputation(computation: computation, protocolVersion: protocolVersion, command: command))
        steps.append(
            Step(
                kind: .computed, view: place, count: UInt32(range.count), index: range.lowerBound,
                parameter: computations.count - 1))
    }

    /// Does a slice of a step that computes, on a reader; may wait for the disk.
    ///
    /// What one or two long values are needed for is one slice, however long it takes: a second for a `DUMP` of
    /// 512 MiB, a tenth of one for the longest `LCS` that there may be.
    func compute(_ step: Step) -> ComputationProgress {
        let planned = computations[step.parameter]
        guard planned.result == nil else { return .lookedUp(byteCount: 0) }
        let view = views[Int(step.view)]
        let range = step.index..<step.index + Int(step.count)
        guard range.count <= Computation.wholeKeysMax else { return advance(step, planned, view, range) }
        view.lookUp(in: range, tier: .anywhere)
        let values = FoundValues(view, in: range)
        // The loop tells of damage, and makes what is quickly made.
        guard !range.contains(where: { view.lookups.outcome(at: $0) == .damaged }),
            planned.computation.weight(of: values) > Computation.loopBytesMax
        else { return .lookedUp(byteCount: values.byteCount) }
        let reply = MadeReply(version: planned.protocolVersion) { planned.computation.write(values, &$0) }
        computations[step.parameter].result = .reply(
            reply, found: values.foundCount, missed: values.count - values.foundCount)
        return .made
    }

    private func advance(
        _ step: Step, _ planned: PlannedComputation, _ view: VersionView, _ range: Range<Int>
    ) -> ComputationProgress {
        let run = planned.run ?? ComputationRun(planned.computation, view.version)
        guard let result = run.advance(over: view.lookups, in: range, planned.protocolVersion) else {
            computations[step.parameter].run = run
            return .unfinished
        }
        computations[step.parameter].run = nil
        computations[step.parameter].result = result
        return .made
    }
}
