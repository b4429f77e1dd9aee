import Bytes
public import Datasets
import RESP
import Storage

/// What to answer, in order, once the keys asked for have been looked up.
///
/// Sessions write their requests down here as steps; then the keys of all of them are looked up
/// together; then each session's steps become reply bytes. So the memory latency of many look-ups
/// overlaps, over a pipeline and over connections alike. Memory is kept from one use to the next.
///
/// A loop has one plan, which it fills and empties each turn. A session that must wait (for the disk, or
/// for its client to read) takes the rest of its steps along in a plan of its own.
public final class ReplyPlan {
    /// One piece of a reply.
    struct Step {
        enum Kind: UInt8 {
            /// `count` bytes of ``literals`` from `index`, already a reply.
            case literal
            /// The values of `count` look-ups from `index`, each a reply to a request of its own.
            case value
            /// An array of the values of `count` look-ups from `index`.
            case values
            /// The beginning of an array of `parameter` values, of which these are the first `count`.
            case firstValues
            /// `count` more values of an array whose beginning has been sent.
            case moreValues
            /// How many of `count` look-ups from `index` were hits, and of those of the ``partialHits`` before it.
            case hits
            /// Hits that the ``hits`` of this request, some steps later, is to count too; sends nothing.
            case partialHits
            /// The length of the value.
            case length
            /// The bytes of the value that are wanted by entry `parameter` of ``ranges``.
            case range
            case type
            /// -1 for a key that is there, -2 for one that is not.
            case timeToLive
            /// What computation `parameter`, in ``computations``, makes of the values of `count` look-ups from `index`.
            case computed
            /// From here on replies have the form of RESP version `parameter`.
            case protocolVersion
            /// From here on nothing that is made is sent, until ``unmute``.
            case mute
            case unmute
        }

        var kind: Kind
        /// Index into ``views``.
        var view: UInt16 = 0
        var count: UInt32
        /// Into the view's look-ups, or into the bytes of ``literals``.
        var index: Int
        var parameter: Int = 0

        /// How many look-ups the step waits for.
        var lookupCount: Int {
            switch kind {
            case .literal, .protocolVersion, .mute, .unmute: 0
            default: Int(count)
            }
        }

        /// How many requests have their replies from it.
        var requestCount: Int { kind == .value ? Int(count) : 1 }
    }

    var steps = FlatArray<Step>(capacity: 256)
    /// Replies that needed no look-up.
    var literals = ReplyWriter()
    /// The first and last byte wanted by each step that asks for a part of a value, as the client gave them.
    var ranges: [(first: Int, last: Int)] = []
    /// How each step that is ``Step/Kind/computed`` makes its reply.
    var computations: [PlannedComputation] = []
    var views: [VersionView] = []
    /// Whether the plan has made views itself since it last let go of some: of versions that nobody gave it.
    public private(set) var hasOwnViews = false

    public init() {}

    /// Whether a reader has answered at least the first look-up.
    private(set) var wasReadAnywhere = false

    public var stepCount: Int { steps.count }

    /// How many look-ups there are, over all versions.
    public private(set) var lookupCount = 0

    @inline(__always)
    func countLookups(_ count: Int) { lookupCount += count }

    /// The place in ``views`` of `version`, added if it is new: without memory for rows, which takes long to get.
    func viewIndex(of version: DatasetVersion) -> Int {
        for index in views.indices where views[index].version === version { return index }
        views.append(VersionView(version, rowCacheBytes: 0))
        hasOwnViews = true
        return views.count - 1
    }

    /// Whether there is a view of `version`.
    public func hasView(of version: DatasetVersion) -> Bool { views.contains { $0.version === version } }

    /// Takes a view for the look-ups in its version from here on, while there are none.
    ///
    /// - Returns: The view that it replaces, if there was one of this version.
    public func adopt(_ view: VersionView) -> VersionView? {
        precondition(lookupCount == 0, "look-ups are under way")
        if let place = views.firstIndex(where: { $0.version === view.version }) {
            defer { views[place] = view }
            return views[place]
        }
        views.append(view)
        return nil
    }

    /// Lends some of the keys to look up to `visit`, with their versions: a few of each, spread over all of them.
    ///
    /// - Parameters:
    ///   - countMax: How many of each version.
    ///   - seed: Chooses which.
    ///   - visit: Called with each of them, and for how many of the same version it stands.
    public func visitKeys(
        atMost countMax: Int, seed: UInt64, _ visit: (DatasetVersion, Span<UInt8>, _ standsFor: Double) -> Void
    ) {
        for view in views {
            let count = view.lookups.count
            guard count > 0 else { continue }
            let chosen = min(count, countMax)
            let first = Int(truncatingIfNeeded: seed % UInt64(count))
            for number in 0..<chosen {
                let place = (first + number * count / chosen) % count
                visit(view.version, view.lookups[keyAt: place], Double(count) / Double(chosen))
            }
        }
    }

    /// Looks up everything that is resident, without waiting for the disk.
    public func lookUpResident() {
        for place in views.indices {
            let view = views[place]
            if !view.lookups.isEmpty { view.lookUp(in: 0..<view.lookups.count, tier: .resident) }
        }
    }

    /// Looks up what is not yet answered, in order, until the values found hold `valueBytesMax` bytes.
    ///
    /// At least one look-up is answered. May wait for the disk.
    ///
    /// - Returns: Whether the session can go on; if not, nothing but the first of its steps has been worked on, and
    ///   that needs more.
    func lookUpAnywhere(valueBytesMax: Int) -> Bool {
        wasReadAnywhere = true
        var bytesLeft = valueBytesMax
        var isFirst = true
        for place in steps.indices {
            let step = steps[place]
            guard step.lookupCount > 0 else { continue }
            defer { isFirst = false }
            if step.kind == .computed {
                guard bytesLeft > 0 else { return true }
                switch compute(step) {
                case .lookedUp(let byteCount): bytesLeft -= byteCount
                // A long computation is enough for a slice: what is known by now is answered first.
                case .made: return true
                case .unfinished: return !isFirst
                }
                continue
            }
            let view = views[Int(step.view)]
            var index = step.index
            while index < step.index + step.lookupCount {
                guard bytesLeft > 0 else { return true }
                let end = min(index + Self.coldChunk, step.index + step.lookupCount)
                view.lookUp(in: index..<end, tier: .anywhere)
                for looked in index..<end where view.lookups.outcome(at: looked) == .hit {
                    bytesLeft -= view.lookups[valueAt: looked].count
                }
                index = end
            }
        }
        return true
    }

    /// Forgets the steps, lets the engines unpin the values, and keeps the memory and the views.
    public func removeAll() {
        steps.removeAll()
        // Most batches have none, and to find that out costs less than to remove them.
        if !ranges.isEmpty { ranges.removeAll(keepingCapacity: true) }
        if !computations.isEmpty { computations.removeAll(keepingCapacity: true) }
        literals.output.removeAll()
        if literals.output.capacity > Self.keptLiteralBytesMax { literals.output.release() }
        lookupCount = 0
        for place in views.indices { views[place].lookups.removeAll() }
    }

    /// Lets go of views, while there are no steps.
    ///
    /// - Parameters:
    ///   - isCurrent: Whether to keep room for look-ups in a version.
    ///   - retire: Gets the views that are not kept.
    public func dropViews(keeping isCurrent: (DatasetVersion) -> Bool, retire: (VersionView) -> Void = { _ in }) {
        precondition(steps.isEmpty, "steps are under way")
        hasOwnViews = false
        guard !views.allSatisfy({ isCurrent($0.version) }) else { return }
        for view in views where !isCurrent(view.version) { retire(view) }
        views.removeAll { !isCurrent($0.version) }
    }

    /// Adds copies of some steps of another plan, whose keys are yet to be looked up here.
    func append(_ others: Range<Int>, of other: ReplyPlan) {
        for place in others {
            let step = other.steps[place]
            var copy = step
            switch step.kind {
            case .literal:
                copy.index = literals.output.count
                let bytes = other.literals.output.span
                literals.output.append(bytes.extracting(step.index..<step.index + Int(step.count)))
            case .protocolVersion, .mute, .unmute:
                break
            default:
                let theirs = other.views[Int(step.view)]
                let place = viewIndex(of: theirs.version)
                let ours = views[place]
                copy.view = UInt16(place)
                copy.index = ours.lookups.count
                for index in step.index..<step.index + Int(step.count) {
                    _ = ours.lookups.append(theirs.lookups[keyAt: index])
                }
                lookupCount += Int(step.count)
                if step.kind == .range {
                    copy.parameter = ranges.count
                    ranges.append(other.ranges[step.parameter])
                } else if step.kind == .computed {
                    copy.parameter = computations.count
                    computations.append(other.computations[step.parameter])
                }
            }
            steps.append(copy)
        }
    }

    /// Look-ups that a reader does between two looks at how much it has read.
    private static let coldChunk = 8
    /// A pipeline of large literals (`ECHO`) must not cost the loop its memory for good.
    private static let keptLiteralBytesMax = 1 << 20
}
