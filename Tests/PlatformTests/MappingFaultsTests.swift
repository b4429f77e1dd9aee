import Glibc
import Platform
import Testing

@Suite struct MappingFaultsTests {
    @Test func `A guarded process still ends at a bus error that another process sends`() async {
        await #expect(processExitsWith: .signal(SIGBUS)) {
            try MappingFaults.guardProcess()
            kill(getpid(), SIGBUS)
            exit(0)
        }
    }
}
