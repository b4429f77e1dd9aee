import Exposition
import Testing

@Suite("Text of metrics")
struct ExpositionWriterTests {
    private func text(_ families: [MetricFamily], _ format: ExpositionFormat = .prometheus) -> String {
        String(decoding: ExpositionWriter.text(of: families, as: format), as: UTF8.self)
    }

    private let counter = MetricFamily(
        "almanac_commands_total", .counter, help: "Calls.",
        samples: [.init(.count(7), [.init("command", "get"), .init("outcome", "ok")]), .init(.number(0.5))])

    @Test("A counter's lines begin with its whole name in Prometheus's form, and without the ending in OpenMetrics")
    func counters() {
        let samples = "almanac_commands_total{command=\"get\",outcome=\"ok\"} 7\nalmanac_commands_total 0.5\n"
        #expect(
            text([counter])
                == "# HELP almanac_commands_total Calls.\n# TYPE almanac_commands_total counter\n" + samples)
        #expect(
            text([counter], .openMetrics)
                == "# HELP almanac_commands Calls.\n# TYPE almanac_commands counter\n" + samples + "# EOF\n")
    }

    @Test("OpenMetrics is told units, and what is an info; Prometheus's form has no word for either")
    func kinds() {
        let info = MetricFamily("a_build_info", .info, help: "I.", samples: [.init(.count(1), [.init("v", "1")])])
        #expect(text([info]) == "# HELP a_build_info I.\n# TYPE a_build_info gauge\na_build_info{v=\"1\"} 1\n")
        #expect(
            text([info], .openMetrics)
                == "# HELP a_build I.\n# TYPE a_build info\na_build_info{v=\"1\"} 1\n# EOF\n")
        let bytes = MetricFamily("a_sent_bytes_total", .counter, help: "B.", samples: [.init(.count(2))])
        #expect(
            text([bytes], .openMetrics)
                == "# HELP a_sent_bytes B.\n# TYPE a_sent_bytes counter\n# UNIT a_sent_bytes bytes\n"
                + "a_sent_bytes_total 2\n# EOF\n")
        #expect(!text([bytes]).contains("UNIT"))
    }

    @Test("A histogram has its buckets, then infinity, sum and count; OpenMetrics has a point in every bound")
    func histograms() {
        let buckets = [
            MetricFamily.Bucket(bound: 0.000001, cumulativeCount: 1),
            MetricFamily.Bucket(bound: 1, cumulativeCount: 3),
        ]
        let family = MetricFamily(
            "a_seconds", .histogram, help: "H.",
            samples: [.init(.histogram(buckets: buckets, count: 4, sum: 2.25), [.init("x", "y")])])
        let rest = "a_seconds_bucket{x=\"y\",le=\"+Inf\"} 4\na_seconds_sum{x=\"y\"} 2.25\na_seconds_count{x=\"y\"} 4\n"
        #expect(
            text([family])
                == "# HELP a_seconds H.\n# TYPE a_seconds histogram\na_seconds_bucket{x=\"y\",le=\"1e-06\"} 1\n"
                + "a_seconds_bucket{x=\"y\",le=\"1\"} 3\n" + rest)
        #expect(
            text([family], .openMetrics)
                == "# HELP a_seconds H.\n# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n"
                + "a_seconds_bucket{x=\"y\",le=\"1e-06\"} 1\na_seconds_bucket{x=\"y\",le=\"1.0\"} 3\n" + rest
                + "# EOF\n")
    }

    @Test("Nothing in a label or in help ends a line or a label")
    func escaping() {
        let family = MetricFamily(
            "a", .gauge, help: "say \"hi\"\nthen\\go", samples: [.init(.count(1), [.init("x", "\"\\\n}é\r\n")])])
        let sample = "a{x=\"\\\"\\\\\\n}é\r\\n\"} 1\n"
        #expect(text([family]) == "# HELP a say \"hi\"\\nthen\\\\go\n# TYPE a gauge\n" + sample)
        #expect(
            text([family], .openMetrics)
                == "# HELP a say \\\"hi\\\"\\nthen\\\\go\n# TYPE a gauge\n" + sample + "# EOF\n")
    }

    @Test(
        "Numbers are as short as can be read back",
        arguments: [
            (1.0, "1"), (0.1, "0.1"), (1e15, "1e+15"), (1e22, "1e+22"), (-2.5, "-2.5"), (.nan, "NaN"),
            (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (1_732_000_000.25, "1732000000.25"),
        ] as [(Double, String)])
    func numbers(number: Double, written: String) {
        let family = MetricFamily("a", .gauge, help: "", samples: [.init(.number(number))])
        let read = text([family]).split(separator: " ").last.flatMap { Double($0.dropLast()) }
        #expect(read?.bitPattern == number.bitPattern)
        if !written.contains("e") { #expect(text([family]).hasSuffix("\na \(written)\n")) }
    }

    @Test("Families of one name become one, and those without samples are left out")
    func merging() {
        let other = MetricFamily("b", .gauge, help: "B.", samples: [.init(.count(1))])
        let empty = MetricFamily("c", .gauge, help: "C.", samples: [])
        let more = MetricFamily("almanac_commands_total", .counter, help: "Not this.", samples: [.init(.count(9))])
        let expected = text([counter]) + "almanac_commands_total 9\n" + text([other])
        #expect(text([counter, other, empty, more]) == expected)
        #expect(text([], .openMetrics) == "# EOF\n")
    }

    @Test(
        "The form is the one that a scraper likes best, and Prometheus's where it does not say",
        arguments: [
            (nil, .prometheus), ("", .prometheus), ("*/*", .prometheus), ("text/html", .prometheus),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics),
            ("application/openmetrics-text", .openMetrics),
            ("application/openmetrics-text;version=2.0.0", .prometheus),
            ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.9", .prometheus),
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
            ),
            ("APPLICATION/OPENMETRICS-TEXT ; q=1", .openMetrics), ("application/openmetrics-text;q=0", .prometheus),
        ] as [(String?, ExpositionFormat)])
    func negotiation(accept: String?, format: ExpositionFormat) {
        #expect(ExpositionFormat(accept: accept) == format)
        #expect(format.contentType.contains(format == .openMetrics ? "version=1.0.0" : "version=0.0.4"))
    }
}
