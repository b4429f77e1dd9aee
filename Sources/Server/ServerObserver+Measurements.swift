import Commands
import ServerMetrics

extension ServerObserver {
    /// What has been counted by now; reads files of `/proc`, so no loop calls it.
    public func measurements() -> ServerMeasurements {
        ServerMeasurements(
            facts: gatherer.gather(), phases: ServerMeasurements.Phase.allCases.map { ($0, times(of: $0)) },
            limitHits: ServerMeasurements.Limit.allCases.map { ($0, hits(of: $0)) },
            denials: AccessDenial.Reason.allCases.map { ($0, state.access.denialCount($0)) },
            waitingJobCount: readers.waitingCount, busyReaderCount: readers.busyCount, heldBytes: group.heldBytes)
    }

    private func times(of phase: ServerMeasurements.Phase) -> LatencyHistogram {
        let counters =
            switch phase {
            case .receive: group.metrics.map(\.batches.receiving)
            case .lookUp: group.metrics.map(\.batches.lookingUp)
            case .write: group.metrics.map(\.batches.answering)
            case .queue: readers.metrics.map(\.waits)
            case .disk: readers.metrics.map(\.diskReads)
            case .work: readers.metrics.map(\.otherWork)
            }
        return counters.reduce(into: LatencyHistogram()) { $0 += $1.times }
    }

    private func hits(of limit: ServerMeasurements.Limit) -> Int {
        let metrics = group.metrics
        return switch limit {
        case .clients: metrics.total { $0.connectionsRejected.total }
        case .queryBuffer: metrics.total { $0.queryBufferDisconnections.total }
        case .outputBuffer: metrics.total { $0.outputBufferDisconnections.total }
        case .clientsMemory: metrics.total { $0.clientsEvicted.total }
        case .idle: metrics.total { $0.idleDisconnections.total }
        case .request: metrics.total { $0.protocolErrors.total }
        case .readQueue: metrics.total { $0.fullReaderQueues.total }
        }
    }
}
