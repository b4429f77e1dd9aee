import Foundation
import RocksDBStorage
import Storage
import TestSupport
import Testing

@Suite struct RocksDBEngineTests {
    @Test(arguments: EngineConformance.all) func `The RocksDB engine does what every engine must`(
        conformance: EngineConformance
    ) throws {
        let directory = try TemporaryDirectory()
        _ = try write(conformance.entries, to: directory.path("db"))
        #expect(try conformance.failures(of: openDatabase(directory.path("db"))) == [])
    }

    @Test(arguments: EngineConformance.all) func `It also does so when its cache holds next to nothing`(
        conformance: EngineConformance
    ) throws {
        let directory = try TemporaryDirectory()
        _ = try write(conformance.entries, to: directory.path("db"))
        #expect(try conformance.failures(of: openDatabase(directory.path("db"), cacheBytes: 4096)) == [])
    }

    @Test func `A cold key would block on the resident tier, and is a hit there once it has been read`() throws {
        let directory = try TemporaryDirectory()
        _ = try writeNumbered(1000, to: directory.path("db"))
        let engine = try openDatabase(directory.path("db"))
        #expect(lookUp(engine, numberedKey(500), tier: .resident) == .wouldBlock)
        #expect(lookUp(engine, numberedKey(500)) == .hit(numberedValue("value", 500)))
        #expect(lookUp(engine, numberedKey(500), tier: .resident) == .hit(numberedValue("value", 500)))
    }

    @Test func `A batch keeps its hits while what would block is asked for again`() throws {
        let directory = try TemporaryDirectory()
        _ = try writeNumbered(1000, to: directory.path("db"))
        let engine = try openDatabase(directory.path("db"))
        _ = lookUp(engine, numberedKey(0))
        var batch = engine.makeBatch()
        for number in [0, 999] { _ = batch.append(numberedKey(number).span) }
        engine.lookUp(&batch, in: 0..<2, tier: .resident)
        #expect(batch.outcome(at: 0) == .hit)
        #expect(batch.outcome(at: 1) == .wouldBlock)
        engine.lookUp(&batch, in: 0..<2, tier: .anywhere)
        #expect(Array(copying: batch[valueAt: 0]) == numberedValue("value", 0))
        #expect(Array(copying: batch[valueAt: 1]) == numberedValue("value", 999))
    }

    @Test func `Absent keys are told apart from memory, without reading a block for most`() throws {
        let directory = try TemporaryDirectory()
        _ = try writeNumbered(10_000, to: directory.path("db"))
        let engine = try openDatabase(directory.path("db"))
        let misses = (0..<1000).count { lookUp(engine, numberedKey($0) + [46], tier: .resident) == .miss }
        // A filter of 10 bits a key lets 1 % through.
        #expect(misses > 950)
    }

    @Test func `A walk leaves the cache as it was`() throws {
        let directory = try TemporaryDirectory()
        _ = try writeNumbered(10_000, to: directory.path("db"))
        let engine = try openDatabase(directory.path("db"))
        let before = engine.cache.usedBytes
        #expect(try allKeys(engine).count == 10_000)
        #expect(engine.cache.usedBytes == before)
        _ = lookUp(engine, numberedKey(1))
        #expect(engine.cache.usedBytes > before)
    }

    @Test func `Random keys come from all over the version, not from its start`() throws {
        let directory = try TemporaryDirectory()
        _ = try writeNumbered(100_000, to: directory.path("db"))
        let engine = try openDatabase(directory.path("db"))
        var tenths = Array(repeating: 0, count: 10)
        for seed in 0..<UInt64(500) {
            _ = try engine.randomKey(seed: seed) { key in
                tenths[Int(key[5] - 48)] += 1; return
            }
        }
        // Keys have six digits, of which the first is 0 throughout: 50 of 500 fall into each tenth on average.
        #expect(tenths.allSatisfy { $0 > 20 }, "\(tenths)")
    }

    @Test func `A batch keeps its engine open, and its values in place`() throws {
        let directory = try TemporaryDirectory()
        _ = try writeNumbered(10, to: directory.path("db"))
        var engine: RocksDBEngine? = try openDatabase(directory.path("db"))
        weak let observed = engine
        do {
            var batch = try #require(engine).makeBatch()
            _ = batch.append(numberedKey(3).span)
            engine?.lookUp(&batch, in: 0..<1, tier: .anywhere)
            engine = nil
            #expect(observed != nil)
            #expect(Array(copying: batch[valueAt: 0]) == numberedValue("value", 3))
        }
        #expect(observed == nil)
    }

    @Test func `Many threads look up at once and each gets its own answers`() async throws {
        let directory = try TemporaryDirectory()
        _ = try writeNumbered(5000, to: directory.path("db"))
        let engine = try openDatabase(directory.path("db"), cacheBytes: 128 << 10)
        let wrong = await withTaskGroup(of: Int.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    (0..<2000).count { round in
                        let number = (round * 31 + worker * 617) % 5000
                        return lookUp(engine, numberedKey(number)) != .hit(numberedValue("value", number))
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    @Test func `Opening and closing two hundred times leaks no descriptor`() throws {
        let directory = try TemporaryDirectory()
        _ = try writeNumbered(100, to: directory.path("db"))
        // Others of this process's tests open files meanwhile, so only ours are counted.
        func open() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
                return target?.hasPrefix(directory.path) ?? false
            }
        }
        for _ in 0..<200 { _ = lookUp(try openDatabase(directory.path("db")), numberedKey(1)) }
        #expect(try open() == 0)
    }
}
