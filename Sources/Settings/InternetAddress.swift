/// Tells whether text is an IP address, without asking a resolver.
enum InternetAddress {
    /// Four decimal numbers to 255, without leading zeros, which some systems read as octal.
    static func isVersion4(_ text: Substring) -> Bool {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false)
        return fields.count == 4
            && fields.allSatisfy { field in
                guard let number: UInt8 = SettingText.number(String(field)) else { return false }
                return String(number) == field
            }
    }

    /// RFC 4291's text forms, without a zone.
    static func isVersion6(_ text: Substring) -> Bool {
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        switch halves.count {
        case 1: return groupCount(text, mayEndInVersion4: true) == 8
        case 2:
            // `::` stands for at least one group of zeros; either side of it may be empty.
            guard let before = halves[0].isEmpty ? 0 : groupCount(halves[0], mayEndInVersion4: false),
                let after = halves[1].isEmpty ? 0 : groupCount(halves[1], mayEndInVersion4: true)
            else { return false }
            return before + after <= 7
        default: return false
        }
    }

    /// How many 16-bit groups `text` spells; `nil` where it is not groups between colons.
    private static func groupCount(_ text: Substring, mayEndInVersion4: Bool) -> Int? {
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        var count = 0
        for (index, group) in groups.enumerated() {
            if mayEndInVersion4, index == groups.count - 1, isVersion4(group) {
                count += 2
            } else {
                guard (1...4).contains(group.utf8.count), group.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
                    return nil
                }
                count += 1
            }
        }
        return count
    }
}
