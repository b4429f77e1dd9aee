/// Reads the notation in which the arguments of commands are written down.
///
/// Words with a lower-case letter are arguments and all others stand for themselves; `[…]` may be left out,
/// `<…>` belongs together, `|` separates what excludes each other, and `[… ...]` repeats what is before it. A word
/// that stands for itself takes along the arguments behind it: `[LIMIT offset count]`.
struct UsageParser {
    private typealias Item = ArgumentDescription

    private let words: [Substring]
    private var next = 0

    /// - Precondition: The brackets of `usage` match.
    static func arguments(of usage: String) -> [ArgumentDescription] {
        var parser = Self(usage)
        let arguments = parser.sequence()
        precondition(parser.next == parser.words.count, "a bracket too many in \(usage)")
        return arguments
    }

    private init(_ usage: String) {
        var words: [Substring] = []
        for word in usage.split(separator: " ") {
            var rest = word
            while rest.count > 1, let first = rest.first, "[<".contains(first) {
                words.append(rest.prefix(1))
                rest = rest.dropFirst()
            }
            let end = rest.lastIndex { !"]>".contains($0) } ?? rest.startIndex
            let core = rest[...end]
            words.append(core)
            for index in rest.indices where index > end { words.append(rest[index...index]) }
        }
        self.words = words
    }

    private var word: Substring? { next < words.count ? words[next] : nil }

    private mutating func expect(_ bracket: Substring) {
        precondition(word == bracket, "no \(bracket) where one belongs")
        next += 1
    }

    // MARK: Grammar

    /// Items up to the end, a closing bracket, `|` or `...`.
    private mutating func sequence() -> [Item] {
        var items: [Item] = []
        while let word, !["]", ">", "|", "..."].contains(word) {
            switch word {
            case "[":
                if let repeated = repetition() {
                    repeatLast(repeated, of: &items)
                } else {
                    var item = group("[", "]")
                    item.isOptional = true
                    items.append(item)
                }
            case "<": items.append(group("<", ">"))
            case _ where word.contains("|"): items.append(choice())
            case _ where Self.isToken(word): items.append(tokenAndArguments())
            default: items.append(argument())
            }
        }
        return items
    }

    /// A word that stands for itself, and the arguments that go with it.
    private mutating func tokenAndArguments() -> Item {
        let token = words[next]
        next += 1
        var items: [Item] = []
        while let word, !["]", ">", "|", "...", "<"].contains(word), !word.contains("|"), !Self.isToken(word) {
            if word == "[" {
                guard let repeated = repetition(isArgument: true) else { break }
                repeatLast(repeated, of: &items)
            } else {
                items.append(argument())
            }
        }
        if items.isEmpty {
            if word == "<" {
                var item = group("<", ">")
                guard item.token == nil, item.kind != .pureToken else { preconditionFailure("two tokens in a row") }
                item.token = String(token)
                return item
            }
            return Self.item(token)
        }
        var item = Self.joined(items)
        item.token = String(token)
        if items.count > 1 { item.name = token.lowercased() }
        return item
    }

    private mutating func argument() -> Item {
        defer { next += 1 }
        return Self.item(words[next])
    }

    /// Words with nothing but `|` between them.
    private mutating func choice() -> Item {
        defer { next += 1 }
        let alternatives = words[next].split(separator: "|").map(Self.item)
        return Item(name: Self.name(of: alternatives), kind: .oneOf, arguments: alternatives)
    }

    private static func item(_ word: Substring) -> Item {
        let name = String(word)
        if isToken(word) { return Item(name: name.lowercased(), kind: .pureToken, token: name) }
        return Item(name: name, kind: kinds[name] ?? .string)
    }

    private mutating func group(_ opening: Substring, _ closing: Substring) -> Item {
        expect(opening)
        var alternatives = [Self.joined(sequence())]
        while word == "|" {
            next += 1
            alternatives.append(Self.joined(sequence()))
        }
        expect(closing)
        guard alternatives.count > 1 else { return alternatives[0] }
        return Item(name: Self.name(of: alternatives), kind: .oneOf, arguments: alternatives)
    }

    /// `[… ...]`, or `nil` with nothing read where the bracket holds something else; where `isArgument`, only a
    /// repetition that begins with an argument will do.
    private mutating func repetition(isArgument: Bool = false) -> [Item]? {
        let start = next
        expect("[")
        if isArgument, let word, Self.isToken(word) {
            next = start
            return nil
        }
        let items = sequence()
        guard word == "..." else {
            next = start
            return nil
        }
        next += 1
        expect("]")
        return items
    }

    /// Marks what `repeated` stands for, the last of `items`, as possibly several.
    private func repeatLast(_ repeated: [Item], of items: inout [Item]) {
        if repeated.count > 1 {
            let last = Self.joined(Array(items.suffix(repeated.count)))
            items.removeLast(repeated.count)
            items.append(last)
        }
        guard let last = items.indices.last else { preconditionFailure("nothing to repeat") }
        items[last].isMultiple = true
        items[last].isTokenRepeated = repeated[0].token != nil && repeated[0].kind != .oneOf
    }

    private static func joined(_ items: [Item]) -> Item {
        guard items.count != 1 else { return items[0] }
        return Item(name: name(of: items), kind: .block, arguments: items)
    }

    private static func name(of items: [Item]) -> String { items.map(\.name).joined(separator: "_") }

    private static func isToken(_ word: Substring) -> Bool {
        !["[", "<"].contains(word) && !word.contains { $0.isLowercase }
    }

    // MARK: Kinds

    /// What arguments of a name are, where not just any text.
    private static let kinds: [String: ArgumentDescription.Kind] = {
        var kinds: [String: ArgumentDescription.Kind] = ["pattern": .pattern]
        for name in [
            "key", "key1", "key2", "newkey", "source", "destination", "destkey", "sourcekey",
        ] {
            kinds[name] = .key
        }
        for name in [
            "bit", "bits", "client-id", "cluster_bus_port", "config-epoch", "count", "cursor", "db", "decrement",
            "destination-db", "end-slot", "entries_added", "entries_read", "frequency", "index", "index1", "index2",
            "len", "limit", "milliseconds", "ms", "num-matches", "numfields", "numids", "numkeys", "numreplicas",
            "offset",
            "port", "protover", "rank", "seconds", "slot", "start-slot", "ttl", "version", "weight",
        ] {
            kinds[name] = .integer
        }
        for name in ["timeout", "height", "latitude", "longitude", "radius", "score", "width"] { kinds[name] = .double }
        for name in ["unix-time-seconds", "unix-time-milliseconds"] { kinds[name] = .unixTime }
        return kinds
    }()
}
