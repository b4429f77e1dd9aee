import Commands
import HTTP
import Platform
import Storage
import Synchronization
import Testing

@testable import Administration

/// Says what it is told to.
private final class FakeControl: DatasetControl {
    let datasets: Mutex<[DatasetFacts]>

    init(_ datasets: [DatasetFacts]) { self.datasets = Mutex(datasets) }

    func submit(_ request: DatasetRequest, answer: @escaping @Sendable (DatasetAnswer) -> Void) { answer(.null) }
    func facts() -> [DatasetFacts] { datasets.withLock { $0 } }
    func openVersions(in database: Int) -> [OpenVersion] { [] }
}

private func dataset(_ name: String) -> DatasetFacts {
    DatasetFacts(name: name, versionID: "v1", format: "packed", keyCount: 3, isKeyCountExact: true)
}

@Suite("Health")
struct HealthTests {
    @Test("While a first version is waited for, the process is alive and not ready, and says why")
    func starting() {
        let health = Health()
        health.wait(because: "waiting for the first version of users: /srv/users holds no version")
        #expect(answer(health, "/livez") == "200 ok\n")
        let reason = "503 [-]start waiting for the first version of users: /srv/users holds no version\n"
        #expect(answer(health, "/readyz") == reason)
        #expect(answer(health, "/warmz") == reason)
        health.drain()
        #expect(answer(health, "/readyz") == "503 [-]start the server is stopping\n")
    }

    @Test("A damaged version that there is no other for makes a server unready, and a server that stops is unready too")
    func serving() {
        let health = Health()
        let control = FakeControl([dataset("users"), dataset("prices")])
        health.serve(nil, control: control)
        #expect(answer(health, "/readyz") == "200 ok\n")
        #expect(
            answer(health, "/readyz?verbose")
                == "200 [+]start ok\n[+]dataset-users ok\n[+]dataset-prices ok\nall is well\n")
        control.datasets.withLock { $0[1].verification = .damaged }
        #expect(answer(health, "/readyz") == "503 [-]dataset-prices version v1 is damaged, and there is no other\n")
        control.datasets.withLock { $0[1].verification = .sealed }
        health.drain()
        #expect(answer(health, "/readyz") == "503 [-]stop the server is stopping\n")
        #expect(answer(health, "/livez") == "200 ok\n")
        #expect(answer(health, "/warmz") == "200 ok\n")
    }

    @Test("A server is warm once all that is to be in memory is")
    func warmth() {
        let health = Health()
        var users = dataset("users")
        users.residency = EngineResidency(
            mode: .memory, wantedByteCount: 100, residentByteCount: 40, indexByteCount: 5, isLocked: false)
        let control = FakeControl([users, dataset("prices")])
        health.serve(nil, control: control)
        #expect(answer(health, "/warmz") == "503 [-]dataset-users 40 of 100 bytes of version v1 are in memory\n")
        #expect(answer(health, "/readyz") == "200 ok\n")
        control.datasets.withLock { $0[0].residency?.residentByteCount = 100 }
        #expect(answer(health, "/warmz") == "200 ok\n")
    }

    @Test("A thread is given up once it is silent for too long, and not while the kernel has it wait for a disk")
    func silence() {
        let limit = Duration.seconds(30).wholeNanoseconds
        func problem(_ silence: UInt64, waitsForDisk: Bool = false) -> String? {
            Liveness.problem(silence: silence, silenceMax: .seconds(30)) { waitsForDisk }
        }
        #expect(problem(limit - 1) == nil)
        #expect(problem(limit) == "has not answered for 30 s")
        #expect(problem(limit, waitsForDisk: true) == nil)
    }

    @Test(
        "Too long is half a minute, or half of what a watchdog allows, and at least a second",
        arguments: [(nil, 30_000), (600_000, 30_000), (60_000, 30_000), (30_000, 15_000), (200, 1_000)] as [(Int?, Int)]
    )
    func silenceMax(watchdogMilliseconds: Int?, milliseconds: Int) {
        let timeout = watchdogMilliseconds.map { Duration.milliseconds($0) }
        #expect(Liveness.silenceMax(watchdogTimeout: timeout) == .milliseconds(milliseconds))
    }

    private func answer(_ health: Health, _ target: String) -> String {
        let parts = target.split(separator: "?")
        let request = HTTPRequest(path: String(parts[0]), query: parts.dropFirst().map { (String($0), "") })
        guard let endpoint = health.endpoints.first(where: { $0.path == request.path }) else { return "none" }
        let response = endpoint.answer(request)
        return "\(response.status) \(String(decoding: response.body, as: UTF8.self))"
    }
}
