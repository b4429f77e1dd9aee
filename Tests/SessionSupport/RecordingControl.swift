public import Commands
import Synchronization

/// A control that writes down what it is asked, and answers at once or when told to.
public final class RecordingControl: DatasetControl {
    public typealias Answer = @Sendable (DatasetAnswer) -> Void

    private struct State {
        var requests: [DatasetRequest] = []
        var waiting: [Answer] = []
        var facts: [DatasetFacts] = []
        var open: [[OpenVersion]] = []
    }

    private let state = Mutex(State())
    private let immediate: DatasetAnswer?

    /// - Parameter answer: What every request gets at once; `nil` to have them wait for ``answerAll(_:)``.
    public init(answer: DatasetAnswer? = .ok("OK")) { immediate = answer }

    public var requests: [DatasetRequest] { state.withLock { $0.requests } }
    public var waitingCount: Int { state.withLock { $0.waiting.count } }

    public func submit(_ request: DatasetRequest, answer: @escaping Answer) {
        state.withLock { $0.requests.append(request) }
        if let immediate { return answer(immediate) }
        state.withLock { $0.waiting.append(answer) }
    }

    /// Answers everyone who waits.
    public func answerAll(_ answer: DatasetAnswer) {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for each in waiting { each(answer) }
    }

    public func setFacts(_ facts: [DatasetFacts]) { state.withLock { $0.facts = facts } }

    public func facts() -> [DatasetFacts] { state.withLock { $0.facts } }

    /// Says which versions are open, by database number.
    public func setOpenVersions(_ versions: [[OpenVersion]]) { state.withLock { $0.open = versions } }

    public func openVersions(in database: Int) -> [OpenVersion] {
        state.withLock { $0.open.indices ~= database ? $0.open[database] : [] }
    }
}
