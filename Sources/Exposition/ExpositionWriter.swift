/// Writes metric families as text.
public struct ExpositionWriter {
    private let format: ExpositionFormat
    private var text: [UInt8] = []

    private init(_ format: ExpositionFormat) { self.format = format }

    /// All of `families`, in their order; those of one name become one, where the first of them stood.
    public static func text(of families: [MetricFamily], as format: ExpositionFormat) -> [UInt8] {
        var merged: [MetricFamily] = []
        var places: [String: Int] = [:]
        for family in families {
            if let place = places[family.name] {
                merged[place].samples += family.samples
            } else {
                places[family.name] = merged.count
                merged.append(family)
            }
        }
        var writer = ExpositionWriter(format)
        for family in merged where !family.samples.isEmpty { writer.write(family) }
        if format == .openMetrics { writer.append("# EOF\n") }
        return writer.text
    }

    private mutating func write(_ family: MetricFamily) {
        let name = familyName(of: family)
        append("# HELP \(name) \(escapedHelp(family.help))\n")
        append("# TYPE \(name) \(typeName(of: family.kind))\n")
        if format == .openMetrics, let unit = Self.unit(of: name) { append("# UNIT \(name) \(unit)\n") }
        for sample in family.samples {
            switch sample.value {
            case .number(let number): line(family.name, sample.labels, Self.number(number))
            case .count(let count): line(family.name, sample.labels, String(count))
            case .histogram(let buckets, let count, let sum):
                for bucket in buckets {
                    let bound = MetricFamily.Label("le", bucketBound(bucket.bound))
                    line(family.name + "_bucket", sample.labels + [bound], String(bucket.cumulativeCount))
                }
                line(family.name + "_bucket", sample.labels + [MetricFamily.Label("le", "+Inf")], String(count))
                line(family.name + "_sum", sample.labels, Self.number(sum))
                line(family.name + "_count", sample.labels, String(count))
            }
        }
    }

    /// What the lines that begin with `#` call a family: OpenMetrics leaves the ending of its kind to the samples.
    private func familyName(of family: MetricFamily) -> String {
        guard format == .openMetrics else { return family.name }
        let ending =
            switch family.kind {
            case .counter: "_total"
            case .info: "_info"
            case .gauge, .histogram: ""
            }
        return family.name.hasSuffix(ending) ? String(family.name.dropLast(ending.count)) : family.name
    }

    private func typeName(of kind: MetricFamily.Kind) -> String {
        // Prometheus's form has no word for an info.
        kind == .info && format == .prometheus ? MetricFamily.Kind.gauge.rawValue : kind.rawValue
    }

    private mutating func line(_ name: String, _ labels: [MetricFamily.Label], _ value: String) {
        append(name)
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
            append("{" + pairs.joined(separator: ",") + "}")
        }
        append(" \(value)\n")
    }

    private mutating func append(_ piece: String) { text.append(contentsOf: piece.utf8) }

    /// OpenMetrics wants to be told where the end of a name is a unit.
    private static func unit(of name: String) -> String? {
        ["seconds", "bytes"].first { name.hasSuffix("_" + $0) }
    }

    /// OpenMetrics has a point in every bound, which Prometheus's form does not ask for.
    private func bucketBound(_ bound: Double) -> String {
        format == .openMetrics ? bound.description : Self.number(bound)
    }

    /// As short as can be read back exactly, whole numbers without a fraction.
    private static func number(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number > 0 ? "+Inf" : "-Inf" }
        let text = number.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// Of help, only OpenMetrics escapes quotation marks.
    private func escapedHelp(_ help: String) -> String {
        Self.escaped(help, quotes: format == .openMetrics)
    }

    private static func escaped(_ text: String, quotes: Bool = true) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
