internal import ArgumentParser
private import Settings

/// A length of time on the command line, read as the settings of `almanac serve` are: `250ms`, `15s`, `10m`.
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = SettingText.duration(argument) else { return nil }
        self.duration = duration
    }

    var description: String { SettingText.text(of: duration) }
}
