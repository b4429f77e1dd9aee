import Foundation
import Platform
import Settings
import Storage
import Synchronization
import TestSupport

/// Opens the file `data` of a version, a `key=value` a line, and does as it is told with some versions.
final class StubEngines: Sendable {
    private struct State {
        var failures: [String: EngineError] = [:]
        var gates: [String: Gate] = [:]
        var behaviours: [String: MemoryEngine.Behaviour] = [:]
        var opened: [String] = []
        var openedWell = 0
        var closed: [(id: String, thread: String)] = []
    }

    private let state = Mutex(State())

    /// The names of the directories opened, or tried, in their order.
    var opened: [String] { state.withLock { $0.opened } }

    /// What was closed, and the name of the thread that closed it.
    var closed: [(id: String, thread: String)] { state.withLock { $0.closed } }

    /// How many engines were opened without an error.
    var openedWell: Int { state.withLock { $0.openedWell } }

    func fail(_ id: String, _ error: EngineError?) { state.withLock { $0.failures[id] = error } }

    func fail(_ id: String, _ kind: EngineError.Kind) {
        fail(id, EngineError(operation: "open", kind: kind, message: "told to fail"))
    }

    /// Has the opening of a version wait.
    func hold(_ id: String) -> Gate {
        let gate = Gate()
        state.withLock { $0.gates[id] = gate }
        return gate
    }

    func behave(_ id: String, _ change: (inout MemoryEngine.Behaviour) -> Void) {
        state.withLock { change(&$0.behaviours[id, default: MemoryEngine.Behaviour()]) }
    }

    @Sendable func open(
        _ directory: String, _ format: String?, _ dataset: DatasetPath, _ threads: Int
    ) throws(EngineError) -> any Engine {
        let id = directory.split(separator: "/").last.map(String.init) ?? ""
        let gate = state.withLock { state in
            state.opened.append(id)
            return state.gates[id]
        }
        gate?.wait()
        let (failure, behaviour) = state.withLock { ($0.failures[id], $0.behaviours[id]) }
        if let failure { throw failure }
        guard format == nil || format == "memory" else {
            throw EngineError(operation: "open", kind: .unsupported, message: "format \(format ?? "")")
        }
        guard let text = try? String(contentsOfFile: "\(directory)/data", encoding: .utf8) else {
            throw EngineError(operation: "open", kind: .missing, message: "\(directory) has no data")
        }
        state.withLock { $0.openedWell += 1 }
        let pairs = text.split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        return MemoryEngine(
            text: Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") }),
            behaviour: behaviour ?? MemoryEngine.Behaviour()
        ) { [weak self] in
            let thread = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
            let name = thread.trimmingCharacters(in: .newlines)
            self?.state.withLock { $0.closed.append((id, name)) }
        }
    }
}
