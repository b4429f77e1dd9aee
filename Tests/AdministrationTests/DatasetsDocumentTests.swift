import Commands
import Foundation
import Storage
import Testing

@testable import Administration

@Suite("The document of datasets")
struct DatasetsDocumentTests {
    @Test("What is known is told, and what is not is left out")
    func json() {
        var facts = DatasetFacts(name: "users", versionID: "v2", format: "packed", keyCount: 7, isKeyCountExact: false)
        facts.path = "/srv/users"
        facts.createdUnixSeconds = 1_000
        facts.servingSinceUnixSeconds = 1_500
        facts.retired = [.init(versionID: "v1", userCount: 3)]
        facts.lastSwapMilliseconds = 12
        facts.lastSwapUnixSeconds = 1_500
        facts.lastSwapPhases = [.init(name: "open", milliseconds: 3)]
        facts.lastRefusal = .init(versionID: "v3", reason: "damaged: a/b", unixSeconds: 1_600)
        let text = String(decoding: DatasetsDocument([facts], now: 1_060).json, as: UTF8.self)
        for part in [
            "\"age_seconds\" : 60", "\"version\" : \"v2\"", "\"keys_exact\" : false", "\"reason\" : \"damaged: a/b\"",
            "\"database\" : 0", "\"milliseconds\" : 12", "\"name\" : \"open\"",
            "\"path\" : \"/srv/users\"", "\"serving_since_seconds\" : 1500", "\"clients\" : 3",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        for name in ["bytes", "staged", "residency"] { #expect(!text.contains("\"\(name)\"")) }
    }

    @Test("What the status page's JSON tells of a dataset, it tells by the same names and values")
    func vocabulary() throws {
        var facts = DatasetFacts(name: "users", versionID: "v2", format: "packed", keyCount: 7, isKeyCountExact: false)
        facts.path = "/srv/users"
        facts.createdUnixSeconds = 1_000
        facts.servingSinceUnixSeconds = 1_500
        facts.byteCount = 70
        facts.stagedVersionID = "v3"
        facts.retired = [.init(versionID: "v1", userCount: 3)]
        facts.lastSwapMilliseconds = 12
        facts.lastSwapUnixSeconds = 1_500
        facts.lastRefusal = .init(versionID: "v3", reason: "damaged: a/b", unixSeconds: 1_600)
        facts.residency = EngineResidency(
            mode: .memory, wantedByteCount: 100, residentByteCount: 40, indexByteCount: 5, isLocked: false)
        let document = DatasetsDocument([facts], now: 1_060).datasets[0]
        let part = StatusReport.DatasetPart(Status.Dataset(database: 0, facts: facts))
        var told = try Self.object(document)
        #expect(told.removeValue(forKey: "age_seconds") as? Int == 60)
        var toldByPage = try Self.object(part)
        #expect(toldByPage.removeValue(forKey: "versions") != nil)
        #expect(toldByPage.removeValue(forKey: "versions_left_out") as? Int == 0)
        #expect(told.count == 19)
        #expect(NSDictionary(dictionary: told) == NSDictionary(dictionary: toldByPage))
    }

    private static func object(_ value: some Encodable) throws -> [String: Any] {
        let json = try JSONSerialization.jsonObject(with: Data(JSONText.of(value)))
        return try #require(json as? [String: Any])
    }

    @Test("An age is never negative, whatever the clock says")
    func age() {
        var facts = DatasetFacts(name: "users", versionID: "v2", format: "packed", keyCount: 7, isKeyCountExact: true)
        facts.createdUnixSeconds = 1_000
        #expect(DatasetsDocument([facts], now: 900).datasets[0].ageSeconds == 0)
    }
}
