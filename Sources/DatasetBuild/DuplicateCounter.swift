/// What becomes of rows with a key that an earlier row had, and how to tell of them.
struct DuplicateRule: Sendable {
    let policy: DuplicatePolicy
    /// For errors, by the inputs' index.
    let inputNames: [String]

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
    private(set) var count = 0

    init(_ rule: DuplicateRule) { self.rule = rule }

    func note(_ key: Span<UInt8>, dropped: RowOrigin, kept: RowOrigin) throws(BuildError) {
        count += 1
        if rule.policy == .fail { throw rule.error(key, dropped: dropped, kept: kept) }
    }
}
