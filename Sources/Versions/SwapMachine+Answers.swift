internal import Commands
internal import Datasets
internal import Platform
internal import Settings

extension SwapMachine {
    /// One dataset of `DATASET LIST`.
    func summary(_ database: Int) -> DatasetAnswer {
        let facts = datasets[database].facts
        return .map([
            ("name", .text(facts.name)), ("database", .integer(database)), ("version", .text(facts.versionID)),
            ("state", .text(facts.state.rawValue)), ("keys", .integer(facts.keyCount)),
            ("age_seconds", age(since: facts.createdUnixSeconds)),
        ])
    }

    func status(_ database: Int) -> DatasetAnswer {
        let state = datasets[database]
        let facts = state.facts
        var fields: [(String, DatasetAnswer)] = [
            ("name", .text(facts.name)), ("database", .integer(database)), ("path", .text(state.dataset.path)),
            ("version", .text(facts.versionID)), ("state", .text(facts.state.rawValue)),
            ("format", .text(facts.format)), ("keys", .integer(facts.keyCount)),
            ("bytes", facts.byteCount.map(DatasetAnswer.integer) ?? .null),
            ("verified", .text(facts.verification.rawValue)),
            ("created", state.served.manifest.map { .text("\($0.created)") } ?? .null),
            ("age_seconds", age(since: facts.createdUnixSeconds)),
            ("serving_since", .text("\(state.servingSince)")),
            ("pinned", state.pinnedID.map(DatasetAnswer.text) ?? .null),
            ("staged", facts.stagedVersionID.map(DatasetAnswer.text) ?? .null),
            ("retired", .list(state.retired.map { .text($0.served.id) })), ("swaps", .integer(facts.swapCount)),
        ]
        if let last = state.lastSwap {
            let phases = last.phases.map { ($0.name, DatasetAnswer.integer($0.milliseconds)) }
            fields += [
                ("last_swap", .text("\(ManifestTime(unixSeconds: Int64(last.unixSeconds)))")),
                ("last_swap_ms", .integer(last.milliseconds)), ("last_swap_phases_ms", .map(phases)),
            ]
        }
        if let refusal = state.lastRefusal {
            fields += [
                ("last_refusal", .text("\(refusal.refusedAt)")), ("last_refusal_version", .text(refusal.versionID)),
                ("last_refusal_reason", .text("\(refusal.kind.rawValue): \(refusal.reason)")),
            ]
        }
        return .map(fields)
    }

    /// Every version that is there, the newest first.
    func versions(_ database: Int) -> DatasetAnswer {
        let state = datasets[database]
        guard let directory = state.path.dataDirectory else { return .list([version(state.served.id, database, nil)]) }
        do throws(DataDirectoryError) {
            let ids = Set(try directory.versionIDs()).union([state.served.id])
            return .list(ids.sorted(by: >).map { version($0, database, directory) })
        } catch {
            return .error("ERR \(error)")
        }
    }

    /// Connections that have chosen to stay on a version.
    private func users(of id: String, _ database: Int) -> Int {
        let closing = closing.filter { $0.database == database }.compactMap(\.open)
        let open = (datasets[database].openVersions + closing).filter { $0.version.id == id }
        return open.reduce(0) { $0 + $1.userCount }
    }

    private func version(_ id: String, _ database: Int, _ directory: DataDirectory?) -> DatasetAnswer {
        let state = datasets[database]
        let refusal = state.refusal(ofVersion: id)
        let users = users(of: id, database)
        let condition =
            if id == state.served.id {
                "current"
            } else if id == state.swap?.target {
                "staged"
            } else if refusal != nil {
                "quarantined"
            } else if state.retired.contains(where: { $0.served.id == id }) {
                "retired"
            } else if users > 0 {
                "closing"
            } else {
                "available"
            }
        // A manifest that cannot be read has nothing to tell, and its version is listed all the same.
        let manifest =
            id == state.served.id ? state.served.manifest : directory.flatMap { (try? $0.manifest(of: id))?.manifest }
        var fields: [(String, DatasetAnswer)] = [("version", .text(id)), ("state", .text(condition))]
        if id == state.pinnedID { fields.append(("pinned", .integer(1))) }
        if users > 0 { fields.append(("connections", .integer(users))) }
        fields += [
            ("keys", manifest.map { .integer($0.keyCount) } ?? .null),
            ("bytes", manifest.map { .integer($0.byteCount) } ?? .null),
            ("created", manifest.map { .text("\($0.created)") } ?? .null),
        ]
        if let refusal { fields.append(("reason", .text("\(refusal.kind.rawValue): \(refusal.reason)"))) }
        return .map(fields)
    }

    private func age(since unixSeconds: Int?) -> DatasetAnswer {
        unixSeconds.map { .integer(max(Int(ManifestTime.now.unixSeconds) - $0, 0)) } ?? .null
    }
}
