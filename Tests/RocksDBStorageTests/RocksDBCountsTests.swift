import Platform
import RocksDBStorage
import Storage
import TestSupport
import Testing

/// Others read databases meanwhile, which only makes the counts grow by more.
@Suite struct RocksDBCountsTests {
    @Test func `The counters move in a database that is opened read-only`() throws {
        let directory = try TemporaryDirectory()
        _ = try writeNumbered(10_000, to: directory.path("db"))
        let before = RocksDBCounts()
        let engine = try openDatabase(directory.path("db"))
        let opened = RocksDBCounts()
        #expect(opened.fileOpens > before.fileOpens)

        for number in stride(from: 0, to: 10_000, by: 100) {
            #expect(lookUp(engine, numberedKey(number), tier: .resident) == .wouldBlock)
            _ = lookUp(engine, numberedKey(number))
        }
        let cold = RocksDBCounts()
        #expect(cold.cacheMisses - opened.cacheMisses >= 100)
        #expect(cold.reads - opened.reads >= 50)
        // Blocks are compressed, and these rows are nearly all alike.
        #expect(cold.readBytes - opened.readBytes >= 50 * 100)
        #expect(cold.filterPositives - opened.filterPositives >= 100)
        #expect(cold.filterTruePositives - opened.filterTruePositives >= 100)

        for number in stride(from: 0, to: 10_000, by: 100) {
            _ = lookUp(engine, numberedKey(number), tier: .resident)
        }
        let warm = RocksDBCounts()
        #expect(warm.cacheHits - cold.cacheHits >= 100)

        for number in 0..<1_000 { _ = lookUp(engine, numberedKey(number) + [46]) }
        #expect(RocksDBCounts().filterNegatives - warm.filterNegatives > 950)
    }

    @Test func `What a thread has counted stays when it ends`() throws {
        let directory = try TemporaryDirectory()
        _ = try writeNumbered(1_000, to: directory.path("db"))
        let engine = try openDatabase(directory.path("db"))
        _ = lookUp(engine, numberedKey(0))
        let before = RocksDBCounts()
        let thread = try Thread(name: "reader") {
            for _ in 0..<500 { _ = lookUp(engine, numberedKey(0), tier: .resident) }
        }
        thread.join()
        #expect(RocksDBCounts().cacheHits - before.cacheHits >= 500)
    }
}
