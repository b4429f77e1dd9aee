import Glibc
import Platform
import Testing

@Suite struct MappingFaultsTests {
    @Test func `A guarded process still ends at a bus error that another process sends`() async {
        await #expect(processExitsWith: .signal(SIGBUS)) {
            try MappingFaults.guardProcess()
            // Any thread may get it, not at once; another signal ends the wait.
            alarm(60)
            kill(getpid(), SIGBUS)
            while true { pause() }
        }
    }
}
