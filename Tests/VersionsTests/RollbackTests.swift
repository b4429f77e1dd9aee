import Commands
import Datasets
import Platform
import Storage
import Testing

@testable import Versions

@Suite("A rollback") struct RollbackTests {
    @Test("goes to the version before without an opening, and leaves the other for good")
    func toRetired() throws {
        let world = try VersionsWorld("A")
        try world.serve { serving throws in
            try world.add("B")
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("OK B"))
            #expect(serving.ask(.rollback(version: nil)).hasPrefix("OK A is being served, after B: 10 keys"))
            #expect(serving.serves("A") && world.engines.opened == ["A", "B"])
            #expect(try world.directory.currentVersionID() == "A")
            #expect(try world.refusals == ["B": .rolledBack])
            #expect(serving.audience.events.map { $0["event"] } == ["swap", "rollback"])
            #expect(serving.states == ["A": "current", "B": "quarantined"])
            #expect(serving.control.facts()[0].lastRefusal?.versionID == "B")
            // B is not taken up again by itself, though somebody announces it.
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("-REFUSED B: rolled-back: DATASET ROLLBACK to A; it is quarantined"))
            #expect(serving.reload(isForced: true).hasPrefix("OK B is being served, after A"))
            #expect(try world.refusals.isEmpty)
        }
    }

    @Test("goes to a version that must be opened: the parent, or the next older one that is good")
    func toClosed() throws {
        let world = try VersionsWorld("A", "B", "C")
        try world.add("D") { $0.parent = "A" }
        try world.directory.setCurrent("D")
        try world.serve { serving throws in
            #expect(serving.ask(.rollback(version: nil)).hasPrefix("OK A is being served, after D"))
            #expect(serving.ask(.rollback(version: nil)) == "-ERR there is no version older than A")
            #expect(serving.ask(.rollback(version: "C")).hasPrefix("OK C is being served, after A"))
            #expect(serving.ask(.rollback(version: nil)).hasPrefix("OK B is being served, after C"))
            #expect(
                serving.ask(.rollback(version: nil)) == "-ERR there is no good version older than B; quarantined: A")
            #expect(serving.ask(.rollback(version: "D")).hasPrefix("-ERR version D is quarantined (rolled-back"))
            #expect(serving.ask(.rollback(version: "B")) == "-ERR version B is current already")
            #expect(serving.ask(.rollback(version: "Z")) == "-ERR there is no version Z")
            #expect(serving.serves("B"))
        }
    }

    @Test("that cannot open its version changes nothing but what it found out")
    func failing() throws {
        let world = try VersionsWorld("A", "B", "C")
        world.engines.fail("B", .damaged)
        try world.serve { serving throws in
            #expect(serving.ask(.rollback(version: nil)) == "-REFUSED B: damaged: told to fail; C goes on being served")
            #expect(serving.serves("C"))
            #expect(try world.directory.currentVersionID() == "C")
            #expect(try world.refusals == ["B": .damaged])
            #expect(serving.ask(.rollback(version: nil)).hasPrefix("OK A is being served, after C"))
        }
        // And the next start begins with what was served last.
        #expect(try world.firstVersion().open().served.id == "A")
    }

    @Test("calls off the swap that is under way, and whoever waits for that is told")
    func duringSwap() throws {
        let world = try VersionsWorld("A", "B", "C")
        try world.directory.setCurrent("B")
        try world.serve { serving throws in
            try world.directory.setCurrent("C")
            let gate = world.engines.hold("C")
            let reload = serving.send(.reload(isForced: false))
            #expect(eventually { gate.waitingCount == 1 })
            let queued = serving.send(.reload(isForced: false))
            #expect(serving.ask(.rollback(version: nil)).hasPrefix("OK A is being served, after B"))
            #expect(reload.text == "-ERR C was called off by DATASET ROLLBACK to A")
            #expect(queued.text == "OK A is being served already")
            gate.open()
            // What was opened in vain closes, and C has done nothing wrong.
            #expect(eventually { world.engines.closed.map(\.id) == ["C"] })
            #expect(serving.serves("A") && serving.audience.adopted == ["A"])
            #expect(try world.refusals == ["B": .rolledBack])
        }
    }

    @Test("twice, while the first is still opening, ends where the second leads")
    func twice() throws {
        let world = try VersionsWorld("A", "B", "C")
        try world.serve { serving throws in
            let gate = world.engines.hold("B")
            let first = serving.send(.rollback(version: nil))
            #expect(eventually { gate.waitingCount == 1 })
            #expect(serving.ask(.rollback(version: "A")).hasPrefix("OK A is being served, after C"))
            #expect(first.text == "-ERR B was called off by DATASET ROLLBACK to A")
            gate.open()
            #expect(eventually { world.engines.closed.map(\.id) == ["B"] })
            #expect(try world.directory.currentVersionID() == "A")
            #expect(try world.refusals == ["C": .rolledBack])
        }
    }

    @Test("works where nothing can be written, and what was left is known all the same")
    func readOnly() throws {
        let world = try VersionsWorld("A", "B", "C")
        try world.serve { serving throws in
            try world.blockQuarantine()
            let answer = serving.ask(.rollback(version: nil))
            #expect(answer.hasPrefix("OK B is being served, after C"))
            #expect(answer.contains("; this is not on record (") && answer.hasSuffix(": a sidecar may take C up again"))
            #expect(world.log.lines("the way back is not on record").count == 1)
            #expect(try world.directory.currentVersionID() == "B")
            try world.directory.setCurrent("C")
            #expect(serving.reload().hasPrefix("-REFUSED C: rolled-back"))
            #expect(serving.ask(.rollback(version: "C")).hasPrefix("-ERR version C is quarantined"))
            #expect(serving.ask(.rollback(version: nil)).hasPrefix("OK A is being served, after B"))
            // Neither of those left is chosen again.
            #expect(serving.ask(.rollback(version: nil)) == "-ERR there is no version older than A")
        }
    }

    @Test("works where current leads nowhere")
    func badCurrent() throws {
        let world = try VersionsWorld("A", "B")
        try world.serve { serving throws in
            try FileSystem.replaceLink(at: world.directory.currentPath, target: "/etc")
            #expect(serving.ask(.rollback(version: nil)).hasPrefix("OK A is being served, after B"))
            #expect(try world.directory.currentVersionID() == "A")
        }
    }

    @Test("to a version that has not been served hashes it first; to an older one it does not wait for that")
    func verification() throws {
        let world = try VersionsWorld("B", "C")
        try world.add("A", isSealed: false)
        try world.add("D", isSealed: false)
        try world.flipBit("A")
        try world.flipBit("D")
        try world.serve { serving throws in
            #expect(serving.ask(.rollback(version: "D")).hasPrefix("-REFUSED D: damaged: "))
            #expect(serving.ask(.rollback(version: "A")).hasPrefix("OK A is being served, after C"))
            // The hashing comes behind, finds the damage, and there is nothing to go back to.
            #expect(eventually { !world.log.lines("a damaged version is being served: there is no other").isEmpty })
            #expect(serving.serves("A"))
        }
    }
}
