import CFuzzDriver
import Glibc

/// Changes bytes of a small packed version and looks all of its keys up.
///
/// Each is answered with its value, or as damaged, but where the trailer and the checksums of pages are made to fit the
/// change. Then anything may be found, and nothing may be read that is not the file's.
@main
enum PackedFuzz {
    static func main() {
        let result = unsafe almanac_fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, count in
            // Safety: libFuzzer lends `count` bytes for this call; an empty input may come without an address.
            let input = unsafe UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
            let changes = unsafe Array(input)
            do {
                try PackedFuzz.trial.run(changes)
            } catch {
                preconditionFailure("the trial itself failed: \(error)")
            }
            return 0
        }
        exit(result)
    }

    private static let trial = PackedTrial()
}
