import Commands
import Datasets
import Platform
import Settings
import Testing

@testable import Versions

@Suite("What connections may stay on") struct UseTests {
    /// The ids that the control says are open.
    private func open(_ serving: Serving) -> [String] { serving.control.openVersions(in: 0).map(\.version.id) }

    @Test("is the version being served, the one being readied, and the one kept to go back to")
    func openVersions() throws {
        let world = try VersionsWorld("A")
        try world.serve { serving throws in
            #expect(open(serving) == ["A"])
            try world.add("B")
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("OK B"))
            #expect(open(serving) == ["B", "A"])
            serving.audience.setSample(["key:1"])
            let gate = serving.audience.holdWarming()
            try world.add("C")
            try world.directory.setCurrent("C")
            let reload = serving.send(.reload(isForced: false))
            #expect(eventually { open(serving).contains("C") })
            #expect(Set(open(serving)) == ["A", "B", "C"] && open(serving).first == "B")
            gate.open()
            #expect(reload.text.hasPrefix("OK C"))
            #expect(open(serving) == ["C", "B"])
            #expect(serving.control.openVersions(in: 1).isEmpty)
        }
    }

    @Test("keeps a version open behind the window, for a while, and is told of")
    func keepsOpen() throws {
        let world = try VersionsWorld("A")
        world.settings.rollbackWindow = .zero
        world.settings.versionUseMax = .seconds(60)
        try world.serve { serving throws in
            var chosen: OpenVersion? = serving.control.openVersions(in: 0).first
            try world.add("B")
            try world.directory.setCurrent("B")
            let before = Clock.monotonicNanoseconds()
            #expect(serving.reload().hasPrefix("OK B"))
            // Nobody else can choose it, and whoever has goes on.
            #expect(eventually { open(serving) == ["B"] })
            #expect(world.engines.closed.isEmpty && chosen?.version.id == "A")
            #expect(chosen?.isOver(at: before + 59_000_000_000) == false)
            #expect(chosen?.isOver(at: Clock.monotonicNanoseconds() + 60_000_000_000) == true)
            chosen = nil
            #expect(eventually { world.engines.closed.map(\.id) == ["A"] })
            #expect(world.engines.closed[0].thread == "control")
        }
    }

    @Test("ends with a version that is readied and then called off, which closes on the control thread")
    func calledOff() throws {
        let world = try VersionsWorld("A", "B")
        try world.serve { serving throws in
            serving.audience.setSample(["key:1"])
            let gate = serving.audience.holdWarming()
            try world.add("C")
            try world.directory.setCurrent("C")
            let reload = serving.send(.reload(isForced: false))
            #expect(eventually { open(serving).contains("C") })
            var chosen: OpenVersion? = serving.control.openVersions(in: 0).first { $0.version.id == "C" }
            #expect(serving.ask(.rollback(version: "A")).hasPrefix("OK A"))
            #expect(reload.text.hasPrefix("-ERR C was called off"))
            #expect(open(serving) == ["A", "B"])
            gate.open()
            #expect(eventually { chosen?.isOver(at: Clock.monotonicNanoseconds() + 3_600_000_000_000) == true })
            #expect(world.engines.closed.isEmpty)
            chosen = nil
            #expect(eventually { world.engines.closed.map(\.id) == ["C"] })
            #expect(world.engines.closed[0].thread == "control")
        }
    }
}
