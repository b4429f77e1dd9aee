/// An amount of memory: so many bytes, or a share of what this process may use.
public enum MemoryShare: Sendable, Equatable {
    case bytes(Int)
    /// 0 to 100.
    case percent(Int)

    /// As many bytes on a machine of `memoryBytes`.
    public func bytes(of memoryBytes: Int) -> Int {
        switch self {
        case .bytes(let count): count
        case .percent(let share): memoryBytes / 100 * share
        }
    }

    /// Reads such as `512MiB` or `5%`.
    init?(_ text: String) {
        if text.hasSuffix("%") {
            guard let share: Int = SettingText.number(String(text.dropLast())), share <= 100 else { return nil }
            self = .percent(share)
        } else {
            guard let count = SettingText.byteCount(text) else { return nil }
            self = .bytes(count)
        }
    }

    /// As an operator would write it.
    var text: String {
        switch self {
        case .bytes(let count): SettingText.text(ofByteCount: count)
        case .percent(let share): "\(share)%"
        }
    }
}
