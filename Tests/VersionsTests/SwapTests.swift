import Commands
import Datasets
import Platform
import Settings
import Storage
import Testing

@testable import Versions

@Suite("A swap") struct SwapTests {
    @Test("serves the version announced, answers, counts, tells subscribers and the log once")
    func swap() throws {
        let world = try VersionsWorld("A")
        try world.serve { serving throws in
            #expect(serving.serves("A"))
            try world.add("B", keyCount: 12)
            try world.directory.setCurrent("B")
            let answer = serving.reload()
            #expect(answer.hasPrefix("OK B is being served, after A: 12 keys, "))
            #expect(serving.serves("B") && serving.audience.adopted == ["B"])
            #expect(serving.status("swaps") == "1" && serving.status("retired") == "[A]")
            #expect(serving.status("staged") == "null" && serving.status("state") == "serving")
            #expect(serving.states == ["A": "retired", "B": "current"])
            let facts = serving.control.facts()[0]
            #expect(facts.swapCount == 1 && facts.keyCount == 12 && facts.verification == .sealed)
            #expect(facts.lastSwapPhases.map(\.name) == ["verify", "open", "check", "warm", "adopt"])
            #expect(serving.audience.events.map { $0["event"] } == ["swap"])
            let event = try #require(serving.audience.events.first)
            #expect(event["version"] == "B" && event["previous"] == "A" && event["keys"] == "12")
            #expect(world.log.lines("swapped").count == 1)
            let record = try #require(try world.directory.servingRecord())
            #expect(record.versionID == "B" && record.triggersAnswered == 1)
            #expect(record.processID == ProcessStatistics.ownProcessID && "OK " + record.outcome == answer)
        }
    }

    @Test("does not happen where nothing is new, which counts as an answer too")
    func nothingNew() throws {
        let world = try VersionsWorld("A")
        try world.serve { serving throws in
            #expect(try eventually { try world.directory.servingRecord()?.triggersAnswered == 0 })
            #expect(serving.reload() == "OK A is being served already")
            #expect(try world.directory.servingRecord()?.triggersAnswered == 1)
            #expect(serving.audience.adopted == [] && serving.audience.events.isEmpty)
            #expect(world.engines.opened == ["A"])
        }
    }

    @Test("is one for two triggers at once, and both are answered; a signal's trigger too")
    func twoTriggers() throws {
        let world = try VersionsWorld("A", "B")
        try world.directory.setCurrent("A")
        try world.serve { serving throws in
            try world.directory.setCurrent("B")
            let gate = world.engines.hold("B")
            let (first, second, third) = (
                serving.send(.reload(isForced: false)), serving.send(.reload(isForced: false)),
                serving.send(.reload(isForced: false))
            )
            serving.control.reloadAll(why: "a test")
            #expect(eventually { gate.waitingCount == 1 })
            #expect(serving.status("staged") == "B" && serving.status("state") == "swapping")
            #expect(serving.states["B"] == "staged")
            #expect(!first.isThere && !second.isThere && serving.serves("A"))
            gate.open()
            #expect(first.text.hasPrefix("OK B is being served, after A"))
            #expect(second.text == "OK B is being served already" && third.text == second.text)
            #expect(world.engines.opened == ["A", "B"])
            #expect(serving.audience.adopted == ["B"])
        }
    }

    @Test("takes up what was announced while it was under way")
    func triggerMeanwhile() throws {
        let world = try VersionsWorld("A", "B", "C")
        try world.directory.setCurrent("A")
        try world.serve { serving throws in
            try world.directory.setCurrent("B")
            let gate = world.engines.hold("B")
            let first = serving.send(.reload(isForced: false))
            #expect(eventually { gate.waitingCount == 1 })
            try world.directory.setCurrent("C")
            let second = serving.send(.reload(isForced: false))
            gate.open()
            #expect(first.text.hasPrefix("OK B is being served, after A"))
            #expect(second.text.hasPrefix("OK C is being served, after B"))
            #expect(serving.audience.adopted == ["B", "C"])
        }
    }

    @Test("closes the version replaced on the control thread, when the window has ended and nobody reads it")
    func closing() throws {
        let world = try VersionsWorld("A")
        world.settings.rollbackWindow = .milliseconds(20)
        try world.serve { serving throws in
            var reader: DatasetVersion? = serving.audience.current()
            try world.add("B")
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("OK B"))
            #expect(eventually { serving.status("retired") == "[]" })
            // The window has ended, and somebody still reads.
            #expect(world.engines.closed.isEmpty && reader?.id == "A")
            #expect(try !world.directory.delete("A"))
            reader = nil
            #expect(eventually { world.engines.closed.count == 1 })
            #expect(world.engines.closed[0].id == "A" && world.engines.closed[0].thread == "control")
            #expect(try eventually { try world.directory.delete("A") })
        }
    }

    @Test("leaves nothing open but what it serves, with a window of 0, however often it happens")
    func windowOfZero() throws {
        let world = try VersionsWorld("A", "B")
        world.settings.rollbackWindow = .zero
        try world.serve { serving throws in
            for turn in 0..<50 {
                let id = turn.isMultiple(of: 2) ? "A" : "B"
                try world.directory.setCurrent(id)
                #expect(serving.reload().hasPrefix("OK \(id) is being served, after"))
                #expect(serving.status("retired") == "[]")
            }
            #expect(eventually { world.engines.closed.count == 50 })
        }
        #expect(eventually { world.engines.closed.count == 51 })
    }

    @Test("back to a version that is still open takes no opening, and keeps one version open beside it")
    func reopening() throws {
        let world = try VersionsWorld("A", "B", "C")
        try world.directory.setCurrent("A")
        try world.serve { serving throws in
            for id in ["B", "A", "B"] {
                try world.directory.setCurrent(id)
                #expect(serving.reload().hasPrefix("OK \(id) is being served, after"))
            }
            #expect(world.engines.opened == ["A", "B"])
            try world.directory.setCurrent("C")
            #expect(serving.reload().hasPrefix("OK C"))
            #expect(serving.status("retired") == "[B]")
            #expect(eventually { world.engines.closed.map(\.id) == ["A"] })
        }
    }

    @Test("opens a directory that took the served one's name")
    func sameName() throws {
        let world = try VersionsWorld("A")
        try world.serve { serving throws in
            // Held open, lest the new directory get the old one's inode.
            try FileSystem.rename(world.directory.versionPath("A"), to: "\(world.path)/old")
            try world.add("A", keyCount: 11)
            #expect(serving.reload().hasPrefix("OK A is being served, after A: 11 keys"))
        }
    }

    @Test("of a path that is no data directory follows the link that it is")
    func link() throws {
        let world = try VersionsWorld("A", "B")
        let link = "\(world.path)/link"
        try FileSystem.replaceLink(at: link, target: "data/versions/A")
        try world.serve(link) { serving throws in
            #expect(serving.serves("A"))
            #expect(serving.reload() == "OK A is being served already")
            try FileSystem.replaceLink(at: link, target: "data/versions/B")
            #expect(serving.reload().hasPrefix("OK B is being served, after A"))
            #expect(serving.ask(.rollback(version: nil)).hasPrefix("-ERR \(link) is no data directory"))
            #expect(serving.ask(.pin(version: nil)).hasPrefix("-ERR \(link) is no data directory"))
            #expect(try FileSystem.names(in: world.directory.path).contains("serving.json") == false)
        }
    }

    @Test("warms with the keys lately asked for, the newest first, up to the number set")
    func warming() throws {
        let world = try VersionsWorld("A", "B")
        try world.directory.setCurrent("A")
        world.settings.warmKeys = 3
        try world.serve { serving throws in
            serving.audience.setSample(["key:4", "key:2", "key:0", "key:1"])
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("OK B"))
            #expect(serving.audience.warmed == ["key:4", "key:2", "key:0"].map { Array($0.utf8) })
            #expect(world.log.lines("swapped")[0].contains(" warmed-keys=3"))
        }
    }

    @Test("tells times that are never negative, whatever the clock was set to")
    func clock() throws {
        let world = try VersionsWorld()
        // Built, by its own word, far in what is the future once the clock has been set back.
        try world.add("A") { $0.created = ManifestTime(unixSeconds: 4_000_000_000) }
        try world.directory.setCurrent("A")
        try world.serve { serving throws in
            #expect(serving.status("age_seconds") == "0")
            #expect(serving.status("created") == "2096-10-02T07:06:40Z")
        }
    }
}
