/// Takes the rows of one input to the version's writer, and knows the input's name.
struct InputRows: RowSink, ~Copyable {
    private let writer: any VersionWriter
    private(set) var rowCount = 0
    private(set) var badRowCount = 0
    private var inputIndex = 0
    private var inputName = ""
    private let badRowsMax: Int
    private let monitor: BuildMonitor

    /// More than this many are counted, and not told one by one.
    private static let badRowsShownMax = 20

    init(writer: any VersionWriter, badRowsMax: Int, monitor: BuildMonitor) {
        self.writer = writer
        self.badRowsMax = badRowsMax
        self.monitor = monitor
    }

    mutating func begin(input index: Int, name: String) {
        inputIndex = index
        inputName = name
    }

    mutating func take(key: Span<UInt8>, value: Span<UInt8>, line: Int) throws(BuildError) {
        rowCount += 1
        try writer.add(key: key, value: value, origin: RowOrigin(input: inputIndex, line: line))
    }

    mutating func takeBad(line: Int, _ problem: String) throws(BuildError) {
        badRowCount += 1
        guard badRowCount > badRowsMax else {
            if badRowCount <= Self.badRowsShownMax { monitor.say("\(inputName):\(line): \(problem) (skipped)") }
            if badRowCount == Self.badRowsShownMax { monitor.say("further malformed rows are counted only") }
            return
        }
        let more = badRowsMax > 0 ? " (malformed row \(badRowCount); --skip-bad allows \(badRowsMax))" : ""
        throw BuildError(.badData, "\(inputName):\(line): \(problem)\(more)")
    }

    borrowing func failure(line: Int, _ problem: String) -> BuildError {
        BuildError(.badData, "\(inputName):\(line): \(problem)")
    }
}
