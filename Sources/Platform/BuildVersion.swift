/// What this program calls itself.
public enum BuildVersion {
    /// Of Almanac, as `almanac --version` and `INFO` tell it.
    public static let number = "0.1.0"
}
