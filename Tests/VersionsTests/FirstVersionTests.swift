import Commands
import Datasets
import Platform
import Settings
import Storage
import Testing

@testable import Versions

@Suite("The start") struct FirstVersionTests {
    private func error(_ world: VersionsWorld, _ path: String? = nil) throws -> FirstVersionError? {
        let first = try world.firstVersion(path)
        do throws(FirstVersionError) {
            _ = try first.open()
            return nil
        } catch {
            return error
        }
    }

    @Test("takes the version announced, not the newest")
    func announced() throws {
        let world = try VersionsWorld("A", "B", "C")
        try world.directory.setCurrent("B")
        #expect(try world.firstVersion().open().served.id == "B")
        #expect(world.engines.opened == ["B"])
    }

    @Test("goes back from what is damaged, loudly, to the version served last", arguments: [true, false])
    func damaged(wasServed: Bool) throws {
        let world = try VersionsWorld("A", "B", "C", "D")
        try FileSystem.remove(world.file("D"))
        if wasServed {
            try world.directory.setServingRecord(
                ServingRecord(versionID: "B", servingSince: .now, processID: 1, triggersAnswered: 0, outcome: ""))
        }
        let good = wasServed ? "B" : "C"
        #expect(try world.firstVersion().open().served.id == good)
        #expect(try world.directory.currentVersionID() == good)
        #expect(try world.refusals == ["D": .damaged])
        let refusal = try #require(try world.directory.refusal(of: "D"))
        #expect(refusal.reason == "\(world.file("D")) is missing" && refusal.manifestSHA256 != nil)
        #expect(world.log.lines("another version than the one wanted is served").count == 1)
        #expect(world.log.lines("this version is refused").count == 1)
        // Once damaged is damaged: the next start does not try it.
        try world.directory.setCurrent("D")
        world.engines.fail("D", .io)
        #expect(try world.firstVersion().open().served.id == good)
    }

    @Test("passes over versions that are damaged, or in quarantine, until one is good")
    func several() throws {
        let world = try VersionsWorld("A", "B", "C", "D", "E")
        for id in ["E", "D"] { try world.flipBit(id, "manifest.json") }
        try world.write([], to: world.file("D", "manifest.json"))
        try world.write([], to: world.file("E", "manifest.json"))
        world.engines.fail("C", .damaged)
        try world.directory.quarantine(
            Refusal(versionID: "B", kind: .rolledBack, reason: "test", refusedAt: .now, by: "test"))
        #expect(try world.firstVersion().open().served.id == "A")
        #expect(try world.refusals == ["B": .rolledBack, "C": .damaged, "D": .damaged, "E": .damaged])
    }

    @Test("records why a version was refused", arguments: [Refusal.Kind.canary, .unsupported, .signature])
    func kinds(kind: Refusal.Kind) throws {
        let world = try VersionsWorld("A")
        try world.add("B") { manifest in
            if kind == .canary { manifest.canaries[0].key = ManifestKey(Array("key:1".utf8)) }
            if kind == .unsupported { manifest.format = "lmdb" }
        }
        try world.directory.setCurrent("B")
        if kind == .signature {
            let key = try SigningKey.generate()
            try world.write(key.verificationKey.pem, to: "\(world.path)/keys.pem")
            world.trustedKeysPath = "\(world.path)/keys.pem"
            world.settings.requiresSignature = true
            #expect(try VersionDirectory(path: world.directory.versionPath("A")).sign(with: key))
        }
        #expect(try world.firstVersion().open().served.id == "A")
        // Which signatures count is a matter of settings, which may be wrong: that is no word about the version.
        #expect(try world.refusals == (kind == .signature ? [:] : ["B": kind]))
    }

    @Test("compares with what was served last, and with the least number of keys")
    func guards() throws {
        let world = try VersionsWorld("A")
        try world.add("B", keyCount: 3)
        try world.directory.setCurrent("B")
        #expect(try world.firstVersion().open().served.id == "B")
        try world.directory.setServingRecord(
            ServingRecord(versionID: "A", servingSince: .now, processID: 1, triggersAnswered: 0, outcome: ""))
        #expect(try world.firstVersion().open().served.id == "A")
        #expect(try world.refusals == ["B": .guardrail])
        #expect(try world.directory.currentVersionID() == "A")
        // What an operator pins has been thought about.
        try world.directory.release("B")
        try world.directory.setPin(Pin(versionID: "B", pinnedAt: .now))
        #expect(try world.firstVersion().open().served.id == "B")
        try world.directory.setPin(nil)
        world.settings.keysMin = 4
        try world.directory.setCurrent("B")
        #expect(try world.firstVersion().open().served.id == "A")
    }

    @Test("takes a newer version rather than none, where the one wanted is gone")
    func newer() throws {
        let world = try VersionsWorld("A", "B")
        try world.directory.setCurrent("A")
        try FileSystem.removeTree(world.directory.versionPath("A"))
        #expect(try world.firstVersion().open().served.id == "B")
        #expect(world.log.lines("another version than the one wanted is served").count == 1)
    }

    @Test("passes over a version in quarantine, but not over other bytes of its id")
    func quarantined() throws {
        let world = try VersionsWorld("A", "B")
        let manifest = try world.directory.manifest(of: "B").bytes
        var refusal = Refusal(
            versionID: "B", kind: .damaged, reason: "test", refusedAt: .now, by: "test",
            manifestSHA256: SHA256.digest(of: manifest.span))
        try world.directory.quarantine(refusal)
        #expect(try world.firstVersion().open().served.id == "A")
        #expect(world.engines.opened == ["A"])
        refusal.manifestSHA256 = SHA256.digest(of: Array("other".utf8).span)
        try world.directory.quarantine(refusal)
        try world.directory.setCurrent("B")
        #expect(try world.firstVersion().open().served.id == "B")
    }

    @Test("serves what a guard or an operator turned down where there is nothing else, and nothing damaged")
    func onlyRefused() throws {
        for kind in Refusal.Kind.allCases {
            let world = try VersionsWorld("A")
            world.settings.requiresSignature = kind == .signature  // Else nobody would mind.
            try world.directory.quarantine(
                Refusal(versionID: "A", kind: kind, reason: "test", refusedAt: .now, by: "test"))
            if kind.canBeForced {
                #expect(try world.firstVersion().open().served.id == "A")
                #expect(world.log.lines("the quarantined version is served: there is no other").count == 1)
            } else {
                let error = try error(world)
                #expect(error?.kind == .damaged)
                let reason = kind == .signature ? "it is not signed: there is no manifest.sig, or an empty one" : "test"
                let file = "\(world.directory.quarantinePath)/A.json"
                let advice = kind == .signature ? "" : "; without \(file) it is tried again"
                let text = "A is refused (\(kind.rawValue): \(reason))\(advice)"
                #expect(error?.message == "cannot serve \(world.directory.path): \(text)")
            }
        }
    }

    @Test("fails where all is damaged, and never serves nothing")
    func allDamaged() throws {
        let world = try VersionsWorld("A", "B")
        for id in ["A", "B"] { try FileSystem.remove(world.file(id)) }
        #expect(try error(world)?.kind == .damaged)
        #expect(try world.refusals == ["A": .damaged, "B": .damaged])
    }

    @Test("does not take a disk that cannot be read, or settings that do not fit, for damage")
    func failures() throws {
        for (kind, expected) in [(EngineError.Kind.io, FirstVersionError.Kind.io), (.invalid, .unusable)] {
            let world = try VersionsWorld("A", "B")
            world.engines.fail("B", kind)
            #expect(try error(world)?.kind == expected)
            #expect(try world.refusals.isEmpty)
            #expect(world.engines.opened == ["B"])
        }
    }

    @Test("without a word of what to serve takes what was served last, or nothing")
    func noCurrent() throws {
        let world = try VersionsWorld("A", "B")
        try FileSystem.remove(world.directory.currentPath)
        #expect(try error(world)?.kind == .absent)
        #expect(world.engines.opened == [])
        try world.directory.setServingRecord(
            ServingRecord(versionID: "A", servingSince: .now, processID: 1, triggersAnswered: 0, outcome: ""))
        #expect(try world.firstVersion().open().served.id == "A")
        #expect(world.log.lines("another version than the one wanted is served").count == 1)
    }

    @Test("with a current that leads to nothing takes the last good version before")
    func dangling() throws {
        let world = try VersionsWorld("A", "B", "D")
        try FileSystem.replaceLink(at: world.directory.currentPath, target: "versions/C")
        #expect(try world.firstVersion().open().served.id == "B")
        #expect(try world.directory.currentVersionID() == "B")
        #expect(try world.refusals.isEmpty)
    }

    @Test("with a current that leads elsewhere serves nothing from there", arguments: ["/etc", "../../x", "versions"])
    func outside(target: String) throws {
        let world = try VersionsWorld("A")
        try FileSystem.remove(world.directory.currentPath)
        try FileSystem.replaceLink(at: world.directory.currentPath, target: target)
        let error = try #require(try error(world))
        #expect(error.kind == .unusable)
        #expect(error.message == "\(world.directory.currentPath) leads to \(target), not to versions/ID")
        #expect(world.engines.opened == [])
    }

    @Test("is told apart where there is nothing at all: that may still come")
    func nothing() throws {
        let world = try VersionsWorld()
        #expect(try error(world)?.kind == .absent)
        #expect(try error(world, "\(world.path)/none")?.kind == .absent)
        // What comes while it is waited for is served.
        try world.add("A")
        try world.directory.setCurrent("A")
        #expect(try world.firstVersion().open().served.id == "A")
    }

    @Test("takes the pinned version; where that is gone or damaged, the one announced, loudly")
    func pinned() throws {
        let world = try VersionsWorld("A", "B", "C")
        try world.directory.setPin(Pin(versionID: "A", pinnedAt: .now))
        #expect(try world.firstVersion().open().served.id == "A")
        #expect(world.engines.opened == ["A"] && world.log.lines.filter { $0.hasPrefix("critical") }.isEmpty)
        try FileSystem.remove(world.file("A"))
        #expect(try world.firstVersion().open().served.id == "C")
        #expect(world.log.lines("another version than the one wanted is served").count == 1)
        try world.remove("A")
        #expect(try world.firstVersion().open().served.id == "C")
        #expect(world.log.lines("another version than the one wanted is served").count == 2)
        #expect(try world.directory.currentVersionID() == "C")
    }

    @Test("hashes every byte where the settings ask for it, and only then waits for that")
    func hashing() throws {
        let world = try VersionsWorld("A", "B")
        try world.flipBit("B")
        #expect(try world.firstVersion().open().served.verification == .sealed)
        world.settings.verify = .full
        let served = try world.firstVersion().open().served
        #expect(served.id == "A" && served.verification == .full)
    }
}
