/// What becomes of rows with a key that an earlier row had, and how to tell of them.
struct DuplicateRule: Sendable {
    let policy: DuplicatePolicy
    /// For errors, by the inputs' index.
    let inputNames: [String]
    /// Inputs in which a key that comes twice is the same entry, read twice, and so no duplicate.
    var keyedInputs: Set<Int> = []

    /// Whether the two rows are one entry of a keyed input, read twice.
    func isRepeat(dropped: RowOrigin, kept: RowOrigin) -> Bool {
        dropped.input == kept.input && keyedInputs.contains(kept.input)
    }

    func error(_ key: Span<UInt8>, dropped: RowOrigin, kept: RowOrigin) -> BuildError {
        BuildError(
            .badData,
            "\(place(kept)): the key \(Printable.text(key)) was already at \(place(dropped)); "
                + "--duplicates last-wins keeps the later row")
    }

    private func place(_ origin: RowOrigin) -> String { "\(inputNames[origin.input]):\(origin.line)" }
}

/// Hears of every row that a later one with the same key replaces; belongs to one thread.
final class DuplicateCounter {
    private let rule: DuplicateRule
    private let keyOffset: Int
    private(set) var count = 0
    /// How many rows were the same entry of a keyed input, read before.
    private(set) var repeatCount = 0

    /// `keyOffset` is how many bytes are sorted by before a key's own.
    init(_ rule: DuplicateRule, keyOffset: Int = 0) {
        self.rule = rule
        self.keyOffset = keyOffset
    }

    func note(_ key: Span<UInt8>, dropped: RowOrigin, kept: RowOrigin) throws(BuildError) {
        if rule.isRepeat(dropped: dropped, kept: kept) {
            repeatCount += 1
            return
        }
        count += 1
        if rule.policy == .fail { throw rule.error(key.extracting(keyOffset...), dropped: dropped, kept: kept) }
    }
}
