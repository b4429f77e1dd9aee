import Commands
import Datasets
import Testing

@testable import Versions

@Suite("The history of a dataset") struct HistoryTests {
    @Test("tells of a swap, with its phases, and of a way back")
    func swapAndRollback() throws {
        let world = try VersionsWorld("A")
        try world.serve { serving throws in
            #expect(serving.control.histories() == [SwapHistory()])
            try world.add("B", keyCount: 12)
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("OK B"))
            #expect(serving.ask(.rollback(version: nil)).hasPrefix("OK A"))
            let entries = serving.control.histories()[0].entries
            #expect(entries.map(\.outcome) == [.swapped, .swapped] && entries.map(\.cause) == [.reload, .rollback])
            #expect(entries.map(\.versionID) == ["B", "A"] && entries.map(\.previousID) == ["A", "B"])
            let swap = try #require(entries.first)
            #expect(swap.phases.map(\.name) == ["verify", "open", "check", "warm", "adopt"])
            #expect(swap.keyCount == 12 && swap.reason == nil && swap.kind == nil)
            #expect(abs(swap.unixMilliseconds / 1_000 - Int(ManifestTime.now.unixSeconds)) < 60)
        }
    }

    @Test("tells why a version was refused, and what goes on being served")
    func refusal() throws {
        let world = try VersionsWorld("A")
        try world.serve { serving throws in
            try world.add("B", keyCount: 2)
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("-REFUSED B"))
            let entry = try #require(serving.control.histories()[0].entries.first)
            #expect(entry.outcome == .refused && entry.kind == "guardrail" && entry.versionID == "B")
            #expect(entry.previousID == "A" && entry.keyCount == nil)
            #expect(try #require(entry.reason).contains("2 keys"))
            #expect(entry.phases.first?.name == "verify")
        }
    }

    @Test("tells of bytes that are found to be wrong in the version being served")
    func damage() throws {
        let world = try VersionsWorld("A")
        try world.serve { serving throws in
            try world.flipBit("A")
            #expect(serving.ask(.verify(version: nil)).hasPrefix("-DAMAGED A"))
            let entry = try #require(serving.control.histories()[0].entries.first)
            #expect(entry.outcome == .damaged && entry.cause == .verification && entry.versionID == "A")
            #expect(try #require(entry.reason).contains("data"))
        }
    }

    @Test("tells of a swap that something else took the place of")
    func calledOff() throws {
        let world = try VersionsWorld("A", "B", "C")
        try world.directory.setCurrent("B")
        try world.serve { serving throws in
            try world.directory.setCurrent("C")
            let gate = world.engines.hold("C")
            let waiting = serving.send(.reload(isForced: false))
            #expect(eventually { gate.waitingCount == 1 })
            let back = serving.send(.rollback(version: "A"))
            gate.open()
            #expect(waiting.text.contains("called off") && back.text.hasPrefix("OK A"))
            let entries = serving.control.histories()[0].entries
            #expect(entries.map(\.outcome) == [.calledOff, .swapped] && entries.map(\.versionID) == ["C", "A"])
            #expect(entries.first?.reason?.contains("ROLLBACK") == true)
        }
    }

    @Test("keeps the last hundred entries, and a thousand bytes of a reason")
    func limits() throws {
        var history = SwapHistory()
        for number in 0..<SwapHistory.countMax + 7 {
            history.note(
                SwapHistory.Entry(
                    outcome: .failed, cause: .reload, versionID: "\(number)", previousID: "A", unixMilliseconds: 0,
                    milliseconds: 0))
        }
        #expect(history.entries.count == SwapHistory.countMax && history.entries.first?.versionID == "7")
        let world = try VersionsWorld("A")
        try world.serve { serving throws in
            try world.add("B") { $0.files[0].path = String(repeating: "long/", count: 400) + "x" }
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("-REFUSED B"))
            let reason = try #require(serving.control.histories()[0].entries.first?.reason)
            #expect(reason.utf8.count == SwapHistory.Entry.reasonBytesMax + "…".utf8.count)
        }
    }
}
