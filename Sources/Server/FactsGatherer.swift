import Commands
import Datasets
import Settings
import Synchronization

final class FactsGatherer: Sendable {
    let portBox = Atomic<Int>(0)
    var port: UInt16 { get { 0 } set { portBox.store(Int(newValue), ordering: .relaxed) } }
    init(settings: ServerSettings, catalog: Catalog, group: LoopGroup) {}
    func gather() -> ServerFacts { ServerFacts() }
}
