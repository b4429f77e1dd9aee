/// What a server answered, in RESP2's kinds; those of RESP3 are given in the shape that RESP2 has for them.
public enum Reply: Sendable, Equatable {
    /// A status such as `OK`, and RESP3's doubles and big numbers, as text.
    case simple(String)
    /// The server's error, without its leading `-`.
    case error(String)
    /// Also RESP3's booleans, as 1 and 0.
    case integer(Int)
    case bulk([UInt8])
    /// No value, or no array.
    case null
    /// Also RESP3's sets, and its maps as keys and values in turn.
    case array([Reply])
    /// RESP3's message that no request asked for.
    case push([Reply])
}
