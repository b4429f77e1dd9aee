import Testing

@testable import Settings

@Suite("Texts of settings")
struct SettingTextTests {
    static let sizes: [(String, Int)] = [
        ("0", 0), ("65536", 65_536), ("1b", 1), ("1k", 1_000), ("1K", 1_000), ("1kb", 1_024), ("64KiB", 65_536),
        ("64Ki", 65_536), ("1m", 1_000_000), ("512mb", 512 << 20), ("64MiB", 64 << 20), ("64Mi", 64 << 20),
        ("1GiB", 1 << 30), ("1 GiB", 1 << 30), ("2gb", 2 << 30), ("1g", 1_000_000_000), ("16TiB", 16 << 40),
        ("1t", 1_000_000_000_000), ("9223372036854775807", Int.max), ("007", 7),
    ]

    @Test(
        "A size is a whole number with an optional unit",
        arguments: Self.sizes)
    func size(_ text: String, _ bytes: Int) {
        #expect(SettingText.byteCount(text) == bytes)
    }

    @Test(
        "What is no size is refused",
        arguments: [
            "", " ", "-1", "+1", "1.5GiB", "1e6", "0x10", "MiB", "1 ", " 1", "1  MiB", "1MiB ", "1XB", "1_000", "1,000",
            "9223372036854775808", "9007199254740993TiB", "٣", "1\u{0}", "1kib b", "½",
        ])
    func noSize(_ text: String) {
        #expect(SettingText.byteCount(text) == nil)
    }

    static let durations: [(String, Duration)] = [
        ("0", Duration.zero), ("0s", .zero), ("250ms", .milliseconds(250)), ("10s", .seconds(10)),
        ("10", .seconds(10)), ("5m", .seconds(300)), ("1h", .seconds(3_600)), ("1d", .seconds(86_400)),
        ("90 s", .seconds(90)),
    ]

    @Test(
        "A time is a whole number of seconds or of its unit",
        arguments: Self.durations)
    func duration(_ text: String, _ duration: Duration) {
        #expect(SettingText.duration(text) == duration)
    }

    @Test(
        "What is no time is refused",
        arguments: ["", "-1s", "1.5s", "5 parsecs", "s", "5M", "1us", "1h30m", "9223372036854775807s", "10s "])
    func noDuration(_ text: String) {
        #expect(SettingText.duration(text) == nil)
    }

    @Test(
        "Sizes and times are written so that they read back the same",
        arguments: [0, 1, 1_023, 1_024, 1_025, 1 << 20, (1 << 20) + 1, 3 << 30, 16 << 40, 6_319_129_600])
    func roundTrip(_ number: Int) {
        #expect(SettingText.byteCount(SettingText.text(ofByteCount: number)) == number)
        let duration = Duration.milliseconds(number % 100_000_000_000)
        #expect(SettingText.duration(SettingText.text(of: duration)) == duration)
    }

    @Test("Sizes and times are written in the largest unit that says them exactly")
    func largestUnit() {
        #expect(SettingText.text(ofByteCount: 256 << 20) == "256MiB")
        #expect(SettingText.text(ofByteCount: 1_000) == "1000")
        #expect(SettingText.text(of: .seconds(300)) == "5m")
        #expect(SettingText.text(of: .milliseconds(1_500)) == "1500ms")
        #expect(SettingText.text(of: .zero) == "0s")
    }

    @Test("Times that are given as examples are ones that the setting takes")
    func exampleTimes() {
        for setting in Setting.all {
            guard case .duration(let range, let wholeSeconds) = setting.kind else { continue }
            let words = setting.kind.allowed.split { " ,".contains($0) }.prefix { $0 != "from" }
            let times = words.compactMap { SettingText.duration(String($0)) }
            #expect(!times.isEmpty, "\(setting.key)")
            for time in times {
                #expect(range.contains(time), "\(setting.key): \(time)")
                #expect(!wholeSeconds || time.milliseconds.isMultiple(of: 1_000), "\(setting.key): \(time)")
            }
        }
    }

    @Test("Text from outside is shown short, in quotes, and without control characters")
    func quoted() {
        #expect(SettingText.quoted("a\nb\u{1b}[31m\u{202e}") == #""a\u{a}b\u{1b}[31m\u{202e}""#)
        #expect(SettingText.quoted(String(repeating: "x", count: 100)).count == 83)
    }

    static let addresses: [(String, Bool)] = [
        ("127.0.0.1", true), ("0.0.0.0", true), ("255.255.255.255", true), ("256.0.0.1", false),
        ("1.2.3", false), ("1.2.3.4.5", false), ("01.2.3.4", false), ("1.2.3.", false), ("", false),
        ("::", true), ("::1", true), ("1::", true), ("fe80::1", true), ("2001:db8:0:0:0:0:0:1", true),
        ("::ffff:1.2.3.4", true), ("1:2:3:4:5:6:7:8", true), ("1:2:3:4:5:6:7", false), ("1:2:3:4:5:6:7:8:9", false),
        ("1:2:3:4:5:6:7::", true), ("1:2:3:4:5:6:7:8::", false), ("1::2::3", false), (":::", false),
        ("12345::", false), ("g::", false), ("1.2.3.4::", false), ("fe80::1%eth0", false), ("localhost", false),
        (":1", false),
    ]

    @Test(
        "IP addresses are told from everything else",
        arguments: Self.addresses)
    func address(_ text: String, _ isAddress: Bool) {
        #expect((InternetAddress.isVersion4(text[...]) || InternetAddress.isVersion6(text[...])) == isAddress)
    }
}
