import Datasets
import PackedStorage
import TestSupport
import Testing

@testable import DatasetBuild

@Suite("What the manifest says of the rows") struct VersionStatisticsTests {
    @Test("gives value sizes at most 1/64 above the exact ones", arguments: [1, 2, 10, 999, 1000, 1001, 20_000])
    func quantiles(_ count: Int) throws {
        var random = SeededRandom(seed: UInt64(count))
        var histogram = ValueSizeHistogram()
        let values = (0..<count).map { _ in
            Int.random(in: 0..<(1 << Int.random(in: 1...30, using: &random)), using: &random)
        }
        for value in values { histogram.add(value) }
        let sizes = try #require(histogram.sizes)
        let sorted = values.sorted()
        #expect(sizes.min == sorted[0])
        #expect(sizes.max == sorted[count - 1])
        #expect(sizes.total == values.reduce(0, +))
        for (permille, found) in [(500, sizes.p50), (900, sizes.p90), (990, sizes.p99), (999, sizes.p999)] {
            let exact = sorted[(count * permille + 999) / 1000 - 1]
            #expect(found >= exact && found <= exact + exact / 64)
        }
    }

    @Test("has no value sizes where there are no values")
    func noValues() {
        #expect(ValueSizeHistogram().sizes == nil)
    }

    /// Draws canaries of these keys, each with itself as its value.
    private func sampler(_ keys: some Sequence<String>) -> CanarySampler {
        var sampler = CanarySampler()
        for key in keys {
            let bytes = Array(key.utf8)
            sampler.add(key: bytes.span, hash: PackedKey.hash(bytes.span), value: bytes.span)
        }
        return sampler
    }

    private func canaries(_ keys: some Sequence<String>) -> [Manifest.Canary] { sampler(keys).finish() }

    @Test(
        "draws 56 keys that are there, with their values' digests, and 8 that are not", arguments: [64, 1000, 30_000])
    func canaries(_ count: Int) throws {
        let keys = Set((0..<count).map { "key:\($0)" })
        let canaries = canaries(Array(keys))
        let present = canaries.filter { $0.sha256 != nil }
        #expect(present.count == 56)
        for canary in present {
            #expect(keys.contains(String(decoding: canary.key.bytes, as: UTF8.self)))
            #expect(canary.sha256 == SHA256.digest(of: canary.key.bytes.span))
        }
        let absent = canaries.filter { $0.sha256 == nil }
        #expect(absent.count == 8)
        #expect(absent.allSatisfy { !keys.contains(String(decoding: $0.key.bytes, as: UTF8.self)) })
        #expect(Set(canaries.map(\.key)).count == 64)
        if count == 30_000 {
            // Of a fair draw of 56 none falls below 15,000 with a chance of 2^-56.
            #expect(present.contains { String(decoding: $0.key.bytes, as: UTF8.self) < "key:2" })
            #expect(present.contains { String(decoding: $0.key.bytes, as: UTF8.self) > "key:3" })
        }
    }

    @Test("never takes a key for absent that is there under the name of an absent one")
    func absentNamesThatExist() {
        let keys = (0..<200).flatMap { ["key:\($0)", "key:\($0)~absent"] }
        for canary in canaries(keys) where canary.sha256 == nil {
            #expect(!keys.contains(String(decoding: canary.key.bytes, as: UTF8.self)))
        }
    }

    @Test("draws what there is of few keys, and absent keys alone of none")
    func few() {
        #expect(canaries(["a"]).map(\.key.printable) == ["a", "a~absent"])
        #expect(canaries([]).count == 8)
    }

    @Test("is the same for every order of the rows and every way to divide them", arguments: [0, 1, 70, 5000])
    func deterministic(_ count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        let keys = (0..<count).flatMap { $0.isMultiple(of: 3) ? ["key:\($0)", "key:\($0)~absent"] : ["key:\($0)"] }
        func statistics(_ keys: some Sequence<String>) -> VersionStatistics {
            var statistics = VersionStatistics()
            for key in keys {
                let bytes = Array(key.utf8)
                statistics.add(key: bytes.span, hash: PackedKey.hash(bytes.span), value: bytes.span)
            }
            return statistics
        }
        func manifest(_ statistics: VersionStatistics) -> Manifest {
            statistics.manifest(
                BuildOptions(inputs: [], output: "", versionID: "v", builderVersion: "1"), format: "text",
                created: ManifestTime(unixSeconds: 0), duplicatesDropped: 0, files: [])
        }
        let whole = manifest(statistics(keys))
        #expect(whole.keyCount == keys.count)
        #expect(whole.minKey?.bytes == keys.min().map { Array($0.utf8) })
        #expect(whole.maxKey?.bytes == keys.max().map { Array($0.utf8) })
        #expect(manifest(statistics(keys.shuffled(using: &random))) == whole)
        for parts in [2, 3, 16] {
            var merged = VersionStatistics()
            for part in 0..<parts {
                let some = keys.shuffled(using: &random).filter { Int($0.utf8.reduce(0, &+)) % parts == part }
                merged.merge(statistics(some))
            }
            #expect(manifest(merged) == whole)
        }
    }
}
