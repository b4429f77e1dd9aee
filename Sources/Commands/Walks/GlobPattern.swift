public import Storage

/// A pattern of `KEYS`, `SCAN MATCH` and `CONFIG GET`, with exactly Redis's meaning.
///
/// `*` is any run, `?` any byte, `[ab]`, `[a-c]` and `[^ab]` one byte of or not of a class, `\` takes the
/// next byte as it is. Every part but `*` takes exactly one byte, so that on a mismatch only the last `*`
/// need take more: time is at most the product of both lengths.
public struct GlobPattern: Sendable {
    private let pattern: [UInt8]
    private let isCaseInsensitive: Bool
    /// The bytes that whatever matches begins with.
    public let prefix: [UInt8]
    /// Where ``prefix`` ends in ``pattern``.
    private let prefixEnd: Int

    public init(_ pattern: Span<UInt8>, isCaseInsensitive: Bool = false) {
        self.pattern = [UInt8](copying: pattern)
        self.isCaseInsensitive = isCaseInsensitive
        var prefix: [UInt8] = []
        var index = 0
        scan: while !isCaseInsensitive, index < pattern.count {
            switch pattern[index] {
            case .star, .questionMark, .openingBracket: break scan
            case .backslash where index + 1 < pattern.count:
                prefix.append(pattern[index + 1])
                index += 2
            default:
                prefix.append(pattern[index])
                index += 1
            }
        }
        self.prefix = prefix
        prefixEnd = index
    }

    /// How long the pattern is, which bounds what matching one key costs.
    public var byteCount: Int { pattern.count }

    /// Whether this is `*`, which Redis does not even look at keys for: it alone matches the empty key too.
    public var matchesEverything: Bool { pattern.count == 1 && pattern[0] == .star }

    /// Whether no part of the pattern is anything but a byte to be matched, so that one string matches at most.
    public var isLiteral: Bool { !isCaseInsensitive && prefixEnd == pattern.count }

    /// Where in the order of keys a walk may begin.
    public var start: ScanStart { prefix.isEmpty ? .beginning : .key(prefix) }

    public func matches(_ text: Span<UInt8>) -> Bool {
        if matchesEverything { return true }
        guard text.count >= prefix.count else { return false }
        for index in prefix.indices where text[index] != prefix[index] { return false }
        return matchesRest(text)
    }

    /// Matches what is behind the prefix.
    private func matchesRest(_ text: Span<UInt8>) -> Bool {
        let pattern = pattern.span
        var place = prefixEnd
        var index = prefix.count
        // Nothing is left: the empty string matches the empty pattern only, `**` does not match it.
        if index == text.count { return (index > 0 ? Self.behindStars(place, pattern) : place) == pattern.count }
        var star: (place: Int, index: Int)?
        while true {
            if place < pattern.count, pattern[place] == .star {
                place = Self.behindStars(place, pattern)
                if place == pattern.count { return true }
                star = (place, index)
            }
            if place < pattern.count, matchesOne(text[index], pattern, &place) {
                index += 1
                if index == text.count { return Self.behindStars(place, pattern) == pattern.count }
            } else {
                guard let last = star, last.index + 1 < text.count else { return false }
                star = (last.place, last.index + 1)
                (place, index) = (last.place, last.index + 1)
            }
        }
    }

    private static func behindStars(_ place: Int, _ pattern: Span<UInt8>) -> Int {
        var place = place
        while place < pattern.count, pattern[place] == .star { place += 1 }
        return place
    }

    /// Matches one byte with the part at `place`, and moves behind that part.
    @inline(__always)
    private func matchesOne(_ byte: UInt8, _ pattern: Span<UInt8>, _ place: inout Int) -> Bool {
        var part = pattern[place]
        place += 1
        switch part {
        case .questionMark: return true
        case .openingBracket: return matchesClass(byte, pattern, &place)
        case .backslash where place < pattern.count:
            part = pattern[place]
            place += 1
        default: break
        }
        return isCaseInsensitive ? part.lowercased == byte.lowercased : part == byte
    }

    /// Matches one byte with the class whose `[` is before `place`, and moves behind its `]`, or its end.
    ///
    /// A class may be left open. The order of bytes in a range is that of C's signed `char`.
    private func matchesClass(_ byte: UInt8, _ pattern: Span<UInt8>, _ place: inout Int) -> Bool {
        let isNegated = place < pattern.count && pattern[place] == .caret
        if isNegated { place += 1 }
        var isMember = false
        while place < pattern.count, pattern[place] != .closingBracket {
            let left = pattern.count - place
            if left >= 2, pattern[place] == .backslash {
                // Redis does not fold the case of escaped bytes.
                if pattern[place + 1] == byte { isMember = true }
                place += 2
            } else if left >= 3, pattern[place + 1] == .hyphen {
                if isInRange(byte, pattern[place], pattern[place + 2]) { isMember = true }
                place += 3
            } else {
                let part = pattern[place]
                if isCaseInsensitive ? part.lowercased == byte.lowercased : part == byte { isMember = true }
                place += 1
            }
        }
        if place < pattern.count { place += 1 }
        return isMember != isNegated
    }

    private func isInRange(_ byte: UInt8, _ first: UInt8, _ last: UInt8) -> Bool {
        var low = min(Int8(bitPattern: first), Int8(bitPattern: last))
        var high = max(Int8(bitPattern: first), Int8(bitPattern: last))
        var value = Int8(bitPattern: byte)
        if isCaseInsensitive {
            // After the ends were put in order, as in Redis.
            low = Int8(bitPattern: UInt8(bitPattern: low).lowercased)
            high = Int8(bitPattern: UInt8(bitPattern: high).lowercased)
            value = Int8(bitPattern: byte.lowercased)
        }
        return low <= value && value <= high
    }
}

extension UInt8 {
    fileprivate static let star = Self(ascii: "*")
    fileprivate static let questionMark = Self(ascii: "?")
    fileprivate static let openingBracket = Self(ascii: "[")
    fileprivate static let closingBracket = Self(ascii: "]")
    fileprivate static let backslash = Self(ascii: "\\")
    fileprivate static let caret = Self(ascii: "^")
    fileprivate static let hyphen = Self(ascii: "-")

    /// The small letter of an ASCII capital; others as they are.
    var lowercased: Self { (Self(ascii: "A")...Self(ascii: "Z")).contains(self) ? self | 0x20 : self }
}
