internal import Commands
internal import HTTP
internal import Server
internal import Storage

/// One look-up by hand, and what came of it.
struct Lookup {
    /// The dataset's name, as asked for; the first where none was.
    let dataset: String
    /// In the form of ``KeyText``, as asked for.
    let key: String
    let datasets: [String]
    let outcome: Outcome

    enum Outcome: Equatable {
        /// No key was given yet.
        case nothingAsked
        /// What was asked for makes no sense, and why.
        case refused(String)
        /// Who asks may not see the key.
        case forbidden
        case found(KeyFinding)
    }

    /// Of the value that is shown.
    static let valueBytesMax = 1_024
    /// Of a key's text; the longest that fits a line of a request several times over.
    static let keyBytesMax = 4_096

    init(
        _ request: HTTPRequest, _ datasets: [String], mayGet: (_ key: [UInt8], _ database: Int) -> Bool,
        _ lookUp: (_ key: [UInt8], _ database: Int, Int) -> KeyFinding?
    ) {
        self.datasets = datasets
        dataset = request.parameter("dataset") ?? datasets.first ?? ""
        key = request.parameter("key") ?? ""
        outcome =
            request.parameter("key") == nil ? .nothingAsked : Self.outcome(dataset, key, datasets, mayGet, lookUp)
    }

    private static func outcome(
        _ dataset: String, _ key: String, _ datasets: [String], _ mayGet: (_ key: [UInt8], _ database: Int) -> Bool,
        _ lookUp: (_ key: [UInt8], _ database: Int, Int) -> KeyFinding?
    ) -> Outcome {
        guard key.utf8.count <= keyBytesMax else {
            return .refused("A key is at most \(Quantity.count(keyBytesMax)) bytes here.")
        }
        guard let bytes = KeyText.bytes(of: key) else {
            return .refused(#"A backslash begins one of \\, \n, \r, \t and \x with two hexadecimal digits."#)
        }
        let nowhere = Outcome.refused("There is no such dataset.")
        guard let database = datasets.firstIndex(of: dataset) else { return nowhere }
        guard mayGet(bytes, database) else { return .forbidden }
        guard let finding = lookUp(bytes, database, valueBytesMax) else { return nowhere }
        return .found(finding)
    }

    /// Of the response.
    var status: Int {
        switch outcome {
        case .nothingAsked, .found: 200
        case .refused: 400
        case .forbidden: 403
        }
    }

    /// A page of its own, for whoever has no script.
    ///
    /// - Parameter hotKeys: By database number; `nil` where who asks may not see them.
    /// - Returns: The form, with what came of the look-up, and the hot keys.
    func page(hotKeys: [[HotKey]]?) -> HTML {
        PageAssets.page(
            title: "Look-up – Almanac",
            """
            <header class="top"><h1>Almanac</h1><p><a href="./">Status</a></p></header>
            <main>
            \(LookupForm(datasets: datasets, dataset: dataset, key: key, result: result).section)
            \(HotKeySection(datasets: datasets, keys: hotKeys).section)
            </main>
            """)
    }

    private var result: HTML {
        switch outcome {
        case .nothingAsked: ""
        case .refused(let reason): "<p class=\"trouble\"><strong>Not looked up.</strong> \(reason)</p>"
        case .forbidden:
            "<p class=\"trouble\"><strong>Not looked up.</strong> The rules of this user do not allow to GET the key.</p>"
        case .found(let finding): found(finding)
        }
    }

    private func found(_ finding: KeyFinding) -> HTML {
        let place: HTML = """
            in <code>\(finding.versionID)</code>, \(Quantity.duration(nanoseconds: finding.nanoseconds))
            """
        switch finding.result {
        case .miss: return "<p><strong>Miss:</strong> there is no such key \(place)</p>"
        case .damaged(let error):
            return
                "<p class=\"trouble\"><strong>Damaged:</strong> the key cannot be read \(place): \(error.description)</p>"
        case .hit(let byteCount, let first):
            let rest = byteCount - first.count
            let size = Quantity.count(byteCount) + (byteCount == 1 ? " byte" : " bytes")
            return """
                <p><strong>Hit:</strong> a value of \(size) \(place)</p>
                <pre class="value" tabindex="0" aria-label="Value">\(KeyText.text(of: first))</pre>
                \(rest > 0 ? "<p class=\"quiet\">and \(Quantity.count(rest)) more bytes</p>" : "" as HTML)
                """
        }
    }
}

/// Where a key is asked for, with the answer to the last.
struct LookupForm {
    var datasets: [String]
    var dataset = ""
    var key = ""
    var result: HTML = ""

    var section: HTML {
        """
        <section id="lookup" aria-labelledby="lookup-title">
        <h2 id="lookup-title">Look up a key</h2>
        <form action="lookup" method="get">
        <label>Dataset <select name="dataset">\(datasets.map(option))</select></label>
        <label class="key">Key <input name="key" value="\(key)" maxlength="\(Lookup.keyBytesMax)" required autocomplete="off" \
        autocapitalize="off" spellcheck="false"></label>
        <button>Look up</button>
        </form>
        <p class="quiet">Other bytes than text are written <code>\\x00</code>, a backslash <code>\\\\</code>. \
        Clients’ counters do not see the look-up.</p>
        <div class="result" role="status">\(result)</div>
        </section>
        """
    }

    private func option(_ name: String) -> HTML {
        "<option\(name == dataset ? " selected" : "" as HTML)>\(name)</option>"
    }
}
