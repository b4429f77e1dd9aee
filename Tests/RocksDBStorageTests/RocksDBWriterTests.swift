import RocksDBStorage
import Storage
import TestSupport
import Testing

@Suite struct RocksDBWriterTests {
    @Test func `What was written is found, as one compacted run with an exact count`() throws {
        let directory = try TemporaryDirectory()
        var writer = try RocksDBWriter(directory: directory.path("db"))
        for number in 0..<1000 {
            let key = Array("key-\(1_000_000 + number)".utf8)
            let value = Array("value-\(number)".utf8)
            try writer.append(key: key.span, value: value.span)
        }
        let summary = try writer.finish()
        #expect(summary.keyCount == 1000)

        let engine = try RocksDBEngine(
            path: directory.path("db"), options: RocksDBOptions(cache: RocksDBCache(capacityBytes: 8 << 20)))
        #expect(engine.keyCount == .exact(1000))
        #expect(engine.storage.isCompacted)
        var batch = engine.makeBatch()
        _ = batch.append(Array("key-1000007".utf8).span)
        _ = batch.append(Array("absent".utf8).span)
        engine.lookUp(&batch, in: 0..<2, tier: .anywhere)
        #expect(batch.outcome(at: 0) == .hit)
        #expect(Array(copying: batch[valueAt: 0]) == Array("value-7".utf8))
        #expect(batch.outcome(at: 1) == .miss)
    }
}
