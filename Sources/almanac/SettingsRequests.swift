internal import Commands
internal import Platform
private import Synchronization

/// Changes of settings that clients ask for, on their way to the main thread.
final class SettingsRequests: SettingsControl {
    struct Request: Sendable {
        let changes: [(name: String, value: String)]
        /// To be called once, after the loops have taken over what changed.
        let answer: @Sendable (SettingsAnswer) -> Void
    }

    private struct State {
        var requests: [Request] = []
        var isClosed = false
    }

    private let waker: Waker
    private let state = Mutex(State())

    init() throws(SystemError) {
        waker = try Waker()
    }

    func submit(
        _ changes: [(name: String, value: String)], answer: @escaping @Sendable (SettingsAnswer) -> Void
    ) {
        let isTaken = state.withLock { state in
            if !state.isClosed { state.requests.append(Request(changes: changes, answer: answer)) }
            return !state.isClosed
        }
        if isTaken { waker.wake() } else { answer(.stopping) }
    }

    /// Becomes readable when there is something to take; for the main thread, as are the following.
    var readinessDescriptor: Int32 { waker.readinessDescriptor }

    /// What has been asked for since the last call.
    func takeAll() -> [Request] {
        waker.acknowledge()
        return state.withLock { state in
            let taken = state.requests
            state.requests = []
            return taken
        }
    }

    /// Takes nothing more, and refuses what waits.
    func close() {
        let left = state.withLock { state in
            state.isClosed = true
            let taken = state.requests
            state.requests = []
            return taken
        }
        for request in left { request.answer(.stopping) }
    }
}
