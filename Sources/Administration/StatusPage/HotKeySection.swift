internal import Bytes
internal import Commands

/// The keys that clients ask for most, each a link to its look-up.
struct HotKeySection {
    /// By database number.
    var datasets: [String]
    /// `nil` for who may not see them.
    var keys: [[HotKey]]?

    /// Of a dataset.
    static let countMax = 10
    /// Of a key that is shown; a longer one is no link.
    private static let keyBytesMax = 200

    var section: HTML {
        guard let keys else {
            return Self.section("<p class=\"hot quiet\">Shown to users who may run MONITOR.</p>")
        }
        let tables: [HTML] = zip(datasets, keys).filter { !$1.isEmpty }.map(table)
        let none: HTML = "<p class=\"quiet\">No key has been asked for often enough to tell.</p>"
        return Self.section("<div class=\"hot\">\(tables.isEmpty ? [none] : tables)</div>")
    }

    static func section(_ content: HTML) -> HTML {
        """
        <section id="hot-keys" aria-labelledby="hot-keys-title">
        <h2 id="hot-keys-title">Hot keys</h2>
        \(content)
        <p class="quiet">From a sample of the requests of the last minute or so.</p>
        </section>
        """
    }

    private func table(_ dataset: String, _ keys: [HotKey]) -> HTML {
        """
        <h3>\(dataset)</h3>
        <div class="wide" tabindex="0" role="region" aria-label="Hot keys of \(dataset)"><table>
        <thead><tr><th scope="col">Key</th><th scope="col" class="number">A second</th>\
        <th scope="col" class="number">Of all</th></tr></thead>
        <tbody>\(keys.map { row(dataset, $0) })</tbody></table></div>

        """
    }

    private func row(_ dataset: String, _ key: HotKey) -> HTML {
        let text = KeyText.text(of: Array(key.key.prefix(Self.keyBytesMax)))
        let isWhole = key.key.count <= Self.keyBytesMax
        let query = "lookup?dataset=\(PercentEncoding.encoded(dataset))&key=\(PercentEncoding.encoded(text))"
        let name: HTML = isWhole ? "<a href=\"\(query)\"><code>\(text)</code></a>" : "<code>\(text)…</code>"
        return """
            <tr><th scope="row">\(name)</th><td class="number">\(Quantity.count(Int(key.perSecond.rounded())))</td>\
            <td class="number">\(Quantity.share(Int(key.share * 10_000), of: 10_000))</td></tr>

            """
    }
}
