import Glibc

/// How many files and sockets this process has open, and may have.
public struct ProcessDescriptors: Sendable {
    public let openCount: Int
    /// `Int.max` where there is no limit.
    public let openMax: Int

    /// Asks now; reads a directory of `/proc`, so loops do not call it.
    public init() {
        // To list them takes one itself. Without `/proc` the count is not known, and says so by being none.
        openCount = max(((try? FileSystem.names(in: "/proc/self/fd")) ?? []).count - 1, 0)
        var limit = rlimit()
        let isKnown = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        openMax = isKnown ? Int(clamping: limit.rlim_cur) : .max
    }
}
