import Bytes
import RESP
import Storage

/// A reply that is made from the values of some keys, as `BITCOUNT` makes one.
///
/// A loop makes it where all keys are at hand and it takes little time; else a reader does, in slices.
struct Computation: Sendable {
    /// How much work the reply is, in bytes looked at once; by default every byte of every value.
    var weigh: @Sendable (FoundValues) -> Int = { $0.byteCount }
    /// Writes the whole reply; called once, on a loop or a reader.
    ///
    /// Of more than ``wholeKeysMax`` keys it learns only which of them are there.
    let write: @Sendable (FoundValues, inout ReplyWriter) -> Void
    /// Makes the reply from any number of values in the place of ``write``.
    private(set) var makeFold: (@Sendable () -> any ValueFold)?

    /// Work that a loop does itself, in bytes looked at once: about a tenth of a millisecond.
    static let loopBytesMax = 256 << 10
    /// The same for all replies that one session gets in a turn.
    static let turnBytesMax = 1 << 20
    /// Keys whose values may be held together, however long they are.
    static let wholeKeysMax = 2

    init(
        weigh: @escaping @Sendable (FoundValues) -> Int = { $0.byteCount },
        write: @escaping @Sendable (FoundValues, inout ReplyWriter) -> Void
    ) {
        self.weigh = weigh
        self.write = write
    }

    /// A reply that takes no time worth mentioning, however long the values are.
    static func quick(_ write: @escaping @Sendable (FoundValues, inout ReplyWriter) -> Void) -> Self {
        Self(weigh: { _ in 0 }, write: write)
    }

    /// A reply made from values that are seen one after another, of any number of keys.
    static func folding(
        weigh: @escaping @Sendable (FoundValues) -> Int, _ makeFold: @escaping @Sendable () -> any ValueFold
    ) -> Self {
        var computation = Self(weigh: weigh) { values, reply in
            var fold = makeFold()
            _ = fold.add(values)
            fold.write(to: &reply)
        }
        computation.makeFold = makeFold
        return computation
    }

    /// How much work the reply is, in bytes looked at once.
    func weight(of values: FoundValues) -> Int {
        // Which keys are there takes no work.
        values.count > Self.wholeKeysMax && makeFold == nil ? 0 : weigh(values)
    }

    /// What makes the reply from the values of so many keys that they cannot all be held.
    func fold() -> any ValueFold { makeFold?() ?? PresenceFold(write: write) }
}

/// Makes a reply from any number of values, which come a few at a time and are not kept.
protocol ValueFold {
    /// Takes the next values, in the order of their keys.
    ///
    /// - Returns: Whether any that follow matter.
    mutating func add(_ values: FoundValues) -> Bool

    /// Writes the whole reply; called once, last.
    func write(to reply: inout ReplyWriter)
}

/// Remembers which keys are there, for replies that depend on nothing else.
private struct PresenceFold: ValueFold {
    let write: @Sendable (FoundValues, inout ReplyWriter) -> Void
    private var presence: [Bool] = []

    init(write: @escaping @Sendable (FoundValues, inout ReplyWriter) -> Void) {
        self.write = write
    }

    mutating func add(_ values: FoundValues) -> Bool {
        for index in 0..<values.count { presence.append(values.isFound(index)) }
        return true
    }

    func write(to reply: inout ReplyWriter) {
        write(FoundValues(presence: presence), &reply)
    }
}

/// What was found for the keys of one request, lent for the making of its reply.
struct FoundValues {
    private enum Source {
        case lookups(VersionView, Range<Int>)
        case presence([Bool])
    }

    private let source: Source

    init(_ view: VersionView, in range: Range<Int>) {
        source = .lookups(view, range)
    }

    fileprivate init(presence: [Bool]) {
        source = .presence(presence)
    }

    /// How many keys were asked for.
    var count: Int {
        switch source {
        case .lookups(_, let range): range.count
        case .presence(let presence): presence.count
        }
    }

    /// How many of them are there.
    var foundCount: Int { (0..<count).count(where: isFound) }

    /// Whether the key at this place among those asked for is there.
    func isFound(_ index: Int) -> Bool {
        switch source {
        case .lookups(let view, let range): view.lookups.outcome(at: range.lowerBound + index) == .hit
        case .presence(let presence): presence[index]
        }
    }

    /// Lends the value of the key at this place; `nil` where there is no such key.
    ///
    /// - Precondition: The values are held, as ``Computation/write`` says.
    func withValue<Result>(_ index: Int, _ body: (Span<UInt8>) -> Result) -> Result? {
        guard case .lookups(let view, let range) = source else { preconditionFailure("these values are not held") }
        guard isFound(index) else { return nil }
        return view.lookups.withValue(at: range.lowerBound + index, body)
    }

    /// Of all values together.
    var byteCount: Int { (0..<count).reduce(0) { $0 + (withValue($1) { $0.count } ?? 0) } }
}
