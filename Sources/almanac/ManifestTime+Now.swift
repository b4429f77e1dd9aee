internal import Datasets
private import Platform

extension ManifestTime {
    /// By the machine's clock.
    static var now: ManifestTime { ManifestTime(unixSeconds: Int64(Clock.wallMicroseconds() / 1_000_000)) }
}
