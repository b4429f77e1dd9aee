public import Commands
public import Exposition
internal import Platform
public import Server
public import Versions

/// Where metrics come from; each may be asked from any thread, and waits for nobody.
public struct MetricSources: Sendable {
    public var observer: ServerObserver
    /// As `DATASET LIST` tells them, by database number.
    public var datasets: @Sendable () -> [DatasetFacts]
    /// What has become of their versions, by database number.
    public var swaps: @Sendable () -> [SwapCounts]
    /// Whether the server is to get traffic.
    public var isReady: @Sendable () -> Bool
    /// What the parts count that only the executable knows, such as engines and the log.
    public var others: @Sendable () -> [MetricFamily]

    public init(
        observer: ServerObserver, datasets: @escaping @Sendable () -> [DatasetFacts],
        swaps: @escaping @Sendable () -> [SwapCounts], isReady: @escaping @Sendable () -> Bool,
        others: @escaping @Sendable () -> [MetricFamily] = { [] }
    ) {
        self.observer = observer
        self.datasets = datasets
        self.swaps = swaps
        self.isReady = isReady
        self.others = others
    }

    /// All there is to tell now.
    func families() -> [MetricFamily] {
        let now = Double(Clock.wallMicroseconds()) / 1e6
        let ready = MetricFamily(
            "almanac_ready", .gauge, help: "Whether the server is to get traffic, as /readyz tells.",
            samples: [.init(.count(isReady() ? 1 : 0))])
        return [ready] + ServerFamilies(observer.measurements()).all
            + DatasetFamilies(datasets(), swaps(), unixSeconds: now).all + others() + ProcessFamilies.now()
    }
}
