import Glibc
import Platform
import Testing

@Suite("The limit of open files") struct OpenFileLimitTests {
    @Test("is raised to the hard limit")
    func raised() throws {
        let raised = OpenFileLimit.raise()
        var limit = rlimit()
        try #require(unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        #expect(limit.rlim_cur == limit.rlim_max)
        #expect(raised == Int(clamping: limit.rlim_max))
    }
}
