import Datasets
import Synchronization
import Testing

@testable import Commands

@Suite("Changes of users")
struct AccessChangeTests {
    @Test("Of changes that are made at the same time none is lost, and no two users are one")
    func concurrency() async throws {
        let registry = AccessRegistry(.standard)
        let told = Mutex(0)
        registry.onChange = { told.withLock { $0 += 1 } }
        let (writers, users) = (4, 50)
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for number in 0..<users {
                        let name = Array("\(writer)-\(number)".utf8)
                        registry.setUser(name) { $0.isEnabled = true }
                        // Everybody changes one user as well.
                        registry.setUser(Array("shared".utf8)) { rules in
                            rules.passwords.append(SHA256.digest(of: name.span))
                        }
                        if number.isMultiple(of: 2) { _ = registry.deleteUsers([name]) }
                    }
                }
            }
        }
        let snapshot = registry.current
        let shared = try #require(snapshot.users[Array("shared".utf8)])
        #expect(shared.rules.passwords.count == writers * users)
        #expect(snapshot.users.count == writers * users / 2 + 2)
        #expect(Set(snapshot.users.values.map(\.identity)).count == snapshot.users.count)
        #expect(snapshot.epoch == writers * users * 5 / 2 && registry.epoch == snapshot.epoch)
        let count = told.withLock { $0 }
        #expect(count == snapshot.epoch)
    }

    @Test("A change may look at the users: it holds no lock that others wait for")
    func noLock() throws {
        let registry = AccessRegistry(.standard)
        registry.setUser(Array("a".utf8)) { rules in
            rules.isEnabled = registry.current.users[Array("default".utf8)] != nil
        }
        #expect(registry.current.users[Array("a".utf8)]?.rules.isEnabled == true)
    }

    @Test("A change that fails changes nothing, and one user stays the same through changes until deleted")
    func identities() throws {
        struct Refusal: Error {}
        let registry = AccessRegistry(.standard)
        let name = Array("a".utf8)
        registry.setUser(name) { $0.isEnabled = true }
        let first = try #require(registry.current.users[name])
        #expect(throws: Refusal.self) {
            try registry.setUser(name) { rules throws(Refusal) in
                rules.isEnabled = false
                throw Refusal()
            }
        }
        #expect(registry.current.users[name] === first)
        registry.setUser(name) { $0.hasNoPassword = true }
        #expect(registry.current.users[name]?.identity == first.identity)
        #expect(registry.deleteUsers([name, name]) == 1)
        registry.setUser(name) { $0.isEnabled = true }
        #expect(registry.current.users[name]?.identity != first.identity)
    }
}
