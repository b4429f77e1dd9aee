/// Counts the rows that one thread has done, and reports them now and then.
///
/// What is reported to may throw, and so ends the work.
final class Checkpoints {
    private let report: (_ rows: Int) throws(BuildError) -> Void
    private var rows = 0

    /// Asking the clock and the kernel costs more than a row does.
    private static let interval = 1024

    init(_ report: @escaping (_ rows: Int) throws(BuildError) -> Void) { self.report = report }

    /// Counts one row done.
    @inline(__always) func pass() throws(BuildError) {
        rows += 1
        if rows == Self.interval { try flush() }
    }

    /// Reports what has been counted since the last report.
    func flush() throws(BuildError) {
        let counted = rows
        rows = 0
        try report(counted)
    }
}
