import CLinux
import Glibc

/// What the operating system tells of this process and its machine.
public struct ProcessStatistics: Sendable {
    public let processID: Int
    /// On the heap, as malloc counts.
    public let heapBytes: Int
    /// What malloc has from the kernel, used or not.
    public let heapMappedBytes: Int
    public let residentBytes: Int
    public let residentPeakBytes: Int
    /// Address space, used or not.
    public let virtualBytes: Int
    /// Of what is resident, that which lies in no file.
    public let anonymousBytes: Int
    /// Of the machine.
    public let physicalMemoryBytes: Int
    public let userCPUMicroseconds: Int
    public let systemCPUMicroseconds: Int
    /// Name, release and machine, as `uname` says.
    public let operatingSystem: String
    public let executablePath: String

    /// The id of this process.
    public static var ownProcessID: Int { Int(getpid()) }

    /// When the kernel started this process, in seconds since 1970; `nil` where `/proc` does not tell.
    public static var startUnixSeconds: Double? {
        // In ticks after the machine's start; the name before it is in parentheses, and may hold anything.
        let status = text(ofFile: "/proc/self/stat")
        guard let nameEnd = status.lastIndex(of: ")") else { return nil }
        let fields = status[nameEnd...].split(separator: " ")
        guard fields.count > 20, let ticks = Double(fields[20]) else { return nil }
        var sinceBoot = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
        let bootAge = Double(sinceBoot.tv_sec) + Double(sinceBoot.tv_nsec) / 1e9
        let age = bootAge - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
        return Double(Clock.wallMicroseconds()) / 1e6 - age
    }

    /// Asks now; reads files of `/proc`, so loops do not call it.
    public init() {
        processID = Self.ownProcessID
        heapBytes = Int(clinux_heap_bytes())
        heapMappedBytes = Int(clinux_heap_mapped_bytes())
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        residentPeakBytes = usage.ru_maxrss * 1_024
        userCPUMicroseconds = usage.ru_utime.tv_sec * 1_000_000 + usage.ru_utime.tv_usec
        systemCPUMicroseconds = usage.ru_stime.tv_sec * 1_000_000 + usage.ru_stime.tv_usec
        let pageBytes = sysconf(Int32(_SC_PAGESIZE))
        physicalMemoryBytes = sysconf(Int32(_SC_PHYS_PAGES)) * pageBytes
        // The fields of statm: size, resident, and what of the resident pages is of files or shared.
        let pages = Self.text(ofFile: "/proc/self/statm").split(separator: " ").map { Int($0) ?? 0 }
        residentBytes = pages.count > 2 ? pages[1] * pageBytes : 0
        virtualBytes = pages.isEmpty ? 0 : pages[0] * pageBytes
        anonymousBytes = pages.count > 2 ? (pages[1] - pages[2]) * pageBytes : 0
        var names = utsname()
        unsafe uname(&names)
        operatingSystem =
            "\(Self.text(&names.sysname)) \(Self.text(&names.release)) \(Self.text(&names.machine))"
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink("/proc/self/exe", &path, path.count)
        executablePath = String(
            decoding: path.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Gives memory that malloc holds and nobody uses back to the kernel; may take long.
    public static func releaseFreeMemory() { clinux_heap_trim() }

    private static func text<Characters>(_ characters: inout Characters) -> String {
        unsafe withUnsafeBytes(of: &characters) { bytes in
            let end = unsafe bytes.firstIndex(of: 0) ?? bytes.count
            return unsafe String(decoding: UnsafeRawBufferPointer(rebasing: bytes[..<end]), as: UTF8.self)
        }
    }

    /// The first 4 KiB of a small file; empty where it cannot be read.
    private static func text(ofFile path: String) -> String {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return "" }
        let file = FileDescriptor(owning: number)
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe read(file.rawValue, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
}
