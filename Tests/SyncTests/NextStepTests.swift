import Datasets
import Testing

@testable import Sync

private func refusal(_ id: String, _ kind: Refusal.Kind) -> Refusal {
    Refusal(versionID: id, kind: kind, reason: "", refusedAt: ManifestTime(unixSeconds: 0), by: "test")
}

@Suite("What a pointer asks for")
struct NextStepTests {
    private static let pin = Pin(versionID: "v1", pinnedAt: ManifestTime(unixSeconds: 0))

    @Test("A version that is current needs nothing, one that is here a flip, any other a download")
    func plain() {
        func step(_ announced: String, isHere: Bool) -> NextStep {
            NextStep(announced: announced, current: "v1", isHere: isHere, refusal: nil, pin: nil)
        }
        #expect(step("v1", isHere: true) == .settled)
        #expect(step("v0", isHere: true) == .flip)
        #expect(step("v2", isHere: false) == .download)
        #expect(NextStep(announced: "v2", current: nil, isHere: false, refusal: nil, pin: nil) == .download)
    }

    @Test("A version that was refused is refused, even while it is current or here", arguments: Refusal.Kind.allCases)
    func refused(kind: Refusal.Kind) {
        let refusal = refusal("v2", kind)
        for (current, isHere) in [("v2", true), ("v1", true), ("v1", false)] {
            #expect(
                NextStep(announced: "v2", current: current, isHere: isHere, refusal: refusal, pin: nil)
                    == .refused(refusal))
        }
    }

    @Test("A pin keeps every version away but its own")
    func pinned() {
        func step(_ announced: String, current: String) -> NextStep {
            NextStep(announced: announced, current: current, isHere: true, refusal: nil, pin: Self.pin)
        }
        #expect(step("v2", current: "v1") == .pinned(Self.pin))
        #expect(step("v1", current: "v1") == .settled)
        #expect(step("v1", current: "v2") == .flip)
    }
}

@Suite("Which versions may go")
struct RetentionTests {
    private func deletable(
        keep: Int, _ ids: [String], refused: [String] = [], needed: Set<String> = []
    ) -> [String] {
        Retention(
            keepCount: keep, versionIDs: ids, refusals: refused.map { refusal($0, .guardrail) }, neededIDs: needed
        ).deletableIDs
    }

    @Test("The newest stay, whatever the order in which they are given")
    func newest() {
        #expect(deletable(keep: 2, ["v3", "v1", "v4", "v2"]) == ["v1", "v2"])
        #expect(deletable(keep: 9, ["v1", "v2"]) == [])
        #expect(deletable(keep: 0, ["v1", "v2"]) == ["v1"])
    }

    @Test("What is needed stays in addition")
    func needed() {
        #expect(deletable(keep: 1, ["v1", "v2", "v3", "v4"], needed: ["v1", "v4"]) == ["v2", "v3"])
    }

    @Test("A refused version does not count among the good ones, and only the newest of them stays")
    func refusedVersions() {
        #expect(deletable(keep: 2, ["v1", "v2", "v3", "v4", "v5"], refused: ["v2", "v4"]) == ["v1", "v2"])
        #expect(deletable(keep: 1, ["v1", "v2"], refused: ["v1", "v2"]) == ["v1"])
    }
}
