import Glibc

/// How many files this process may have open.
public enum OpenFileLimit {
    /// Raises the limit as far as may be without privileges, and leaves it where the kernel refuses.
    ///
    /// The usual 1,024 is for programs that use select(2), which cannot know of more.
    ///
    /// - Returns: The limit in effect; `nil` where the kernel does not tell.
    @discardableResult public static func raise() -> Int? {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard unsafe getrlimit(resource, &limit) == 0 else { return nil }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        if unsafe setrlimit(resource, &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }
}
