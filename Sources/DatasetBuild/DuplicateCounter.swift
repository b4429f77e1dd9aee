/// Hears of every row that a later one with the same key replaces.
final class DuplicateCounter {
    private let policy: DuplicatePolicy
    private let inputNames: [String]
    private let keyedInputs: Set<Int>
    private(set) var count = 0
    /// How many rows were the same entry of a keyed input, read before.
    private(set) var repeatCount = 0

    /// - Parameters:
    ///   - policy: What becomes of duplicates.
    ///   - inputNames: For errors, by the inputs' index.
    ///   - keyedInputs: Those in which a key that comes twice is the same entry, read twice, and so no duplicate.
    init(_ policy: DuplicatePolicy, inputNames: [String], keyedInputs: Set<Int> = []) {
        self.policy = policy
        self.inputNames = inputNames
        self.keyedInputs = keyedInputs
    }

    func note(_ key: Span<UInt8>, dropped: RowOrigin, kept: RowOrigin) throws(BuildError) {
        guard dropped.input != kept.input || !keyedInputs.contains(kept.input) else {
            repeatCount += 1
            return
        }
        count += 1
        guard policy == .fail else { return }
        throw BuildError(
            .badData,
            "\(place(kept)): the key \(Printable.text(key)) was already at \(place(dropped)); "
                + "--duplicates last-wins keeps the later row")
    }

    private func place(_ origin: RowOrigin) -> String { "\(inputNames[origin.input]):\(origin.line)" }
}
