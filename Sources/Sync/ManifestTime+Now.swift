internal import Datasets
internal import Platform

extension ManifestTime {
    /// As the clock on the wall has it, which may be wrong: for people to read, and for nothing to be decided by.
    static var now: ManifestTime { ManifestTime(unixSeconds: Int64(Clock.wallMicroseconds() / 1_000_000)) }
}
