import Testing

@testable import Datasets

@Suite("The choice of a rollback") struct RollbackChoiceTests {
    private func refusal(_ id: String, _ kind: Refusal.Kind = .rolledBack) -> Refusal {
        Refusal(versionID: id, kind: kind, reason: "why", refusedAt: ManifestTime(unixSeconds: 1), by: "test")
    }

    private func choice(
        current: String? = "3", parent: String? = nil, _ ids: [String] = ["1", "2", "3", "4"],
        refused: [Refusal] = [], pin: String? = nil
    ) -> RollbackChoice {
        RollbackChoice(currentID: current, parentID: parent, versionIDs: ids, refusals: refused, pinnedID: pin)
    }

    @Test("is the next lower id where no parent is known, in whatever order the ids come")
    func nextLower() throws {
        #expect(try choice().target() == "2")
        #expect(try choice(["2", "4", "1", "3"]).target() == "2")
    }

    @Test("is the parent where that is there, even under a higher id")
    func parent() throws {
        #expect(try choice(parent: "1").target() == "1")
        #expect(try choice(current: "v10", parent: "v9", ["v10", "v8", "v9"]).target() == "v9")
    }

    @Test("passes over a parent that is gone, refused, or the version itself")
    func noParent() throws {
        #expect(try choice(parent: "0").target() == "2")
        #expect(try choice(parent: "1", refused: [refusal("1")]).target() == "2")
        #expect(try choice(parent: "3").target() == "2")
    }

    @Test("is never a quarantined version, whatever it was refused for", arguments: Refusal.Kind.allCases)
    func quarantined(_ kind: Refusal.Kind) throws {
        #expect(try choice(refused: [refusal("2", kind)]).target() == "1")
        #expect(throws: RollbackObstacle.nothingOlder(than: "3", quarantined: ["1", "2"])) {
            try choice(refused: [refusal("1", kind), refusal("2", kind)]).target()
        }
        #expect(throws: RollbackObstacle.refused(refusal("2", kind))) {
            try choice(refused: [refusal("2", kind)]).target("2")
        }
    }

    @Test("is never newer than the current version by itself")
    func nothingNewer() {
        #expect(throws: RollbackObstacle.nothingOlder(than: "1", quarantined: [])) {
            try choice(current: "1").target()
        }
    }

    @Test("may be any good version that is asked for")
    func named() throws {
        #expect(try choice().target("1") == "1")
        #expect(try choice().target("4") == "4")
        #expect(throws: RollbackObstacle.absent("9")) { try choice().target("9") }
        #expect(throws: RollbackObstacle.current("3")) { try choice().target("3") }
    }

    @Test("may be forced to a version that was left or looked wrong, never to one that is broken")
    func forced() throws {
        for kind in Refusal.Kind.allCases {
            let choice = choice(refused: [refusal("2", kind)])
            if kind == .rolledBack || kind == .guardrail {
                #expect(try choice.target("2", isForced: true) == "2")
            } else {
                #expect(throws: RollbackObstacle.refused(refusal("2", kind))) {
                    try choice.target("2", isForced: true)
                }
            }
            // Force overrules a name's refusal; it does not widen the rule's own choice.
            #expect(try choice.target(isForced: true) == "1")
        }
    }

    @Test("is the pinned version or none")
    func pinned() throws {
        #expect(try choice(pin: "1").target("1") == "1")
        #expect(throws: RollbackObstacle.pinned("1")) { try choice(pin: "1").target() }
        #expect(throws: RollbackObstacle.pinned("3")) { try choice(pin: "3").target("2") }
        #expect(throws: RollbackObstacle.current("3")) { try choice(pin: "3").target("3") }
    }

    @Test("needs a current version, though that may be gone from the disk")
    func current() throws {
        #expect(throws: RollbackObstacle.nothingCurrent) { try choice(current: nil).target() }
        #expect(throws: RollbackObstacle.nothingCurrent) { try choice(current: nil).target("1") }
        #expect(try choice(["1", "2"]).target() == "2")
    }

    @Test("tells each obstacle in a line")
    func obstacles() {
        let obstacles: [RollbackObstacle] = [
            .nothingCurrent, .pinned("7"), .current("7"), .absent("7"), .refused(refusal("7")),
            .nothingOlder(than: "7", quarantined: []), .nothingOlder(than: "7", quarantined: ["5", "6"]),
        ]
        #expect(Set(obstacles.map(\.description)).count == obstacles.count)
        for obstacle in obstacles {
            #expect(!obstacle.description.contains("\n"))
            if obstacle != .nothingCurrent { #expect(obstacle.description.contains("7")) }
        }
        #expect("\(obstacles[6])".contains("5, 6"))
    }
}
