/// Something that took time, or a count at a moment, on one thread; a plain value.
///
/// Times are in nanoseconds of the monotonic clock.
public struct TraceEvent: BitwiseCopyable, Sendable {
    /// What happened, which says what the numbers mean.
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// A loop waited for events.
        case wait
        /// A loop saw to `first` events.
        case turn
        /// A loop received and understood the requests of `first` connections.
        case receive
        /// A loop looked up `first` keys.
        case lookUp
        /// A loop made replies for `first` connections.
        case answer
        /// A loop gave the kernel `first` replies or pieces of them, `second` bytes in all.
        case send
        /// A loop took over other versions, at a moment.
        case adopt
        /// A reader did the whole or a slice of a job, whose kind has the name `first`, and which had waited for
        /// `second` nanoseconds.
        case job
        /// A request of the command `first` with `second` keys, from a client with the number `third`; its keys were
        /// looked up from `lookUpStart` to `lookUpEnd`.
        case request
    }

    public var kind: Kind
    public var start: UInt64
    public var end: UInt64
    public var first: Int
    public var second: Int
    public var third: Int
    public var lookUpStart: UInt64
    public var lookUpEnd: UInt64

    public init(
        _ kind: Kind, from start: UInt64, to end: UInt64, _ first: Int = 0, _ second: Int = 0, _ third: Int = 0,
        lookUp: (start: UInt64, end: UInt64) = (0, 0)
    ) {
        self.kind = kind
        self.start = start
        self.end = max(start, end)
        (self.first, self.second, self.third) = (first, second, third)
        (lookUpStart, lookUpEnd) = lookUp
    }
}
