/// How often something was tried again, by what had gone wrong with it.
public struct RetryCounts: Sendable, Equatable {
    /// The source could not be reached, broke off, or answered with an error that may pass.
    public var unreachable = 0
    /// What had come was not what was promised, or changed while it came.
    public var corrupt = 0
    /// The credentials had run out.
    public var unauthorised = 0

    public init() {}

    public var total: Int { unreachable + corrupt + unauthorised }

    /// Counts one more; whatever is neither of the others counts as unreachable.
    mutating func add(_ kind: SourceError.Kind) {
        switch kind {
        case .corrupt: corrupt += 1
        case .unauthorised: unauthorised += 1
        default: unreachable += 1
        }
    }

    public static func + (left: RetryCounts, right: RetryCounts) -> RetryCounts {
        var sum = left
        sum.unreachable += right.unreachable
        sum.corrupt += right.corrupt
        sum.unauthorised += right.unauthorised
        return sum
    }

    public static func - (left: RetryCounts, right: RetryCounts) -> RetryCounts {
        var difference = left
        difference.unreachable -= right.unreachable
        difference.corrupt -= right.corrupt
        difference.unauthorised -= right.unauthorised
        return difference
    }
}
