import Commands
import Datasets
import Platform
import Settings
import Storage
import Testing

@testable import Versions

@Suite("A stop") struct StopTests {
    @Test("answers everybody who waits, and calls off what is being opened")
    func opening() throws {
        let world = try VersionsWorld("A", "B")
        try world.directory.setCurrent("A")
        let serving = try Serving(world, nil)
        try world.directory.setCurrent("B")
        let gate = world.engines.hold("B")
        let replies = (0..<3).map { _ in serving.send(.reload(isForced: false)) }
        #expect(eventually { gate.waitingCount == 1 })
        // What is inside the engine cannot be interrupted; the answers do not wait for it.
        #expect(!serving.stop(within: 50_000_000))
        for reply in replies { #expect(reply.text == "-ERR the server is stopping") }
        #expect(serving.ask(.status) == "-ERR the server is stopping")
        gate.open()
        #expect(serving.stop())
        #expect(serving.audience.adopted == [] && world.engines.closed.contains { $0.id == "B" })
    }

    @Test("does not wait for a warming that has long to go")
    func warming() throws {
        let world = try VersionsWorld("A", "B")
        try world.directory.setCurrent("A")
        world.settings.warmRate = 1
        world.settings.warmTime = .seconds(3_600)
        let serving = try Serving(world, nil)
        serving.audience.setSample((0..<1_000).map { "key:\($0)" })
        try world.directory.setCurrent("B")
        let reply = serving.send(.reload(isForced: false))
        #expect(eventually { !serving.audience.warmed.isEmpty })
        let start = Clock.monotonicNanoseconds()
        #expect(serving.stop())
        #expect(Clock.monotonicNanoseconds() - start < 5_000_000_000)
        #expect(reply.text == "-ERR the server is stopping")
        #expect(serving.audience.currentIDs == ["A"])
    }

    @Test("in the middle of preparing, of warming and of verifying ends them all")
    func midway() throws {
        let world = try VersionsWorld("A", "B")
        try world.add("C", isSealed: false)
        try world.directory.setCurrent("A")
        for stage in ["prepare", "warm"] {
            let serving = try Serving(world, nil)
            serving.audience.setSample(["key:1"])
            let gate = stage == "warm" ? serving.audience.holdWarming() : serving.audience.holdPreparing()
            try world.directory.setCurrent("B")
            let reload = serving.send(.reload(isForced: false))
            let verify = serving.send(.verify(version: "C"))
            #expect(eventually { gate.waitingCount == 1 })
            #expect(!serving.stop(within: 20_000_000))
            gate.open()
            #expect(serving.stop())
            #expect(reload.text == "-ERR the server is stopping" && verify.isThere)
            #expect(serving.audience.currentIDs == ["A"])
            try world.directory.setCurrent("A")
        }
    }

    @Test("answers whoever asks meanwhile, each exactly once", arguments: 1...5)
    func race(turn: Int) throws {
        let world = try VersionsWorld("A", "B")
        let serving = try Serving(world, nil)
        let control = serving.control
        let replies = (0..<400).map { _ in Reply() }
        let asker = try Thread(name: "asker") {
            for (index, reply) in replies.enumerated() {
                let action: DatasetRequest.Action =
                    switch index % 4 {
                    case 0: .reload(isForced: false)
                    case 1: .status
                    case 2: .verify(version: nil)
                    default: .pin(version: index.isMultiple(of: 8) ? "A" : "B")
                    }
                control.submit(DatasetRequest(action, database: 0)) { reply.set($0) }
            }
        }
        #expect(eventually { replies[turn * 60].isThere })
        #expect(serving.stop())
        asker.join()
        for reply in replies {
            #expect(reply.isThere && !reply.text.hasPrefix("-ERR there were"))
        }
    }
}
