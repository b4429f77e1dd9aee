internal import Commands

/// The page at `/`: what it says without a script; the script draws charts into it and keeps it up to date.
struct StatusDocument {
    let status: Status

    init(_ status: Status) { self.status = status }

    var page: HTML {
        let names = status.datasets.map(\.facts.name).joined(separator: ", ")
        return PageAssets.page(
            title: "\(names.prefix(80)) – Almanac",
            """
            \(header)
            <main>
            \(summary)
            \(figures)
            \(charts)
            \(datasets)
            \(LookupForm(datasets: status.datasets.map(\.facts.name)).section)
            \(hotKeys)
            </main>
            \(footer)
            """)
    }

    private var header: HTML {
        let facts = status.facts
        return """
            <header class="top">
            <h1>Almanac</h1>
            <p>version \(facts.version), port \(facts.tcpPort), process \(facts.processID), \
            up <span data-uptime>\(Quantity.age(seconds: facts.uptimeSeconds))</span></p>
            <p class="live"><span id="live">as of \(Moment(unixSeconds: status.unixSeconds).exact)</span></p>
            </header>
            """
    }

    // MARK: What matters most

    /// In a sentence or two, what an operator who was woken up wants to know.
    private var summary: HTML {
        let count = status.datasets.count
        let troubles = status.datasets.flatMap { DatasetSection($0, now: status.unixSeconds).troubles }
        let serving: HTML = "\(count == 1 ? "One dataset is" : "\(Quantity.count(count)) datasets are") being served."
        guard !troubles.isEmpty else {
            return """
                <section id="summary" class="summary" aria-label="Summary">
                <p><strong>\(serving)</strong> No version stands refused.</p>
                </section>
                """
        }
        return """
            <section id="summary" class="summary trouble" aria-label="Summary">
            <p><strong>\(serving)</strong> Attention:</p>
            <ul>\(troubles.map { "<li>\($0)</li>" })</ul>
            </section>
            """
    }

    // MARK: Figures

    private var figures: HTML {
        let (facts, last) = (status.facts, status.samples.last)
        let minute = status.samples.suffix(60)
        let hits = Int(minute.reduce(0) { $0 + $1.hits })
        let misses = Int(minute.reduce(0) { $0 + $1.misses })
        func time(_ nanoseconds: Int?) -> String {
            guard let nanoseconds, nanoseconds > 0 else { return "–" }
            return Quantity.duration(nanoseconds: UInt64(nanoseconds))
        }
        return """
            <section aria-labelledby="now">
            <h2 id="now">Now</h2>
            <dl class="figures">
            \(figure("commands", "Commands a second", last.map { Quantity.count(Int($0.commands)) } ?? "–"))
            \(figure("median", "Half of them within", time(last?.median)))
            \(figure("p99", "99 % within", time(last?.percentile99)))
            \(figure("hits", "Hits, last minute", Quantity.share(hits, of: hits + misses)))
            \(figure("connections", "Connections", Quantity.count(facts.connectedClients)))
            \(figure("memory", "Memory", Quantity.bytes(facts.residentMemoryBytes)))
            </dl>
            </section>
            """
    }

    private func figure(_ name: String, _ label: String, _ value: String) -> HTML {
        "<div><dt>\(label)</dt><dd data-figure=\"\(name)\">\(value)</dd></div>"
    }

    /// Places for the script to draw in; there is nothing here without it.
    private var charts: HTML {
        """
        <section id="charts" aria-labelledby="minutes" hidden>
        <h2 id="minutes">The last ten minutes</h2>
        <div class="charts">
        <figure id="chart-commands"><figcaption>Commands a second</figcaption></figure>
        <figure id="chart-latency"><figcaption>Time in the server</figcaption></figure>
        <figure id="chart-hits"><figcaption>Share of keys that were hits</figcaption></figure>
        <figure id="chart-connections"><figcaption>Connections</figcaption></figure>
        </div>
        <p class="legend" id="chart-legend" hidden></p>
        </section>
        <section id="swaps" aria-labelledby="swap-times" hidden>
        <h2 id="swap-times">Swaps and refusals over time</h2>
        <figure id="chart-swaps"></figure>
        </section>
        """
    }

    private var datasets: HTML {
        """
        <section id="datasets" aria-labelledby="dataset-list">
        <h2 id="dataset-list">Datasets</h2>
        \(status.datasets.map { DatasetSection($0, now: status.unixSeconds).article })
        </section>
        """
    }

    /// Keys are data, so they are on the page of the look-up; the script brings them here when somebody wants them.
    private var hotKeys: HTML {
        HotKeySection.section(
            "<p class=\"hot\"><a href=\"lookup#hot-keys\">Show the keys that are asked for most</a></p>")
    }

    private var footer: HTML {
        """
        <footer>
        <p>Times are in <span id="zone">UTC</span>. The same as data: <a href="status.json">status.json</a>, \
        <a href="datasets">datasets</a>, <a href="metrics">metrics</a>.\
        <noscript> Without JavaScript the page shows one moment: reload it for another.</noscript></p>
        </footer>
        """
    }
}

/// A moment as pages show it: the script puts it into the reader's zone.
struct Moment {
    var unixSeconds: Int

    /// `2026-11-21 03:00:00 UTC`.
    var exact: HTML {
        let text = Quantity.moment(unixSeconds: unixSeconds)
        return "<time datetime=\"\(machine(text))\">\(text) UTC</time>"
    }

    /// `3 min ago`.
    func ago(now: Int) -> HTML {
        let text = Quantity.moment(unixSeconds: unixSeconds)
        return """
            <time class="ago" datetime="\(machine(text))" title="\(text) UTC">\
            \(Quantity.age(seconds: now - unixSeconds)) ago</time>
            """
    }

    private func machine(_ text: String) -> String { text.replacing(" ", with: "T") + "Z" }
}
