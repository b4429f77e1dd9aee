import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Datasets

@Suite("The catalog")
struct CatalogTests {
    private func ids(_ versions: [DatasetVersion]) -> [String] { versions.map(\.id) }

    private func version(_ id: String, onClose: (@Sendable () -> Void)? = nil) -> DatasetVersion {
        DatasetVersion(id: id, engine: MemoryEngine(text: ["id": id], onClose: onClose))
    }

    @Test("A reader sees what was published, once it looks")
    func refresh() {
        let catalog = Catalog(names: ["a", "b"], versions: [version("a1"), version("b1")])
        var reader = catalog.makeReader()
        #expect(ids(reader.versions) == ["a1", "b1"])
        var hasNews = reader.refresh()
        #expect(!hasNews)

        #expect(catalog.publish(version("b2"), in: 1).id == "b1")
        #expect(catalog.versions.map(\.id) == ["a1", "b2"])
        #expect(ids(reader.versions) == ["a1", "b1"])
        hasNews = reader.refresh()
        #expect(hasNews)
        #expect(ids(reader.versions) == ["a1", "b2"])
        hasNews = reader.refresh()
        #expect(!hasNews)

        // Several changes are one look.
        #expect(catalog.publish(version("a2"), in: 0).id == "a1")
        #expect(catalog.publish(version("a3"), in: 0).id == "a2")
        hasNews = reader.refresh()
        #expect(hasNews)
        #expect(ids(reader.versions) == ["a3", "b2"])
        hasNews = reader.refresh()
        #expect(!hasNews)
    }

    @Test("A reader made after a change begins with it")
    func lateReader() {
        let catalog = Catalog(names: ["a"], versions: [version("1")])
        _ = catalog.publish(version("2"), in: 0)
        var reader = catalog.makeReader()
        #expect(ids(reader.versions) == ["2"])
        let hasNews = reader.refresh()
        #expect(!hasNews)
    }

    @Test("A replaced version closes with its last reader, and not before")
    func release() {
        let closings = Atomic<Int>(0)
        let catalog = Catalog(
            names: ["a"], versions: [version("1") { closings.add(1, ordering: .relaxed) }])
        var first = catalog.makeReader()
        var second = catalog.makeReader()
        var hasNews = false
        do {
            let replaced = catalog.publish(version("2"), in: 0)
            hasNews = first.refresh()
            #expect(hasNews)
            hasNews = second.refresh()
            #expect(hasNews)
            #expect(replaced.id == "1")
            withExtendedLifetime(replaced) { #expect(closings.load(ordering: .relaxed) == 0) }
        }
        #expect(closings.load(ordering: .relaxed) == 1)
        #expect(ids(first.versions) == ids(second.versions))

        weak let engine = catalog.versions[0].engine
        _ = catalog.publish(version("3"), in: 0)
        hasNews = first.refresh()
        #expect(hasNews)
        #expect(engine != nil)
        hasNews = second.refresh()
        #expect(hasNews)
        #expect(engine == nil)
    }

    @Test("Readers on many threads see versions in the order they were published, and end with the last")
    func manyThreads() {
        let catalog = Catalog(names: ["a", "b"], versions: [version("0"), version("0")])
        let last = 2_000
        let problems = Mutex<[String]>([])
        let isGivenUp = Atomic<Bool>(false)
        let ended = DispatchSemaphore(value: 0)
        for _ in 0..<3 {
            Thread.detachNewThread {
                defer { ended.signal() }
                var reader = catalog.makeReader()
                // A thread that starts late begins with what is there by then.
                var seen = reader.versions.compactMap { Int($0.id) }
                while seen != [last, last], !isGivenUp.load(ordering: .relaxed) {
                    guard reader.refresh() else { continue }
                    let now = reader.versions.compactMap { Int($0.id) }
                    // `a` is published before `b`, and both only ever grow.
                    if now[0] < seen[0] || now[1] < seen[1] || !(0...1).contains(now[0] - now[1]) {
                        problems.withLock { $0.append("\(now) after \(seen)") }
                    }
                    seen = now
                }
            }
        }
        for number in 1...last {
            _ = catalog.publish(version("\(number)"), in: 0)
            _ = catalog.publish(version("\(number)"), in: 1)
        }
        for _ in 0..<3 {
            let isInTime = ended.wait(timeout: .now() + 60) == .success
            #expect(isInTime)
            if !isInTime { isGivenUp.store(true, ordering: .relaxed) }
        }
        #expect(problems.withLock { $0 } == [])
    }
}
