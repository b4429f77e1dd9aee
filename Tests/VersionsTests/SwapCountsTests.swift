import Commands
import Datasets
import ServerMetrics
import Storage
import Testing

@testable import Versions

@Suite("What becomes of versions is counted:") struct SwapCountsTests {
    @Test("each end of a wish, each refusal by its kind, and each step's time")
    func counts() throws {
        let world = try VersionsWorld("A")
        try world.serve { serving throws in
            func counts() throws -> SwapCounts { try #require(serving.control.counts().first) }
            #expect(try counts().outcomes.isEmpty && counts().phases.isEmpty)
            try world.add("B")
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("OK B"))
            #expect(try counts().outcomes == [.swapped: 1])
            #expect(try counts().phases.map(\.name) == ["verify", "open", "check", "warm", "adopt"])
            #expect(try counts().phases.allSatisfy { $0.times.total == 1 })

            try world.add("C", keyCount: 7)
            try world.directory.setCurrent("C")
            #expect(serving.reload().hasPrefix("-REFUSED C: guardrail"))
            // It is in quarantine by now, which is no second refusal.
            #expect(serving.reload().hasPrefix("-REFUSED C: guardrail"))
            try world.add("D")
            world.engines.fail("D", .io)
            try world.directory.setCurrent("D")
            #expect(serving.reload().hasPrefix("-ERR D cannot be served"))
            #expect(serving.reload().hasPrefix("-ERR D cannot be served"))
            #expect(try counts().outcomes == [.swapped: 1, .refused: 1, .failed: 2])
            #expect(try counts().refusals == [.guardrail: 1])

            #expect(serving.ask(.rollback(version: nil)).hasPrefix("OK A"))
            #expect(try counts().outcomes == [.swapped: 1, .refused: 1, .failed: 2, .rolledBack: 1])
            #expect(try counts().refusals == [.guardrail: 1, .rolledBack: 1])
            // The version before was open still: there was nothing to do but to adopt it.
            #expect(try counts().phases.map(\.times.total) == [1, 1, 1, 1, 2])
        }
    }
}
