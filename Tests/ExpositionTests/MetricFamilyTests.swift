import Exposition
import Testing

@Test("A sample keeps its labels in their order")
func labelOrder() {
    let sample = MetricFamily.Sample(.count(3), [.init("name", "get"), .init("outcome", "ok")])
    #expect(sample.labels.map(\.name) == ["name", "outcome"])
}
