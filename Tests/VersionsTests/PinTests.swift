import Commands
import Datasets
import Platform
import Testing

@testable import Versions

@Suite("A pin") struct PinTests {
    @Test("holds a dataset to the version served until it is taken away")
    func current() throws {
        let world = try VersionsWorld("A", "B")
        try world.directory.setCurrent("A")
        try world.serve { serving throws in
            #expect(serving.ask(.unpin) == "OK the dataset was not pinned")
            #expect(serving.ask(.pin(version: nil)) == "OK the dataset stays with A until it is unpinned")
            #expect(serving.status("pinned") == "A" && serving.control.facts()[0].isPinned)
            try world.directory.setCurrent("B")
            #expect(
                serving.reload()
                    == "OK A goes on being served: the dataset is pinned to it, and B waits")
            #expect(serving.ask(.rollback(version: nil)) == "-ERR the dataset is pinned to version A; unpin it first")
            #expect(serving.ask(.unpin) == "OK A goes on being served until a version is announced")
            #expect(!serving.control.facts()[0].isPinned)
            #expect(serving.reload().hasPrefix("OK B is being served, after A"))
        }
    }

    @Test("that can no longer be read is kept to as it was last known")
    func unreadable() throws {
        let world = try VersionsWorld("A", "B")
        try world.directory.setCurrent("A")
        try world.serve { serving throws in
            #expect(serving.ask(.pin(version: nil)).hasPrefix("OK the dataset stays with A"))
            try world.directory.setCurrent("B")
            try FileSystem.remove("\(world.directory.path)/pinned.json")
            try world.write(Array("{".utf8), to: "\(world.directory.path)/pinned.json")
            #expect(serving.reload() == "OK A goes on being served: the dataset is pinned to it, and B waits")
            #expect(world.log.lines("the pin cannot be read").count == 1)
        }
    }

    @Test("to another version opens it, and calls off what was being opened")
    func other() throws {
        let world = try VersionsWorld("A", "B", "C")
        try world.directory.setCurrent("B")
        try world.serve { serving throws in
            try world.directory.setCurrent("C")
            let gate = world.engines.hold("C")
            let reload = serving.send(.reload(isForced: false))
            #expect(eventually { gate.waitingCount == 1 })
            #expect(serving.ask(.pin(version: "A")).hasPrefix("OK A is being served, after B"))
            #expect(reload.text == "-ERR C was called off by DATASET PIN A")
            gate.open()
            #expect(serving.serves("A") && serving.status("pinned") == "A")
            #expect(try world.directory.currentVersionID() == "A")
            #expect(serving.ask(.pin(version: "none")) == "-ERR there is no version none")
        }
        #expect(try world.firstVersion().open().served.id == "A")
    }

    @Test("to a version that is not fit comes to nothing")
    func unfit() throws {
        let world = try VersionsWorld("A", "B")
        try world.add("C", isSealed: false)
        try world.flipBit("C")
        try world.serve { serving throws in
            #expect(serving.ask(.pin(version: "C")).hasPrefix("-REFUSED C: damaged: "))
            #expect(serving.serves("B") && serving.status("pinned") == "null")
            #expect(try world.directory.pin() == nil)
            #expect(try world.directory.currentVersionID() == "B")
            #expect(serving.ask(.pin(version: "C")).hasPrefix("-REFUSED C is quarantined (damaged"))
            #expect(serving.reload() == "OK B is being served already")
        }
    }

    @Test("is known from the start, and outlives what is announced")
    func start() throws {
        let world = try VersionsWorld("A", "B")
        try world.directory.setPin(Pin(versionID: "A", pinnedAt: .now))
        try world.serve { serving throws in
            #expect(serving.serves("A") && serving.status("pinned") == "A")
            #expect(serving.control.facts()[0].isPinned)
            #expect(serving.reload() == "OK A goes on being served: the dataset is pinned to it, and B waits")
        }
    }
}
