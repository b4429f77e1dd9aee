import Datasets
import Foundation
import Synchronization
import Versions

/// Writes down what a control does to a server, and stalls where it is told to.
final class FakeAudience: Audience {
    private struct State {
        var current: [DatasetVersion]
        var adopted: [String] = []
        var messages: [[UInt8]] = []
        var sample: [[UInt8]] = []
        var warmed: [[UInt8]] = []
        var prepareGate: Gate?
        var warmGate: Gate?
    }

    private let state: Mutex<State>

    init(_ versions: [DatasetVersion]) { state = Mutex(State(current: versions)) }

    /// The ids of the versions adopted, in their order.
    var adopted: [String] { state.withLock { $0.adopted } }
    var currentIDs: [String] { state.withLock { $0.current.map(\.id) } }
    /// The keys that versions were warmed with, in their order.
    var warmed: [[UInt8]] { state.withLock { $0.warmed } }

    /// What a client of database 0 reads from: it keeps the version open for as long as it is held.
    func current(_ database: Int = 0) -> DatasetVersion { state.withLock { $0.current[database] } }

    /// The messages published, decoded.
    var events: [[String: String]] {
        state.withLock { $0.messages }.map { message in
            let object = (try? JSONSerialization.jsonObject(with: Data(message))) as? [String: Any] ?? [:]
            return object.mapValues { "\($0)" }
        }
    }

    func setSample(_ keys: [String]) { state.withLock { $0.sample = keys.map { Array($0.utf8) } } }

    func holdPreparing() -> Gate {
        let gate = Gate()
        state.withLock { $0.prepareGate = gate }
        return gate
    }

    func holdWarming() -> Gate {
        let gate = Gate()
        state.withLock { $0.warmGate = gate }
        return gate
    }

    func prepare(_ version: DatasetVersion) -> any PreparedVersion {
        state.withLock { $0.prepareGate }?.wait()
        return Prepared(version, self)
    }

    func adopt(_ prepared: any PreparedVersion, in database: Int) -> DatasetVersion {
        state.withLock { state in
            let replaced = state.current[database]
            state.current[database] = prepared.version
            state.adopted.append(prepared.version.id)
            return replaced
        }
    }

    func sampleOfKeys(in database: Int) -> [[UInt8]] { state.withLock { $0.sample } }

    func discardRetired() {}

    func publish(channel: String, message: [UInt8]) {
        precondition(channel == "__dataset__")
        state.withLock { $0.messages.append(message) }
    }

    private final class Prepared: PreparedVersion {
        let version: DatasetVersion
        private let audience: FakeAudience

        init(_ version: DatasetVersion, _ audience: FakeAudience) {
            self.version = version
            self.audience = audience
        }

        func warm(_ keys: ArraySlice<[UInt8]>) {
            audience.state.withLock { $0.warmGate }?.wait()
            audience.state.withLock { $0.warmed += keys }
        }
    }
}
