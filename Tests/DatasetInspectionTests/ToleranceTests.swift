import DatasetInspection
import Testing

@Suite struct ToleranceTests {
    @Test(arguments: [
        ("0", Tolerance.keys(0)), ("12", .keys(12)), ("0%", .percent(0)), ("0.5%", .percent(0.5)),
        ("100%", .percent(100)),
        ("-1", nil), ("+1", nil), ("1.5", nil), ("", nil), ("%", nil), ("101%", nil), ("-1%", nil), ("x%", nil),
        ("nan%", nil), ("inf%", nil),
    ]) func `A tolerance is a number of keys or a share of them`(text: String, expected: Tolerance?) {
        #expect(Tolerance(text) == expected)
    }

    @Test func `It holds to the key`() {
        var result = ComparisonResult()
        (result.equal, result.changed, result.missing, result.new) = (996, 1, 1, 2)
        #expect(Tolerance.keys(4).allows(result) && !Tolerance.keys(3).allows(result))
        // B has 999 keys, A 998.
        #expect(Tolerance.percent(0.41).allows(result) && !Tolerance.percent(0.40).allows(result))
        #expect(Tolerance.keys(0).allows(ComparisonResult()) && Tolerance.percent(0).allows(ComparisonResult()))
    }
}
