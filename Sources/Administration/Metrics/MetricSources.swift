internal import Commands
public import Exposition
internal import Platform
public import Server
public import Versions

/// Where metrics come from; each may be asked from any thread, and waits for nobody.
public struct MetricSources: Sendable {
    private let observer: ServerObserver
    private let control: SwapControl
    private let health: Health
    private let successes = SuccessCounts()
    /// What the parts count that only the executable knows, such as engines and the log.
    private let others: @Sendable () -> [MetricFamily]

    public init(
        _ observer: ServerObserver, control: SwapControl, health: Health,
        others: @escaping @Sendable () -> [MetricFamily] = { [] }
    ) {
        self.observer = observer
        self.control = control
        self.health = health
        self.others = others
    }

    /// All there is to tell now.
    func families() -> [MetricFamily] {
        let now = Double(Clock.wallMicroseconds()) / 1e6
        let ready = MetricFamily(
            "almanac_ready", .gauge, help: "Whether the server is to get traffic, as /readyz tells.",
            samples: [.init(.count(isReady ? 1 : 0))])
        return [ready] + ServerFamilies(observer.measurements(), successes).all
            + (observer.tlsFacts?.families ?? [])
            + DatasetFamilies(control.facts(), control.counts(), unixSeconds: now).all + others()
            + ProcessFamilies.now()
    }

    private var isReady: Bool { health.readinessChecks().allSatisfy { $0.problem == nil } }
}
