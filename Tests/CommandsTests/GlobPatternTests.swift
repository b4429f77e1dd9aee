import Storage
import Testing

@testable import Commands

/// Bytes written a character each, up to U+00FF.
private func bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

private func matches(_ pattern: [UInt8], _ text: [UInt8], isCaseInsensitive: Bool = false) -> Bool {
    GlobPattern(pattern.span, isCaseInsensitive: isCaseInsensitive).matches(text.span)
}

@Suite struct GlobPatternTests {
    @Test("Patterns match the keys that they match in Redis", arguments: globExpectations)
    func asInRedis(pattern: String, keys: [Int]) {
        let matched = globKeys.indices.filter { matches(bytes(pattern), bytes(globKeys[$0])) }
        #expect(matched == keys)
    }

    @Test("Random patterns match what a plain recursive matcher says, with and without regard to case")
    func randomPatterns() {
        var random = Generator(state: 0x00a1_7a2a_c0ff_ee00)
        let alphabet = bytes("aabbAB*?[]^-\\\u{80}\u{ff}\u{00}")
        var matchCount = 0
        for round in 0..<60_000 {
            let pattern = (0..<random.below(10)).map { _ in alphabet[random.below(alphabet.count)] }
            let text = (0..<random.below(8)).map { _ in alphabet[random.below(round % 2 == 0 ? 6 : alphabet.count)] }
            for isCaseInsensitive in [false, true] {
                let expected = Reference(isCaseInsensitive: isCaseInsensitive).matches(pattern[...], text[...])
                let isEverything = pattern == bytes("*")
                if matches(pattern, text, isCaseInsensitive: isCaseInsensitive) != (expected || isEverything) {
                    Issue.record("\(pattern) on \(text), case-insensitive: \(isCaseInsensitive)")
                    return
                }
                matchCount += expected ? 1 : 0
            }
        }
        #expect(matchCount > 3_000)
    }

    @Test(
        "The prefix of a pattern is what every match begins with",
        arguments: [
            ("", "", false), ("abc", "abc", true), ("abc*", "abc", false), ("a\\*b?", "a*b", false),
            ("a\\", "a\\", true), ("*a", "", false), ("[a]b", "", false), ("a[", "a", false), ("\\\\x", "\\x", true),
        ])
    func prefix(pattern: String, prefix: String, isLiteral: Bool) {
        let compiled = GlobPattern(bytes(pattern).span)
        #expect(compiled.prefix == bytes(prefix))
        #expect(compiled.isLiteral == (isLiteral || pattern.isEmpty))
        #expect(compiled.start == (prefix.isEmpty ? .beginning : .key(bytes(prefix))))
    }

    @Test("A pattern that disregards case has no prefix to seek by")
    func noPrefixWithoutCase() {
        let pattern = GlobPattern(bytes("max*").span, isCaseInsensitive: true)
        #expect(pattern.prefix.isEmpty)
        #expect(matches(bytes("max*"), bytes("MaxMemory"), isCaseInsensitive: true))
        #expect(!pattern.isLiteral)
    }

    @Test("Many stars on a long key take no more steps than the product of the lengths")
    func manyStars() {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 5_000)
        // A matcher that tried every way of sharing the key out among the stars would not return.
        for pattern in [String(repeating: "a*", count: 200) + "b", String(repeating: "*a", count: 200) + "*b*"] {
            #expect(!matches(bytes(pattern), text))
        }
        #expect(matches(bytes(String(repeating: "*a", count: 200)), text))
    }
}

/// Pattern matching as it is defined, without regard to time: each rest of the text is tried for each star.
private struct Reference {
    let isCaseInsensitive: Bool

    func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let head = text.first else { return pattern.isEmpty }
        guard let first = pattern.first else { return false }
        var rest = pattern.dropFirst()
        let isMatch: Bool
        switch Character(Unicode.Scalar(first)) {
        case "*":
            if rest.allSatisfy({ $0 == first }) { return true }
            return text.indices.contains { matches(rest, text[$0...]) }
        case "?": isMatch = true
        case "[": isMatch = isInClass(head, &rest)
        case "\\" where !rest.isEmpty: isMatch = isSame(rest.removeFirst(), head)
        default: isMatch = isSame(first, head)
        }
        guard isMatch else { return false }
        let left = text.dropFirst()
        if left.isEmpty { return rest.allSatisfy { $0 == UInt8(ascii: "*") } }
        return matches(rest, left)
    }

    private func isInClass(_ byte: UInt8, _ rest: inout ArraySlice<UInt8>) -> Bool {
        let isNegated = rest.first == UInt8(ascii: "^")
        if isNegated { rest.removeFirst() }
        var members: [(UInt8) -> Bool] = []
        while let part = rest.first, part != UInt8(ascii: "]") {
            let next = Array(rest.prefix(3))
            if part == UInt8(ascii: "\\"), next.count > 1 {
                members.append { $0 == next[1] }
                rest.removeFirst(2)
            } else if next.count == 3, next[1] == UInt8(ascii: "-") {
                let ends = [Int8(bitPattern: next[0]), Int8(bitPattern: next[2])].sorted().map { folded($0) }
                members.append { ends[0] <= folded(Int8(bitPattern: $0)) && folded(Int8(bitPattern: $0)) <= ends[1] }
                rest.removeFirst(3)
            } else {
                members.append { isSame(part, $0) }
                rest.removeFirst()
            }
        }
        if !rest.isEmpty { rest.removeFirst() }
        return members.contains { $0(byte) } != isNegated
    }

    private func isSame(_ one: UInt8, _ other: UInt8) -> Bool {
        folded(Int8(bitPattern: one)) == folded(Int8(bitPattern: other))
    }

    private func folded(_ byte: Int8) -> Int8 { isCaseInsensitive && (65...90).contains(byte) ? byte + 32 : byte }
}

private struct Generator {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }
}
