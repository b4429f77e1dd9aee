import Bytes
import Glibc
import Synchronization

/// Which keys of one dataset one loop is asked for most, from samples, in memory that never grows.
///
/// A Space-Saving sketch (Metwally, Agrawal, El Abbadi: ICDT 2005) in sets of eight places, so that a sample looks at
/// eight places whatever it finds: a key that has none takes that of the lightest of its set and inherits its weight,
/// which is noted and not counted as the key's own. Keys with less than about 1/200 of all look-ups come and go.
/// What is old counts less: half after a minute. The loop adds; others copy, and the loop does without meanwhile.
final class HotKeySketch: Sendable {
    /// A key with its own weight, as of the time of a reading.
    struct Entry {
        let key: [UInt8]
        let weight: Double
    }

    /// Everything known at one moment.
    struct Reading {
        var entries: [Entry] = []
        /// Of all samples, also of keys that have no place.
        var total = 0.0
        /// How many seconds' worth of look-ups the weights stand for.
        var seconds = 1.0
    }

    private struct Place: BitwiseCopyable {
        var hash: UInt64 = 0
        var weight = 0.0
        /// What of ``weight`` is that of keys that had the place before.
        var inherited = 0.0
        /// Of the key; -1 where there is none.
        var byteCount = -1
    }

    private struct State {
        /// Empty until the first sample: most datasets of many are asked for nothing on many loops.
        var places: [Place] = []
        var keys: [UInt8] = []
        var total = 0.0
        /// When a look-up has the weight 1: weights grow with time rather than shrink, until they are scaled down.
        var unitTime: UInt64
    }

    private let state: Mutex<State>
    private let startedAt: UInt64

    /// - Parameter now: In nanoseconds of the monotonic clock, as in all that follows.
    init(now: UInt64) {
        startedAt = now
        state = Mutex(State(unitTime: now))
    }

    /// Counts a sample that stands for `lookups` look-ups; allocates the first time only.
    ///
    /// Longer keys than 256 bytes count as look-ups only.
    func add(_ key: Span<UInt8>, lookups: Double, now: UInt64) {
        _ = state.withLockIfAvailable { state in
            if state.places.isEmpty {
                state.places = [Place](repeating: Place(), count: Self.setCount * Self.setSize)
                state.keys = [UInt8](repeating: 0, count: state.places.count * Self.keyBytesMax)
            }
            let halves = Self.halfLives(from: state.unitTime, to: now)
            if halves > Self.halvesMax { Self.scaleDown(&state, by: halves, now) }
            let weight = lookups * exp2(halves > Self.halvesMax ? 0 : halves)
            state.total += weight
            if key.count <= Self.keyBytesMax { Self.add(key, weight, to: &state) }
        }
    }

    private static func add(_ key: Span<UInt8>, _ weight: Double, to state: inout State) {
        let hash = hash(key)
        let first = Int(hash >> 32) % setCount * setSize
        var lightest = first
        for index in first..<first + setSize {
            if state.places[index].hash == hash, holds(key, at: index, state) {
                state.places[index].weight += weight
                return
            }
            if state.places[index].weight < state.places[lightest].weight { lightest = index }
        }
        let inherited = state.places[lightest].weight
        state.places[lightest] = Place(
            hash: hash, weight: inherited + weight, inherited: inherited, byteCount: key.count)
        for index in key.indices { state.keys[lightest * keyBytesMax + index] = key[index] }
    }

    private static func holds(_ key: Span<UInt8>, at place: Int, _ state: borrowing State) -> Bool {
        guard state.places[place].byteCount == key.count else { return false }
        let start = place * keyBytesMax
        return state.keys.span.extracting(start..<start + key.count).isEqual(to: key)
    }

    /// All keys that have a place, with what is known of each.
    func reading(now: UInt64) -> Reading {
        let age = Double(max(now, startedAt) - startedAt) / 1e9
        let halfLife = Double(Self.halfLifeNanoseconds) / 1e9
        var reading = Reading()
        // What a constant rate of 1 a second adds up to by now.
        reading.seconds = halfLife / log(2) * (1 - exp2(-max(age, 1) / halfLife))
        state.withLock { state in
            let scale = exp2(-Self.halfLives(from: state.unitTime, to: now))
            reading.total = state.total * scale
            for (index, place) in state.places.enumerated() where place.byteCount >= 0 {
                let start = index * Self.keyBytesMax
                reading.entries.append(
                    Entry(
                        key: Array(state.keys[start..<start + place.byteCount]),
                        weight: (place.weight - place.inherited) * scale))
            }
        }
        return reading
    }

    private static func scaleDown(_ state: inout State, by halves: Double, _ now: UInt64) {
        let scale = exp2(-halves)
        for index in state.places.indices {
            state.places[index].weight *= scale
            state.places[index].inherited *= scale
        }
        state.total *= scale
        state.unitTime = now
    }

    private static func halfLives(from start: UInt64, to now: UInt64) -> Double {
        Double(now > start ? now - start : 0) / Double(halfLifeNanoseconds)
    }

    /// Fowler, Noll and Vo's hash (FNV-1a), its halves mixed, as the place is chosen by the upper one.
    private static func hash(_ key: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in key.indices { hash = (hash ^ UInt64(key[index])) &* 0x0000_0100_0000_01b3 }
        return (hash ^ (hash >> 29)) &* 0x9e37_79b9_7f4a_7c15
    }

    private static let setCount = 64
    private static let setSize = 8
    static let keyBytesMax = 256
    static let halfLifeNanoseconds: UInt64 = 60_000_000_000
    /// Before weights lose precision: a `Double` has 52 bits.
    private static let halvesMax = 16.0
}
