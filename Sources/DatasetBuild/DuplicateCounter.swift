/// Hears of every row that a later one with the same key replaces.
final class DuplicateCounter {
    private let policy: DuplicatePolicy
    private let inputNames: [String]
    private(set) var count = 0

    /// `inputNames` are for errors, by the inputs' index.
    init(_ policy: DuplicatePolicy, inputNames: [String]) {
        self.policy = policy
        self.inputNames = inputNames
    }

    func note(_ key: Span<UInt8>, dropped: RowOrigin, kept: RowOrigin) throws(BuildError) {
        count += 1
        guard policy == .fail else { return }
        throw BuildError(
            .badData,
            "\(place(kept)): the key \(Printable.text(key)) was already at \(place(dropped)); "
                + "--duplicates last-wins keeps the later row")
    }

    private func place(_ origin: RowOrigin) -> String { "\(inputNames[origin.input]):\(origin.line)" }
}
