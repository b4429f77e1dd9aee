/// Where some of a command's keys are among its arguments, and what becomes of them.
public struct KeySpecification: Sendable {
    public let access: KeyAccess
    public let begin: Begin
    public let find: Find
    public let notes: String?

    /// Where to start looking.
    public enum Begin: Sendable, Equatable {
        /// At this argument; the command's name is argument 0.
        case index(Int)
        /// Behind a keyword, searched from an argument on, backwards where that is negative.
        case keyword(String, from: Int)
        case unknown
    }

    /// Which arguments are keys from there on.
    public enum Find: Sendable, Equatable {
        /// Every `step`-th one up to `last`: relative to the first, or to the end where negative.
        ///
        /// A `limit` of 2 or more takes one in so many of what is left.
        case range(last: Int, step: Int, limit: Int)
        /// As many as the argument at `count` says, starting at `first`, both relative.
        case counted(at: Int, first: Int, step: Int)
        case unknown
    }

    /// One key, at an argument.
    static func key(_ index: Int, _ access: KeyAccess, notes: String? = nil) -> Self {
        Self(access: access, begin: .index(index), find: .range(last: 0, step: 1, limit: 0), notes: notes)
    }

    /// Keys from an argument on, to one counted from the end (-1: the last) or from the first.
    static func keys(
        _ index: Int, last: Int = -1, step: Int = 1, _ access: KeyAccess, notes: String? = nil
    ) -> Self {
        Self(access: access, begin: .index(index), find: .range(last: last, step: step, limit: 0), notes: notes)
    }

    /// A number of keys at an argument, and the keys behind it.
    static func counted(_ index: Int, step: Int = 1, _ access: KeyAccess, notes: String? = nil) -> Self {
        Self(access: access, begin: .index(index), find: .counted(at: 0, first: 1, step: step), notes: notes)
    }

    /// Keys behind a keyword.
    static func after(
        _ keyword: String, from: Int, last: Int = 0, limit: Int = 0, _ access: KeyAccess
    ) -> Self {
        Self(
            access: access, begin: .keyword(keyword, from: from), find: .range(last: last, step: 1, limit: limit),
            notes: nil)
    }

    /// Keys that only the command itself can find.
    static func unknown(_ access: KeyAccess, notes: String) -> Self {
        Self(access: access, begin: .unknown, find: .unknown, notes: notes)
    }
}

/// What a command does to a key.
public struct KeyAccess: OptionSet, Sendable, BitwiseCopyable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Reads, and changes depending on what is there.
    public static let readWrite = Self(rawValue: 1 << 0)
    public static let readOnly = Self(rawValue: 1 << 1)
    /// Changes whatever is there.
    public static let overwrite = Self(rawValue: 1 << 2)
    /// Deletes whatever is there.
    public static let remove = Self(rawValue: 1 << 3)
    /// Gives the user some of the value.
    public static let access = Self(rawValue: 1 << 4)
    public static let update = Self(rawValue: 1 << 5)
    public static let insert = Self(rawValue: 1 << 6)
    public static let delete = Self(rawValue: 1 << 7)
    /// Not a key, but routed like one.
    public static let notKey = Self(rawValue: 1 << 8)
    /// Not all keys are found.
    public static let incomplete = Self(rawValue: 1 << 9)
    /// Other flags depend on the arguments.
    public static let variable = Self(rawValue: 1 << 10)

    /// Redis's spelling of each, in the order of its replies.
    static let names: [(flag: Self, name: StaticString)] = [
        (.readWrite, "RW"), (.readOnly, "RO"), (.overwrite, "OW"), (.remove, "RM"), (.access, "access"),
        (.update, "update"), (.insert, "insert"), (.delete, "delete"), (.notKey, "not_key"),
        (.incomplete, "incomplete"), (.variable, "variable_flags"),
    ]
}

/// Keys as old clients know them: every `step`-th argument from `first` to `last`.
public struct KeyRange: Sendable, Equatable, BitwiseCopyable {
    /// 0 where there is none.
    public let first: Int
    /// Counted from the end where negative.
    public let last: Int
    public let step: Int

    public static let none = Self(first: 0, last: 0, step: 0)

    /// The range that tells most of `keys`, found as Redis finds it, and whether it leaves some out.
    static func covering(_ keys: [KeySpecification]) -> (range: Self, isPartial: Bool) {
        if keys.count == 1, case .index(let first) = keys[0].begin, case .range(let last, let step, _) = keys[0].find {
            let range = Self(first: first, last: last < 0 ? last : first + last, step: step)
            return (range, keys[0].access.contains(.incomplete))
        }
        var first: Int?
        var last = 0
        var isPartial = false
        for key in keys {
            guard case .index(let index) = key.begin, case .range(let relativeLast, 1, _) = key.find,
                last == 0 || last == index - 1
            else {
                isPartial = true
                continue
            }
            if key.access.contains(.incomplete) { isPartial = true }
            first = min(first ?? index, index)
            // An end counted from the back is behind every other.
            let absoluteLast = relativeLast < 0 ? relativeLast : index + relativeLast
            last = last < 0 || absoluteLast < 0 ? min(last, absoluteLast) : max(last, absoluteLast)
        }
        guard let first else { return (.none, isPartial) }
        return (Self(first: first, last: last, step: 1), isPartial)
    }
}
