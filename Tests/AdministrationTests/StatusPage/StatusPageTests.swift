import Commands
import Datasets
import Foundation
import HTTP
import Server
import Settings
import Storage
import Testing
import Versions

@testable import Administration

@Suite("The status page") struct StatusPageTests {
    /// A page of a server that is none.
    static func page(
        _ change: @escaping @Sendable (inout ServerFacts) -> Void = { _ in },
        lookUp: @escaping @Sendable ([UInt8], Int) -> KeyFinding? = { _, _ in nil }
    ) -> StatusPage {
        let sources = StatusPage.Sources(
            facts: {
                var facts = ServerFacts()
                facts.datasets = [
                    DatasetFacts(
                        name: "users", versionID: "v2", format: "packed", keyCount: 1_234_567, isKeyCountExact: true)
                ]
                facts.unixMicroseconds = 1_800_000_000_000_000
                change(&facts)
                return facts
            }, histories: { [] }, lookUp: { key, database, _ in lookUp(key, database) })
        return StatusPage(sources, datasets: [DatasetPath(name: "users", path: "/nonexistent")])
    }

    static func answer(
        _ page: StatusPage, _ path: String, _ query: [(name: String, value: String)] = [],
        by visitor: Visitor = .everything
    ) throws
        -> HTTPResponse
    {
        let endpoint = try #require(page.endpoints.first { $0.path == path })
        return endpoint.answer(HTTPRequest(path: path, query: query), to: visitor)
    }

    static func text(_ response: HTTPResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test("shows the datasets without any script")
    func datasets() throws {
        let html = Self.text(try Self.answer(Self.page(), "/"))
        #expect(html.contains("<h3 id=\"dataset-0\">users</h3>") && html.contains("1,234,567"))
        #expect(html.contains("One dataset is being served.") && html.contains("No version stands refused."))
    }

    @Test("allows no script but its own, and nothing from elsewhere")
    func securityPolicy() throws {
        let response = try Self.answer(Self.page(), "/")
        let policy = try #require(response.headers.first { $0.name == "Content-Security-Policy" }?.value)
        let html = Self.text(response)
        for (element, source) in [("style", "style-src"), ("script", "script-src")] {
            let parts = html.components(separatedBy: "<\(element)>")
            #expect(parts.count == 2)
            let content = parts[1].components(separatedBy: "</\(element)>")[0]
            let digest = Data(SHA256.digest(of: Array(content.utf8).span).bytes).base64EncodedString()
            #expect(policy.contains("\(source) 'sha256-\(digest)';"))
        }
        #expect(policy.hasPrefix("default-src 'none';") && !policy.contains("unsafe"))
        #expect(!html.contains("http://") || html.components(separatedBy: "http://").count == 3)
        #expect(html.range(of: #"\son[a-z]+="#, options: .regularExpression) == nil && !html.contains(" style="))
    }

    @Test("says first that a version was refused and why, until another is swapped in")
    func refusal() throws {
        let refused = Self.page { facts in
            facts.datasets[0].lastRefusal = DatasetFacts.Refusal(
                versionID: "v3", reason: "guardrail: <img src=x> half of the keys", unixSeconds: 1_700_000_000)
        }
        let html = Self.text(try Self.answer(refused, "/"))
        #expect(html.contains("<code>v3</code> was refused") && html.contains("&lt;img src=x&gt; half of the keys"))
        #expect(!html.contains("<img"))
        let mended = Self.page { facts in
            facts.datasets[0].lastRefusal = DatasetFacts.Refusal(
                versionID: "v3", reason: "guardrail: half of the keys", unixSeconds: 1_700_000_000)
            facts.datasets[0].lastSwapUnixSeconds = 1_700_000_001
        }
        #expect(Self.text(try Self.answer(mended, "/")).contains("No version stands refused."))
        let wentBack = Self.page { facts in
            facts.datasets[0].lastRefusal = DatasetFacts.Refusal(
                versionID: "v3", reason: "rolled-back: DATASET ROLLBACK", unixSeconds: 1_700_000_000)
        }
        #expect(Self.text(try Self.answer(wentBack, "/")).contains("No version stands refused."))
    }

    @Test("says that what is being served is damaged, and what is being swapped in")
    func states() throws {
        let damaged = Self.page { $0.datasets[0].verification = .damaged }
        #expect(Self.text(try Self.answer(damaged, "/")).contains("which is being served, is damaged"))
        let swapping = Self.page {
            $0.datasets[0].state = .swapping
            $0.datasets[0].stagedVersionID = "v3"
        }
        #expect(Self.text(try Self.answer(swapping, "/")).contains("swapping to <code>v3</code>"))
    }

    @Test("is told as JSON, of which the same reads the same")
    func json() throws {
        let page = Self.page()
        let response = try Self.answer(page, "/status.json")
        #expect(response.contentType == "application/json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
        let datasets = try #require(object["datasets"] as? [[String: Any]])
        #expect(datasets[0]["name"] as? String == "users" && datasets[0]["keys"] as? Int == 1_234_567)
        let history = try #require(object["history"] as? [String: Any])
        for name in ["at_ms", "commands_per_second", "p50_ns", "p99_ns", "p999_ns", "connections", "hits_per_second"] {
            #expect(history[name] is [Any], "\(name)")
        }
        #expect(history["seconds_max"] as? Int == 600)
    }

    // MARK: Look-ups

    private static func finding(_ result: KeyFinding.Result) -> KeyFinding {
        KeyFinding(result: result, versionID: "v2", nanoseconds: 12_300)
    }

    @Test("looks a key up, given in bytes, and shows the beginning of its value")
    func hit() throws {
        let page = Self.page(lookUp: { key, database in
            key == [0, 0x61] && database == 0 ? Self.finding(.hit(byteCount: 2_000, first: [0x3C, 0xFF])) : nil
        })
        let html = Self.text(try Self.answer(page, "/lookup", [("dataset", "users"), ("key", #"\x00a"#)]))
        #expect(html.contains("<strong>Hit:</strong> a value of 2,000 bytes in <code>v2</code>, 12.3 µs"))
        #expect(html.contains(#">&lt;\xff</pre>"#) && html.contains("and 1,998 more bytes"))
        #expect(html.contains(#"value="\x00a""#))
    }

    @Test("tells a miss from damage")
    func missAndDamage() throws {
        let miss = Self.page(lookUp: { _, _ in Self.finding(.miss) })
        #expect(Self.text(try Self.answer(miss, "/lookup", [("key", "a")])).contains("<strong>Miss:</strong>"))
        let damage = Self.page(lookUp: { _, _ in
            Self.finding(.damaged(EngineError(operation: "get", kind: .damaged, message: "bad <b>checksum")))
        })
        let html = Self.text(try Self.answer(damage, "/lookup", [("key", "a")]))
        #expect(html.contains("<strong>Damaged:</strong>") && html.contains("bad &lt;b&gt;checksum"))
    }

    @Test(
        "refuses what makes no sense, and shows it harmlessly",
        arguments: [
            ("users", #"\q"#, "A backslash begins"), ("nobody\"><script>", "a", "no such dataset"),
            ("users", String(repeating: "a", count: 4_097), "at most 4,096 bytes"),
        ])
    func refusedLookup(dataset: String, key: String, words: String) throws {
        let response = try Self.answer(Self.page(), "/lookup", [("dataset", dataset), ("key", key)])
        #expect(response.status == 400 && Self.text(response).contains(words))
        #expect(!Self.text(response).contains("\"><script>"))
    }

    @Test("looks nothing up that the rules of who asks keep from it, and shows it no hot keys")
    func forbidden() throws {
        let page = Self.page(lookUp: { _, _ in Self.finding(.hit(byteCount: 1, first: [0x78])) })
        let visitor = Visitor(mayMonitor: false) { key, database in key == [0x61] && database == 0 }
        let allowed = try Self.answer(page, "/lookup", [("key", "a")], by: visitor)
        #expect(allowed.status == 200 && Self.text(allowed).contains("<strong>Hit:</strong>"))
        #expect(Self.text(allowed).contains("Shown to users who may run MONITOR."))
        let refused = try Self.answer(page, "/lookup", [("key", "b")], by: visitor)
        #expect(refused.status == 403 && Self.text(refused).contains("do not allow to GET the key"))
        #expect(!Self.text(refused).contains("Hit:"))
        #expect(!Self.text(try Self.answer(page, "/lookup")).contains("Shown to users"))
    }

    @Test("marks the look-up as what each user is shown by its rules")
    func tellsData() throws {
        let marked = Self.page().endpoints.filter { $0.audience == .users }.map(\.path)
        #expect(marked == ["/lookup"])
    }
}
