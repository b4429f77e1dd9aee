/// Guesses what a mistyped name was meant to be.
enum Suggestion {
    /// The key that `name` is most likely to stand for: one that Redis calls so, or the nearest in spelling.
    static func key(for name: String) -> String? {
        let plain = normalized(name)
        if let row = Setting.all.first(where: { $0.redisName.map(normalized) == plain || normalized($0.key) == plain }
        ) {
            return row.key
        }
        let distances = Setting.all.map { (key: $0.key, distance: distance(plain, normalized($0.key))) }
        guard let nearest = distances.min(by: { $0.distance < $1.distance }) else { return nil }
        // More than a third wrong is another word, not a slip.
        return nearest.distance <= max(1, nearest.key.count / 3) ? nearest.key : nil
    }

    private static func normalized(_ name: String) -> [UInt8] {
        // Names beyond any key's length need no more than their start to be unlike all of them.
        name.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }.prefix(64).map(\.self)
    }

    /// How many letters must be added, dropped, changed, or swapped with their neighbour.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(
                    previous[column + 1] + 1, current[column] + 1, previous[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current.append(best)
            }
            (beforePrevious, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
