import CFuzzDriver
import Glibc
import SessionSupport

/// Plays a script of the input's choice: several clients, every command, versions that come and go in between.
@main
enum ConversationFuzz {
    static func main() {
        let result = unsafe almanac_fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, count in
            // Safety: libFuzzer lends `count` bytes for this call; an empty input may come without an address.
            let input = unsafe UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
            var trial = unsafe ConversationTrial(Array(input))
            trial.run()
            return 0
        }
        exit(result)
    }
}
