public import Commands
public import Server
public import Settings

/// A running server, as the endpoints see it; all of it may be asked from any thread.
public struct ObservedServer: Sendable {
    public var observer: ServerObserver
    /// Which versions are served, and why.
    public var control: any DatasetControl
    /// At the start.
    public var settings: ServerSettings
    public var metrics: MetricSources

    public init(
        _ observer: ServerObserver, control: any DatasetControl, settings: ServerSettings, metrics: MetricSources
    ) {
        self.observer = observer
        self.control = control
        self.settings = settings
        self.metrics = metrics
    }
}
