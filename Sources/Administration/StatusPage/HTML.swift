/// Text that is HTML already.
///
/// Literals are taken as they are written; whatever is interpolated is escaped, unless it is ``HTML`` itself. So what
/// comes from data cannot become markup, in whatever place of the page it stands.
struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral text: String) { self.text = text }

    init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

    /// Text that is markup, or a style or script that goes into a page as it is.
    init(markup: String) { text = markup }

    /// Text of data, for elements and for quoted attributes.
    init(escaping data: String) {
        text = ""
        text.reserveCapacity(data.utf8.count + 16)
        for scalar in data.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            case _ where Self.isUnseen(scalar): text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    /// What would not be seen, or would have what is around it seen in another order; a line end is as good as a space.
    static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control: scalar != "\n" && scalar != "\t"
        case .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
        default: false
        }
    }

    static func += (page: inout HTML, more: HTML) { page.text += more.text }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        mutating func appendLiteral(_ literal: String) { text += literal }

        mutating func appendInterpolation(_ data: String) { text += HTML(escaping: data).text }

        mutating func appendInterpolation(_ number: Int) { text += String(number) }

        mutating func appendInterpolation(_ html: HTML) { text += html.text }

        mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { text += part.text } }
    }
}
