internal import ArgumentParser

// The numbers are those of sysexits.h, which supervisors and scripts know.
extension ExitCode {
    /// The command line cannot be understood.
    static let usage = ExitCode(64)
    /// Data is malformed, damaged, or of a kind that this release does not read.
    static let badData = ExitCode(65)
    /// What is to be read lies elsewhere and cannot be reached.
    static let sourceUnreachable = ExitCode(69)
    /// The operating system refused or failed to read, write, listen, or start a thread.
    static let ioError = ExitCode(74)
    /// Settings are wrong, or name something that is not there.
    static let badConfiguration = ExitCode(78)
}
