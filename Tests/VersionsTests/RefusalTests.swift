import Commands
import Datasets
import Foundation
import Platform
import Settings
import Storage
import TestSupport
import Testing

@testable import Versions

@Suite("A version is refused") struct RefusalTests {
    /// A way to spoil version B, and what must come of it.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let kind: Refusal.Kind
        /// A part of the reason.
        let reason: String
        let spoil: @Sendable (VersionsWorld) throws -> Void

        var testDescription: String { name }
    }

    private static func key(_ text: String) -> ManifestKey { ManifestKey(Array(text.utf8)) }

    static let cases = [
        Case(name: "a file is missing", kind: .damaged, reason: "/versions/B/data is missing") { world in
            try world.add("B")
            try FileSystem.remove(world.file("B"))
        },
        Case(name: "a file is short", kind: .damaged, reason: "/data has 99 bytes, its manifest says 100") { world in
            try world.add("B", keyCount: 10) { $0.files[0].bytes = 100 }
            try world.write([UInt8](repeating: 0x20, count: 99), to: world.file("B"))
        },
        Case(name: "a file is a directory", kind: .damaged, reason: "data is not a plain file") { world in
            try world.add("B")
            try FileSystem.remove(world.file("B"))
            try FileSystem.makeDirectory(world.file("B"))
        },
        Case(name: "a file is a link", kind: .damaged, reason: "data is not a plain file") { world in
            try world.add("B")
            try FileSystem.rename(world.file("B"), to: "\(world.path)/elsewhere")
            try FileSystem.replaceLink(at: world.file("B"), target: "\(world.path)/elsewhere")
        },
        Case(name: "a bit is flipped, and nobody vouches", kind: .damaged, reason: "data: has SHA-256") { world in
            try world.add("B", isSealed: false)
            try world.flipBit("B")
        },
        Case(name: "a bit is flipped in what is sealed, and all is hashed", kind: .damaged, reason: "has SHA-256") {
            world in
            world.settings.verify = .full
            try world.add("B")
            try world.flipBit("B")
        },
        Case(name: "the seal is of another manifest", kind: .damaged, reason: "data: has SHA-256") { world in
            try world.add("B")
            try world.flipBit("B")
            let seal = try Data(contentsOf: URL(fileURLWithPath: world.file("B", "verified.json")))
            var text = String(decoding: seal, as: UTF8.self)
            let digest = try #require(text.range(of: "\"manifest_sha256\":\""))
            text.replaceSubrange(digest.upperBound..<text.index(digest.upperBound, offsetBy: 4), with: "0123")
            try FileSystem.remove(world.file("B", "verified.json"))
            try world.write(Array(text.utf8), to: world.file("B", "verified.json"))
        },
        Case(name: "a canary has another value", kind: .canary, reason: "canary key:0 has another value") { world in
            try world.add("B") { $0.canaries[1].sha256 = SHA256.digest(of: Array("C".utf8).span) }
        },
        Case(name: "a canary is there", kind: .canary, reason: "canary key:1 is there") { world in
            try world.add("B") { $0.canaries[0].key = key("key:1") }
        },
        Case(name: "a canary is missing", kind: .canary, reason: "canary key:77 is missing") { world in
            try world.add("B") { $0.canaries[1].key = key("key:77") }
        },
        Case(name: "a canary cannot be read", kind: .damaged, reason: "canary key:0: told to fail") { world in
            try world.add("B")
            world.engines.behave("B") { $0.damagedKeys = [Array("key:0".utf8)] }
        },
        Case(
            name: "there are fewer keys than promised", kind: .damaged, reason: "it holds 10 keys, its manifest says 11"
        ) { world in
            try world.add("B") { $0.keyCount = 11 }
        },
        Case(name: "there are fewer keys than the least", kind: .guardrail, reason: "fewer than 9 (min-keys)") {
            world in
            world.settings.keysMin = 9
            try world.add("B", keyCount: 8)
        },
        Case(name: "it is empty", kind: .guardrail, reason: "it has 0 keys, fewer than 1 (min-keys)") { world in
            try world.add("B", keyCount: 0)
        },
        Case(name: "it is much smaller", kind: .guardrail, reason: "less than 0.8 times the 10 of A (min-keys-ratio)") {
            world in
            try world.add("B", keyCount: 7)
        },
        Case(name: "it is much larger", kind: .guardrail, reason: "more than 2.0 times the 10 of A (max-keys-ratio)") {
            world in
            world.settings.keysRatioMax = 2
            try world.add("B", keyCount: 21)
        },
        Case(name: "its format is unknown", kind: .unsupported, reason: "format lmdb") { world in
            try world.add("B") { $0.format = "lmdb" }
        },
        Case(name: "its manifest is of another version", kind: .damaged, reason: "is of version C, not B") { world in
            try world.add("B") { $0.versionID = "C" }
        },
        Case(name: "its manifest is no JSON", kind: .damaged, reason: "manifest.json: it is not JSON") { world in
            try world.add("B")
            try world.flipBit("B", "manifest.json")
            try world.write(Array("{".utf8), to: world.file("B", "manifest.json"))
        },
        Case(name: "a newer release wrote it", kind: .unsupported, reason: "manifest_version is 9") { world in
            try world.add("B")
            let manifest = try String(contentsOfFile: world.file("B", "manifest.json"), encoding: .utf8)
            let newer = manifest.replacing("\"manifest_version\" : 1", with: "\"manifest_version\" : 9")
            #expect(newer != manifest)
            try FileSystem.remove(world.file("B", "manifest.json"))
            try world.write(Array(newer.utf8), to: world.file("B", "manifest.json"))
        },
        Case(name: "a file lies there that it does not list", kind: .damaged, reason: "9.log: not in the manifest") {
            world in
            try world.add("B")
            try world.write(Array("rows of somebody else".utf8), to: world.file("B", "9.log"))
        },
        Case(name: "its files are not what the engine reads", kind: .damaged, reason: "told to fail") { world in
            try world.add("B")
            world.engines.fail("B", .damaged)
        },
        Case(name: "the engine finds nothing", kind: .damaged, reason: "told to fail") { world in
            try world.add("B")
            world.engines.fail("B", .missing)
        },
        Case(name: "the engine is too old for it", kind: .unsupported, reason: "told to fail") { world in
            try world.add("B")
            world.engines.fail("B", .unsupported)
        },
    ]

    @Test("and what was served goes on, answered, logged, told and quarantined once", arguments: cases)
    func refused(spoiled: Case) throws {
        let world = try VersionsWorld("A")
        try spoiled.spoil(world)
        // The link itself, for setCurrent looks for a version that can be held.
        try FileSystem.replaceLink(at: world.directory.currentPath, target: "versions/A")
        try world.serve { serving throws in
            try FileSystem.replaceLink(at: world.directory.currentPath, target: "versions/B")
            let answer = serving.reload()
            #expect(answer.hasPrefix("-REFUSED B: \(spoiled.kind.rawValue): ") && answer.contains(spoiled.reason))
            #expect(answer.hasSuffix("; A goes on being served"))
            #expect(answer.contains("FORCE") == spoiled.kind.canBeForced)
            #expect(serving.serves("A") && serving.audience.adopted == [])
            #expect(try world.refusals == ["B": spoiled.kind])
            #expect(serving.states["B"] == "quarantined")
            #expect(serving.status("last_refusal_version") == "B")
            #expect(serving.status("last_refusal_reason").contains(spoiled.reason))
            #expect(serving.audience.events.map { $0["event"] } == ["refusal"])
            #expect(serving.audience.events[0]["kind"] == spoiled.kind.rawValue)
            #expect(world.log.lines("refused").count == 1)
            let record = try #require(try world.directory.servingRecord())
            #expect(record.versionID == "A" && record.triggersAnswered == 1 && record.outcome.hasPrefix("refused: B: "))
            // It is not tried again by itself.
            let count = world.engines.opened.count
            #expect(serving.reload().hasPrefix("-REFUSED B: \(spoiled.kind.rawValue): "))
            #expect(world.engines.opened.count == count && serving.audience.events.count == 1)
            // What is not damage can be forced, and nothing else.
            let forced = serving.reload(isForced: true)
            #expect(forced.hasPrefix("OK B is being served, after A") == spoiled.kind.canBeForced)
            #expect(serving.serves(spoiled.kind.canBeForced ? "B" : "A"))
            #expect(try world.refusals.isEmpty == spoiled.kind.canBeForced)
        }
        // What was opened in vain was closed again.
        #expect(eventually { world.engines.closed.count == world.engines.openedWell })
    }

    @Test(
        "but only for now where the disk or the settings are the reason",
        arguments: [EngineError.Kind.io, .invalid])
    func failed(kind: EngineError.Kind) throws {
        let world = try VersionsWorld("A", "B")
        try world.directory.setCurrent("A")
        world.engines.fail("B", kind)
        try world.serve { serving throws in
            try world.directory.setCurrent("B")
            #expect(serving.reload() == "-ERR B cannot be served: told to fail; A goes on being served")
            #expect(serving.serves("A") && serving.audience.events.isEmpty)
            #expect(try world.refusals.isEmpty)
            #expect(world.log.lines("swap failed").count == 1)
            world.engines.fail("B", nil)
            #expect(serving.reload().hasPrefix("OK B is being served, after A"))
        }
    }

    @Test("not where a canary cannot be read for the disk's sake")
    func canaryFailure() throws {
        let world = try VersionsWorld("A", "B")
        try world.directory.setCurrent("A")
        world.engines.behave("B") {
            $0.damagedKeys = [Array("key:0".utf8)]
            $0.failureKind = .io
        }
        try world.serve { serving throws in
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("-ERR B cannot be served: canary key:0: told to fail"))
            #expect(try world.refusals.isEmpty)
        }
    }

    @Test("and other bytes of the same id are tried anew", arguments: [false, true])
    func otherBytes(isReadOnly: Bool) throws {
        let world = try VersionsWorld("A")
        try world.add("B", keyCount: 3)
        try world.serve { serving throws in
            if isReadOnly { try world.blockQuarantine() }
            try FileSystem.replaceLink(at: world.directory.currentPath, target: "versions/B")
            #expect(serving.reload().hasPrefix("-REFUSED B: guardrail"))
            #expect(serving.reload().hasPrefix("-REFUSED B: guardrail"))
            try FileSystem.rename(world.directory.versionPath("B"), to: "\(world.path)/old")
            try world.add("B", keyCount: 9)
            #expect(serving.reload().hasPrefix("OK B is being served, after A: 9 keys"))
            if !isReadOnly { #expect(try world.refusals.isEmpty) }
        }
    }

    @Test("in memory alone where the data directory cannot be written, and tells so in the log")
    func readOnly() throws {
        let world = try VersionsWorld("A")
        try world.add("B", keyCount: 3)
        try world.serve { serving throws in
            try world.blockQuarantine()
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("-REFUSED B: guardrail"))
            #expect(serving.reload().hasPrefix("-REFUSED B: guardrail"))
            #expect(serving.states == ["A": "current", "B": "quarantined"])
            #expect(world.log.lines("quarantine not recorded").count == 1)
            #expect(serving.reload(isForced: true).hasPrefix("OK B"))
            #expect(serving.states == ["A": "retired", "B": "current"])
        }
    }

    @Test("until an operator takes the record away")
    func recordRemoved() throws {
        let world = try VersionsWorld("A", "B")
        try world.directory.setCurrent("A")
        world.engines.fail("B", .damaged)
        try world.serve { serving throws in
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("-REFUSED B: damaged"))
            world.engines.fail("B", nil)
            try world.directory.release("B")
            #expect(serving.reload().hasPrefix("OK B is being served, after A"))
        }
    }

    @Test("and can be forced when a sidecar has announced the old one again, unless that one is pinned")
    func forcedAfterAll() throws {
        let world = try VersionsWorld("A")
        try world.add("B", keyCount: 3)
        try world.serve { serving throws in
            try world.directory.setCurrent("B")
            #expect(serving.reload().hasPrefix("-REFUSED B: guardrail"))
            try world.directory.setCurrent("A")
            #expect(serving.reload() == "OK A is being served already")
            try world.directory.setPin(Pin(versionID: "A", pinnedAt: ManifestTime(unixSeconds: 0)))
            #expect(serving.reload(isForced: true) == "OK A is being served already")
            try world.directory.setPin(nil)
            #expect(serving.reload(isForced: true).hasPrefix("OK B is being served, after A"))
            #expect(try world.directory.currentVersionID() == "B")
            #expect(try world.refusals.isEmpty)
        }
    }

    @Test("for want of a signature only as long as signatures are required")
    func signatureNoLongerRequired() throws {
        let world = try VersionsWorld("A", "B")
        try world.directory.quarantine(
            Refusal(
                versionID: "B", kind: .signature, reason: "it is not signed",
                refusedAt: ManifestTime(unixSeconds: 0), by: "almanac serve"))
        try world.serve { serving throws in #expect(serving.serves("B")) }
    }

    @Test("where signatures are required and there is none, or an unknown one, or a wrong one")
    func signatures() throws {
        let (key, other) = (try SigningKey.generate(), try SigningKey.generate())
        let world = try VersionsWorld("A")
        world.trustedKeysPath = "\(world.path)/keys.pem"
        try world.write(key.verificationKey.pem, to: "\(world.path)/keys.pem")
        world.settings.requiresSignature = true
        for id in ["B", "C", "D", "E"] { try world.add(id) }
        func version(_ id: String) -> VersionDirectory { VersionDirectory(path: world.directory.versionPath(id)) }
        for (id, key) in [("A", key), ("C", other), ("D", key), ("E", key)] {
            #expect(try version(id).sign(with: key))
        }
        let signature = try Data(contentsOf: URL(fileURLWithPath: world.file("E", "manifest.sig")))
        try FileSystem.remove(world.file("D", "manifest.sig"))
        try world.write(Array(signature), to: world.file("D", "manifest.sig"))
        try world.serve { serving throws in
            for (id, reason) in [
                ("B", "it is not signed"), ("C", "it is signed by \(other.verificationKey.id), which is not trusted"),
                ("D", "the signature of key \(key.verificationKey.id) is not of this manifest"),
            ] {
                try world.directory.setCurrent(id)
                #expect(serving.reload().hasPrefix("-REFUSED \(id): signature: \(reason)"))
                #expect(serving.reload(isForced: true).hasPrefix("-REFUSED \(id): signature: "))
                #expect(try world.refusals[id] == .signature)
            }
            try world.directory.setCurrent("E")
            #expect(serving.reload().hasPrefix("OK E is being served, after A"))
        }
    }

    @Test("not where current leads to nothing or out of the directory: nothing was announced then")
    func badCurrent() throws {
        let world = try VersionsWorld("A")
        try world.serve { serving throws in
            for target in ["versions/none", "../../etc", "versions/../versions"] {
                try FileSystem.replaceLink(at: world.directory.currentPath, target: target)
                #expect(serving.reload().hasPrefix("-ERR "))
                #expect(serving.serves("A") && world.engines.opened == ["A"])
            }
            try FileSystem.remove(world.directory.currentPath)
            #expect(serving.reload().hasSuffix("/current is not there; no version has been announced"))
            #expect(try world.directory.servingRecord()?.triggersAnswered == 4)
            #expect(try world.refusals.isEmpty)
        }
    }
}

extension VersionsWorld {
    /// Has a file take the place of the quarantine's directory, so that nothing can be recorded, not by root either.
    func blockQuarantine() throws {
        try FileSystem.removeTree(directory.quarantinePath)
        try write([], to: directory.quarantinePath)
    }
}
