internal import Datasets
internal import FoundationEssentials

/// What every page has in its head, and what browsers may do with it.
enum PageAssets {
    static let style = String(decoding: PackageResources.status_css, as: UTF8.self)
    static let script = String(decoding: PackageResources.status_js, as: UTF8.self)

    /// Nothing from elsewhere, no other script or style than these, nothing sent but to this server, no frame around it.
    static let securityPolicy =
        "default-src 'none'; style-src '\(hash(style))'; script-src '\(hash(script))'; connect-src 'self'; "
        + "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    /// A whole page around its body.
    static func page(title: String, _ body: HTML) -> HTML {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title)</title>
        <link rel="icon" href="\(HTML(markup: icon))">
        <style>\(HTML(markup: style))</style>
        </head>
        <body>
        \(body)
        <script>\(HTML(markup: script))</script>
        </body>
        </html>

        """
    }

    /// Three lines, the second of them in the accent's colour: a page of a table.
    private static let icon =
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
        + "%3Crect width='16' height='16' rx='3' fill='%231f5fa8'/%3E"
        + "%3Cpath d='M4 5h8M4 8h8M4 11h5' stroke='white' stroke-width='1.6'/%3E%3C/svg%3E"

    private static func hash(_ text: String) -> String {
        let digest = SHA256.digest(of: Array(text.utf8).span)
        return "sha256-" + Data(digest.bytes).base64EncodedString()
    }
}
