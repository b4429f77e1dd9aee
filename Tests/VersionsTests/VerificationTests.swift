import Commands
import Datasets
import Platform
import Settings
import Storage
import Testing

@testable import Versions

@Suite("Verification") struct VerificationTests {
    @Test("of a sound version tells what it hashed, and counts for the one being served")
    func sound() throws {
        let world = try VersionsWorld("A", "B")
        try world.serve { serving throws in
            #expect(serving.status("verified") == "sealed")
            #expect(serving.ask(.verify(version: "A")).hasPrefix("OK A is sound: 1 files, 80 bytes, "))
            #expect(serving.status("verified") == "sealed")
            #expect(serving.ask(.verify(version: nil)).hasPrefix("OK B is sound: 1 files, 80 bytes, "))
            #expect(serving.status("verified") == "full" && serving.control.facts()[0].verification == .full)
            #expect(serving.ask(.verify(version: "none")) == "-ERR there is no version none")
        }
    }

    @Test("of a damaged version tells so and puts it in quarantine, unless it is the one being served")
    func damaged() throws {
        let world = try VersionsWorld("A", "B")
        try world.serve { serving throws in
            for id in ["A", "B"] {
                try world.flipBit(id)
                #expect(serving.ask(.verify(version: id)).hasPrefix("-DAMAGED \(id): data: has SHA-256 "))
            }
            #expect(try world.refusals == ["A": .damaged])
            #expect(serving.serves("B") && serving.audience.adopted == [])
            #expect(world.log.lines("refused").count == 1 && world.log.lines("damaged").count == 1)
        }
    }

    @Test("goes on behind the start where nobody vouches for the files")
    func background() throws {
        let world = try VersionsWorld()
        try world.add("A", isSealed: false)
        try world.directory.setCurrent("A")
        try world.serve { serving throws in
            #expect(eventually { serving.status("verified") == "full" })
            #expect(world.log.lines("verified").count == 1)
        }
    }

    @Test("is not repeated at the start of what is sealed")
    func sealedAtTheStart() throws {
        let world = try VersionsWorld("A")
        try world.serve { serving throws in
            #expect(serving.status("verified") == "sealed")
            try world.add("B")
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("OK B"))
        }
        #expect(world.log.lines("verified").isEmpty)
    }

    @Test("behind the start that finds damage has the dataset go back, past versions that are damaged too")
    func damagedAtTheStart() throws {
        let world = try VersionsWorld("A", "B")
        try world.add("C", isSealed: false)
        try world.flipBit("C")
        try world.directory.setCurrent("C")
        world.engines.fail("B", .damaged)
        try world.serve { serving throws in
            #expect(eventually { serving.serves("A") })
            #expect(try eventually { try world.refusals == ["B": .damaged, "C": .damaged] })
            #expect(try world.directory.currentVersionID() == "A")
            #expect(serving.audience.events.map { $0["event"] } == ["refusal", "refusal", "rollback"])
            #expect(serving.audience.events.map { $0["version"] } == ["C", "B", "A"])
            #expect(world.log.lines("damaged").count == 1)
        }
    }

    @Test("behind the start that finds damage leaves the version in service where there is no other")
    func nothingElse() throws {
        let world = try VersionsWorld()
        try world.add("A", isSealed: false)
        try world.flipBit("A")
        try world.directory.setCurrent("A")
        try world.serve { serving throws in
            #expect(eventually { !world.log.lines("a damaged version is being served: there is no other").isEmpty })
            #expect(serving.serves("A"))
            #expect(try world.refusals.isEmpty)
            #expect(serving.status("verified") == "damaged" && serving.status("last_refusal_version") == "A")
            #expect(serving.audience.events.map { $0["event"] } == ["refusal"])
        }
    }

    @Test("of all versions goes on behind a way back, which does not wait for it, seal or no seal")
    func fullBehindRollback() throws {
        let world = try VersionsWorld("A", "B")
        world.settings.verify = .full
        world.settings.rollbackWindow = .zero
        try world.serve { serving throws in
            #expect(serving.ask(.rollback(version: nil)).hasPrefix("OK A is being served, after B"))
            #expect(eventually { serving.status("verified") == "full" })
        }
    }

    @Test("of a version that is being deleted finds no damage")
    func deleted() throws {
        let world = try VersionsWorld("A", "B")
        let manifest = try File(reading: world.file("A", "manifest.json"))
        #expect(try manifest.lock(.exclusive))
        try world.serve { serving throws in
            #expect(serving.ask(.verify(version: "A")) == "-ERR A could not be verified: it is being deleted")
            #expect(try world.refusals.isEmpty)
        }
    }

    @Test("of a bare directory cannot be had")
    func bare() throws {
        let world = try VersionsWorld("A")
        try FileSystem.remove(world.file("A", "manifest.json"))
        try world.serve(world.directory.versionPath("A")) { serving throws in
            #expect(serving.status("verified") == "none" && serving.status("bytes") == "null")
            #expect(serving.ask(.verify(version: nil)).hasPrefix("-ERR A could not be verified: "))
            #expect(serving.serves("A"))
        }
    }
}
