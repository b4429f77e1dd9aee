import Foundation
import Platform
import Synchronization

/// Counts from 1.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }

    var value: Int { count.load(ordering: .relaxed) }
}

/// Gone with the value.
final class TemporaryDirectory {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("almanac-page-\(UUID())").path
        try? FileManager.default.createDirectory(atPath: "\(path)/versions", withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Whether a condition comes to hold within half a minute.
func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = Clock.monotonicNanoseconds() + 30_000_000_000
    while Clock.monotonicNanoseconds() < deadline {
        if condition() { return true }
        Platform.Thread.sleep(nanoseconds: 1_000_000)
    }
    return false
}
