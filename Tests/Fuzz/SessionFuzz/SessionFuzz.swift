import CFuzzDriver
import Glibc
import SessionSupport

/// Feeds a session bytes whole and at a pace of the input's choice: the replies must be the same, and RESP.
@main
enum SessionFuzz {
    static func main() {
        let result = unsafe almanac_fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, count in
            // Safety: libFuzzer lends `count` bytes for this call; an empty input may come without an address.
            let input = unsafe UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
            unsafe SessionTrial(Array(input)).run()
            return 0
        }
        exit(result)
    }
}
