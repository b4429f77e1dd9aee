/// One IP address to listen on.
public struct ListenHost: Sendable, Equatable {
    public let address: String
    /// Whether a machine that does not have the address is to be served without it.
    public let mayBeMissing: Bool

    /// What an address of the settings stands for: `*` is every address of both families, and what follows a `-` may be
    /// missing, as may `::1`, the default, on a machine without IPv6.
    public static func all(of setting: String) -> [ListenHost] {
        let isOptional = setting.hasPrefix("-")
        let address = isOptional ? String(setting.dropFirst()) : setting
        guard address == "*" else {
            return [ListenHost(address: address, mayBeMissing: isOptional || address == "::1")]
        }
        // A machine without IPv6 must not fail for it.
        return [
            ListenHost(address: "0.0.0.0", mayBeMissing: false), ListenHost(address: "::", mayBeMissing: true),
        ]
    }
}
