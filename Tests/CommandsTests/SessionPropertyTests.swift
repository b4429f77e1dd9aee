import Commands
import SessionSupport
import Storage
import TestSupport
import Testing

@Suite struct SessionPropertyTests {
    /// Runs a script for each of some clients at a pace of the seed's, and compares every byte.
    private func check(seed: UInt64, clientCount: Int, requests: Int) {
        var random = SeededRandom(seed: seed)
        var behaviour = MemoryEngine.Behaviour()
        for key in SessionWorld.usualKeys where random.oneIn(3) { behaviour.coldKeys.insert(key) }
        behaviour.warmsOnRead = random.oneIn(2)
        let world = SessionWorld(SessionWorld.usual, behaviour: behaviour)
        let pace = SessionDriver.Pace.random(seed: seed)
        let driver = SessionDriver(world.versions, clientCount: clientCount, pace: pace)
        let scripts = (1...clientCount).map { number in
            RandomScript(
                seed: seed &* 1_000 &+ UInt64(number),
                model: SessionModel(world.databases, clientID: number),
                keys: SessionWorld.usualKeys, count: requests)
        }
        for (client, script) in zip(driver.clients, scripts) { client.send(script.bytes) }
        #expect(driver.run(), "seed \(seed) has no end")
        for (client, script) in zip(driver.clients, scripts) where client.received != script.replies {
            let place = zip(client.received, script.replies).prefix { $0 == $1 }.count
            let got = text(Array(client.received[max(0, place - 60)..<min(place + 60, client.received.count)]))
            let want = text(Array(script.replies[max(0, place - 60)..<min(place + 60, script.replies.count)]))
            Issue.record(
                "client \(client.session.id) at \(place): \(got.debugDescription) for \(want.debugDescription)")
        }
    }

    @Test(
        "However bytes, jobs, stalls and turns fall, one client gets the replies of a simple model", arguments: 1...60)
    func oneClient(seed: UInt64) {
        check(seed: seed, clientCount: 1, requests: 80)
    }

    @Test("Sessions that share every turn's look-ups each get their own replies", arguments: 100...130)
    func manyClients(seed: UInt64) {
        check(seed: seed, clientCount: 7, requests: 40)
    }

    @Test("The order of replies does not depend on the size of the pieces", arguments: [1, 2, 3, 7, 64, 1_000])
    func pieces(readBytesMax: Int) {
        let world = SessionWorld(SessionWorld.usual)
        let script = RandomScript(
            seed: 5, model: SessionModel(world.databases), keys: SessionWorld.usualKeys, count: 60)
        let driver = SessionDriver(world.versions, pace: .prompt)
        let client = driver.clients[0]
        for start in stride(from: 0, to: script.bytes.count, by: readBytesMax) {
            client.send(Array(script.bytes[start..<min(start + readBytesMax, script.bytes.count)]))
            #expect(driver.run())
        }
        #expect(client.received == script.replies)
    }

    @Test("A pipeline cut in two at any place gets the same replies, and those before the cut at once")
    func everyCut() {
        let world = SessionWorld(SessionWorld.usual)
        let bytes =
            request("GET", "k") + Array("ECHO 'a b'\r\n".utf8) + request("MGET", "k", "", "none")
            + request("MULTI") + request("GET", "k") + request("EXEC") + request("HELLO", "3") + request("GET", "none")
        let whole = world.replies(to: bytes)
        #expect(whole.hasSuffix("_\r\n"))
        for cut in bytes.indices {
            let driver = SessionDriver(world.versions)
            driver.clients[0].send(Array(bytes[..<cut]))
            #expect(driver.run())
            #expect(whole.hasPrefix(text(driver.clients[0].received)))
            driver.clients[0].send(Array(bytes[cut...]))
            #expect(driver.run())
            #expect(text(driver.clients[0].received) == whole, "cut at \(cut)")
        }
    }

    @Test("Damaged keys give an error wherever they fall, and never nothing", arguments: 1...30)
    func damage(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var behaviour = MemoryEngine.Behaviour()
        behaviour.coldKeys = Set(SessionWorld.usualKeys.filter { _ in random.oneIn(2) })
        behaviour.damagedKeys = Set(SessionWorld.usualKeys.filter { _ in random.oneIn(6) })
        let world = SessionWorld(SessionWorld.usual, behaviour: behaviour)
        var model = SessionModel(world.databases, damaged: behaviour.damagedKeys)
        let driver = SessionDriver(world.versions, pace: .random(seed: seed, readBytesMin: 500))
        var expected: [UInt8] = []
        for _ in 0..<200 {
            let name = ["GET", "STRLEN", "TYPE", "TTL", "MGET", "EXISTS"][random.pick(0...5)]
            let count = name == "EXISTS" ? random.pick(1...700) : name == "MGET" ? random.pick(1...8) : 1
            let keys = (0..<count).map { _ in SessionWorld.usualKeys[random.pick(0...SessionWorld.usualKeys.count - 1)]
            }
            let request = [Array(name.utf8)] + keys
            driver.clients[0].send(RandomScript.encoded(request))
            expected += model.reply(to: request)
        }
        #expect(driver.run())
        #expect(text(driver.clients[0].received) == text(expected))
    }
}
