import Commands
import Storage
import Testing

@testable import Administration

@Suite("The document of datasets")
struct DatasetsDocumentTests {
    @Test("What is known is told, and what is not is left out")
    func json() {
        var facts = DatasetFacts(name: "users", versionID: "v2", format: "packed", keyCount: 7, isKeyCountExact: false)
        facts.createdUnixSeconds = 1_000
        facts.lastSwapMilliseconds = 12
        facts.lastSwapUnixSeconds = 1_500
        facts.lastSwapPhases = [.init(name: "open", milliseconds: 3)]
        facts.lastRefusal = .init(versionID: "v3", reason: "damaged: a/b", unixSeconds: 1_600)
        let text = String(decoding: DatasetsDocument([facts], now: 1_060).json, as: UTF8.self)
        for part in [
            "\"age_seconds\" : 60", "\"version\" : \"v2\"", "\"keys_exact\" : false", "\"reason\" : \"damaged: a/b\"",
            "\"database\" : 0", "\"milliseconds\" : 12", "\"name\" : \"open\"",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        for name in ["bytes", "staged", "residency"] { #expect(!text.contains("\"\(name)\"")) }
    }

    @Test("An age is never negative, whatever the clock says")
    func age() {
        var facts = DatasetFacts(name: "users", versionID: "v2", format: "packed", keyCount: 7, isKeyCountExact: true)
        facts.createdUnixSeconds = 1_000
        #expect(DatasetsDocument([facts], now: 900).datasets[0].ageSeconds == 0)
    }
}
