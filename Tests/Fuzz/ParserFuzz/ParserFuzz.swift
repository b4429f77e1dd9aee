import Bytes
import CFuzzDriver
import Glibc
import RESP

/// Feeds the request parser bytes whole and in pieces: both ways must find the same requests, and neither
/// may read past the bytes given.
@main
enum ParserFuzz {
    static func main() {
        let result = unsafe almanac_fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, count in
            // Safety: libFuzzer lends `count` bytes for this call; an empty input may come without an address.
            let input = unsafe UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
            unsafe ParserFuzz.run(Array(input))
            return 0
        }
        exit(result)
    }

    /// The first byte says how the rest is cut.
    static func run(_ input: [UInt8]) {
        guard let cut = input.first else { return }
        let bytes = Array(input.dropFirst())
        let whole = requests(in: bytes, step: bytes.count)
        let pieces = requests(in: bytes, step: Int(cut % 64) + 1)
        precondition(whole == pieces, "the same bytes gave other requests when they came in pieces")
    }

    /// Every request found, then the error that ended it, when `step` more bytes come at a time.
    static func requests(in bytes: [UInt8], step: Int) -> [String] {
        var parser = RequestParser(limits: RequestParser.Limits(argumentCountMax: 64, argumentBytesMax: 4096))
        var found: [String] = []
        var start = 0
        var end = min(max(step, 1), bytes.count)
        while true {
            do {
                // An array of its own, so that a read past its end is seen.
                let window = Array(bytes[start..<end])
                switch try parser.parse(window.span) {
                case .request(let byteCount):
                    precondition((1...window.count).contains(byteCount))
                    found.append(describe(parser.request(in: window.span)))
                    start += byteCount
                case .needsMoreBytes:
                    guard end < bytes.count else { return found }
                    end = min(end + max(step, 1), bytes.count)
                }
            } catch {
                found.append("\(error)")
                return found
            }
        }
    }

    static func describe(_ request: borrowing Request) -> String {
        var text = "\(request.count):"
        for index in 0..<request.count {
            let argument = request[index]
            text += " "
            for position in argument.indices { text += String(argument[position], radix: 16) + "." }
        }
        return text
    }
}
