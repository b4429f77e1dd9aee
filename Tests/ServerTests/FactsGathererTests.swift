import Commands
import Datasets
import Platform
import Settings
import TestSupport
import Testing

@testable import Server

@Suite struct FactsGathererTests {
    @Test("Two threads that look at once, of which one has read the clock before the other, both get facts")
    func twoThreads() throws {
        let catalog = Catalog(names: ["test"], versions: [DatasetVersion(id: "1", engine: MemoryEngine([:]))])
        let group = try LoopGroup(loopCount: 1, datasetCount: 1, warmKeys: 0)
        // The first look of each takes a sample, so that the next may be found to have begun before it.
        let gatherers = (0..<1_000).map { _ in
            FactsGatherer(
                settings: ServerSettings(), catalog: catalog, group: group, readers: ReaderPool(count: 1, queueMax: 1))
        }
        let threads = try (0..<2).map { number in
            try Thread(name: "gatherer-\(number)") {
                for gatherer in gatherers {
                    let facts = gatherer.gather()
                    #expect(facts.commandsPerSecond == 0 && facts.uptimeSeconds < 600)
                }
            }
        }
        for thread in threads { thread.join() }
    }
}
