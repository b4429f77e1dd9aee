internal import Commands
internal import Datasets
internal import Storage
internal import Versions

/// What a page says of one dataset.
struct DatasetSection {
    private let dataset: Status.Dataset
    private let facts: DatasetFacts
    /// In seconds since 1970.
    private let now: Int

    /// Of the versions that came and went; the script's chart shows all.
    private static let historyRowsMax = 10
    /// Of a reason; the whole of it is in the log.
    private static let reasonCharactersMax = 400

    init(_ dataset: Status.Dataset, now: Int) {
        self.dataset = dataset
        facts = dataset.facts
        self.now = now
    }

    // MARK: What is wrong

    /// What an operator should look at, a sentence each.
    var troubles: [HTML] {
        var troubles: [HTML] = []
        if facts.verification == .damaged {
            troubles.append("<b>\(facts.name)</b>: <code>\(facts.versionID)</code>, which is being served, is damaged.")
        }
        if let refusal = standingRefusal {
            troubles.append(
                """
                <b>\(facts.name)</b>: <code>\(refusal.versionID)</code> was refused \
                \(Moment(unixSeconds: refusal.unixSeconds).ago(now: now)), \
                <code>\(facts.versionID)</code> goes on being served: \(bounded(refusal.reason))
                """)
        }
        if let problem = dataset.listing.problem {
            troubles.append("<b>\(facts.name)</b>: the data directory cannot be read: \(bounded(problem))")
        }
        return troubles
    }

    /// The last refusal, where nothing was swapped in after it; a way back that somebody chose is no trouble.
    private var standingRefusal: DatasetFacts.Refusal? {
        guard let refusal = facts.lastRefusal, !refusal.reason.hasPrefix(Refusal.Kind.rolledBack.rawValue),
            refusal.versionID != facts.versionID, refusal.unixSeconds >= facts.lastSwapUnixSeconds ?? 0
        else { return nil }
        return refusal
    }

    // MARK: The whole

    var article: HTML {
        """
        <article class="dataset" aria-labelledby="dataset-\(dataset.database)">
        <header><h3 id="dataset-\(dataset.database)">\(facts.name)</h3><p>database \(dataset.database), \(state)</p></header>
        \(factList)
        \(lastSwap)
        \(versions)
        \(history)
        </article>

        """
    }

    private var state: HTML {
        switch (facts.state, facts.stagedVersionID) {
        case (.swapping, let staged?): "<strong class=\"accent\">swapping to <code>\(staged)</code></strong>"
        case (.swapping, nil): "<strong class=\"accent\">swapping</strong>"
        case (.serving, _): "serving"
        }
    }

    private var factList: HTML {
        let keys = (facts.isKeyCountExact ? "" : "about ") + Quantity.count(facts.keyCount)
        var rows: [(label: String, value: HTML)] = [
            ("Version", "<code>\(facts.versionID)</code>\(facts.isPinned ? " pinned" : "" as HTML)"),
            ("Built", facts.createdUnixSeconds.map { Moment(unixSeconds: $0).ago(now: now) } ?? "not known"),
            ("Keys", "\(keys)"),
            ("Size", "\(facts.byteCount.map(Quantity.bytes) ?? "not known")"),
            ("Format", "\(facts.format)"),
            ("Verified", "\(verified)"),
        ]
        if let residency = facts.residency { rows.append(("In memory", "\(inMemory(residency))")) }
        rows.append(("Staged", facts.stagedVersionID.map { "<code>\($0)</code>" } ?? "none"))
        return "<dl class=\"facts\">\(rows.map { "<div><dt>\($0.label)</dt><dd>\($0.value)</dd></div>\n" })</dl>"
    }

    private var verified: String {
        switch facts.verification {
        case .none: "no, it has no manifest"
        case .sizes: "sizes of files"
        case .sealed: "every byte, before it was opened"
        case .full: "every byte"
        case .damaged: "damaged"
        }
    }

    private func inMemory(_ residency: EngineResidency) -> String {
        let share = Quantity.share(residency.residentByteCount, of: residency.wantedByteCount)
        return "\(residency.isComplete ? "all" : share) of \(Quantity.bytes(residency.wantedByteCount))"
            + (residency.mode == .disk ? ", the index" : "") + (residency.isLocked ? ", locked" : "")
    }

    // MARK: The last swap

    private var lastSwap: HTML {
        guard let at = facts.lastSwapUnixSeconds else {
            return "<p class=\"quiet\">No swap since the server started.</p>"
        }
        return """
            <h4>Last swap</h4>
            <p>\(Moment(unixSeconds: at).ago(now: now)), \(Quantity.duration(milliseconds: facts.lastSwapMilliseconds ?? 0)) \
            in all; \(Quantity.count(facts.swapCount)) since the server started</p>
            \(phaseBar(facts.lastSwapPhases))
            """
    }

    /// The phases as parts of a line, and in words below it.
    private func phaseBar(_ phases: [DatasetFacts.Phase]) -> HTML {
        // Milliseconds are rounded down, so a phase of none gets a sliver that can be seen.
        let lengths = phases.map { max($0.milliseconds, 0) * 100 + 20 }
        let total = max(lengths.reduce(0, +), 1)
        var (start, bars): (Int, [HTML]) = (0, [])
        for (index, length) in lengths.enumerated() {
            let (x, width) = (start * 1_000 / total, length * 1_000 / total)
            bars.append(
                "<rect class=\"phase-\(index % 5)\" x=\"\(x)\" y=\"0\" width=\"\(max(width - 2, 1))\" height=\"10\"/>")
            start += length
        }
        let words: [HTML] = phases.enumerated().map { index, phase in
            """
            <li><svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="phase-\(index % 5)" width="10" \
            height="10"/></svg> \(phase.name) \(Quantity.duration(milliseconds: phase.milliseconds))</li>
            """
        }
        return """
            <svg class="phases" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">\(bars)</svg>
            <ul class="phases">\(words)</ul>
            """
    }

    // MARK: Versions and history

    private var versions: HTML {
        guard !dataset.listing.entries.isEmpty else { return "" }
        let rows: [HTML] = dataset.listing.entries.map { entry in
            let reason = entry.refusal.map { "\($0.kind.rawValue): \($0.reason)" } ?? entry.problem
            let manifest = entry.manifest
            return """
                <tr\(entry.versionID == facts.versionID ? " class=\"current\"" : "" as HTML)>\
                <th scope="row"><code>\(entry.versionID)</code></th><td>\(state(of: entry))</td>\
                <td class="number">\(manifest.map { Quantity.count($0.keyCount) } ?? "–")</td>\
                <td class="number">\(entry.byteCount.map(Quantity.bytes) ?? "–")</td>\
                <td>\(manifest.map { Moment(unixSeconds: Int($0.created.unixSeconds)).ago(now: now) } ?? "–")</td></tr>
                \(reason.map { "<tr class=\"reason\"><td colspan=\"5\">\(bounded($0))</td></tr>" } ?? "" as HTML)
                """
        }
        let leftOut = dataset.listing.leftOutCount
        return """
            <h4>Versions in the data directory</h4>
            <div class="wide" tabindex="0" role="region" aria-label="Versions of \(facts.name)"><table>
            <thead><tr><th scope="col">Version</th><th scope="col">State</th><th scope="col" class="number">Keys</th>\
            <th scope="col" class="number">Size</th><th scope="col">Built</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>
            \(leftOut > 0 ? "<p class=\"quiet\">and \(Quantity.count(leftOut)) older</p>" : "" as HTML)
            """
    }

    /// What the directory says, and what the server does.
    private func state(of entry: VersionEntry) -> HTML {
        if entry.versionID == facts.versionID { return "<b>serving</b>\(entry.isPinned ? ", pinned" : "" as HTML)" }
        if entry.versionID == facts.stagedVersionID { return "<b class=\"accent\">staged</b>" }
        return "\(entry.state)"
    }

    private var history: HTML {
        guard !dataset.history.isEmpty else { return "" }
        let rows: [HTML] = dataset.history.suffix(Self.historyRowsMax).reversed().map { entry in
            let at = Moment(unixSeconds: entry.unixMilliseconds / 1_000)
            let phases = entry.phases.map { "\($0.name) \(Quantity.duration(milliseconds: $0.milliseconds))" }
            let kind = entry.kind.map { "\($0): " } ?? ""
            let detail = entry.reason.map { kind + $0 } ?? phases.joined(separator: ", ")
            return """
                <tr class="\(entry.outcome == .swapped ? "good" : "bad")"><td>\(at.exact)</td>\
                <th scope="row">\(words(entry))</th><td><code>\(entry.versionID)</code></td>\
                <td class="number">\(entry.phases.isEmpty ? "–" : Quantity.duration(milliseconds: entry.milliseconds))</td>\
                <td class="detail">\(bounded(detail))</td></tr>

                """
        }
        let leftOut = dataset.history.count - rows.count
        return """
            <h4>History</h4>
            <div class="wide" tabindex="0" role="region" aria-label="History of \(facts.name)"><table class="history">
            <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Version</th>\
            <th scope="col" class="number">Took</th><th scope="col">Phases, or why</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>
            \(leftOut > 0 ? "<p class=\"quiet\">and \(Quantity.count(leftOut)) before</p>" : "" as HTML)
            """
    }

    private func words(_ entry: SwapHistory.Entry) -> String {
        switch (entry.outcome, entry.cause) {
        case (.swapped, .rollback): "rolled back"
        case (.swapped, .pin): "pinned"
        default: entry.outcome.rawValue
        }
    }

    private func bounded(_ text: String) -> String {
        text.count <= Self.reasonCharactersMax ? text : text.prefix(Self.reasonCharactersMax) + "…"
    }
}
