import Datasets
import Platform
import Testing

@testable import Versions

@Suite("Warming up") struct WarmUpTests {
    private final class Prepared: PreparedVersion {
        let audience: FakeAudience
        let version: DatasetVersion

        init() throws {
            let world = try VersionsWorld("A")
            version = try world.firstVersion().open().served.version
            audience = FakeAudience([version])
        }

        func warm(_ keys: ArraySlice<[UInt8]>) { audience.prepare(version).warm(keys) }
    }

    private let keys = (0..<1_000).map { [UInt8(truncatingIfNeeded: $0)] }

    @Test("ends with the sample") func sample() throws {
        let prepared = try Prepared()
        let warmUp = WarmUp(rate: 1_000_000, nanosecondsMax: 60_000_000_000, cancellation: SwapCancellation())
        #expect(try warmUp.run(prepared, keys) == 1_000)
        #expect(prepared.audience.warmed == keys)
        #expect(try warmUp.run(prepared, []) == 0)
    }

    @Test("ends with its time, and goes no faster than its rate") func time() throws {
        let prepared = try Prepared()
        let start = Clock.monotonicNanoseconds()
        let warmUp = WarmUp(rate: 1_000, nanosecondsMax: 100_000_000, cancellation: SwapCancellation())
        let count = try warmUp.run(prepared, keys)
        #expect(count >= 64 && count < 300)
        #expect(Clock.monotonicNanoseconds() - start >= 64_000_000)
        let none = WarmUp(rate: 1_000, nanosecondsMax: 0, cancellation: SwapCancellation())
        #expect(try none.run(prepared, keys) == 0)
    }

    @Test("ends where it is cancelled") func cancelled() throws {
        let prepared = try Prepared()
        let cancellation = SwapCancellation()
        cancellation.cancel()
        let warmUp = WarmUp(rate: 1_000, nanosecondsMax: 60_000_000_000, cancellation: cancellation)
        #expect(throws: AdmissionFailure.cancelled) { _ = try warmUp.run(prepared, keys) }
    }
}
