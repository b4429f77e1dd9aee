import Testing

@testable import Administration

@Suite("HTML") struct HTMLTests {
    @Test("escapes what is interpolated, and nothing else")
    func escapes() {
        let data = #"<script>alert("a" & 'b')</script>"#
        let html: HTML = "<p title=\"\(data)\">\(3)\("<b>" as HTML)</p>"
        #expect(
            html.text
                == "<p title=\"&lt;script&gt;alert(&quot;a&quot; &amp; &#39;b&#39;)&lt;/script&gt;\">3<b></p>")
    }

    @Test("shows what would hide or turn the text around it")
    func unseen() {
        #expect(HTML(escaping: "a\u{202E}b\u{0}c\nd\u{200B}e").text == "a\\u{202e}b\\u{0}c\nd\\u{200b}e")
    }
}
