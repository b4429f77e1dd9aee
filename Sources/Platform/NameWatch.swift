import CLinux
import Glibc

/// Tells when a name in a directory has come to stand for something else, by inotify(7).
///
/// It says that something happened, not what: who is told looks for himself. Belongs to one thread.
public struct NameWatch: ~Copyable {
    private let descriptor: FileDescriptor
    /// The names looked for, by the kernel's number of their directory's watch.
    private var names: [Int32: Set<String>] = [:]

    public init() throws(SystemError) {
        descriptor = FileDescriptor(
            owning: try check("inotify_init1") { inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC)) })
    }

    /// Becomes readable when ``takeChanges()`` has something to tell.
    public var readinessDescriptor: Int32 { descriptor.rawValue }

    /// Looks for files and links of this name that are made in, or moved into, a directory that is there.
    public mutating func add(_ name: String, in directory: String) throws(SystemError) {
        let events = UInt32(IN_MOVED_TO) | UInt32(IN_CREATE)
        let number = try check("inotify_add_watch") {
            unsafe inotify_add_watch(descriptor.rawValue, directory, events)
        }
        names[number, default: []].insert(name)
    }

    /// Whether one of the names has changed since the last call; never waits.
    public func takeChanges() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        var hasChanged = false
        while true {
            let count = unsafe read(descriptor.rawValue, &buffer, buffer.count)
            guard count > 0 else { return hasChanged }
            var offset = 0
            while offset < count {
                let (event, name) = Self.event(in: buffer.span, at: offset)
                // Where events were lost, anything may have changed.
                if event.mask & UInt32(IN_Q_OVERFLOW) != 0 || names[event.wd]?.contains(name) == true {
                    hasChanged = true
                }
                offset += MemoryLayout<inotify_event>.size + Int(event.len)
            }
        }
    }

    private static func event(in buffer: Span<UInt8>, at offset: Int) -> (event: inotify_event, name: String) {
        unsafe buffer.extracting(offset...).withUnsafeBytes { bytes in
            // Safety: the kernel writes whole events, a header and then `len` bytes of a name padded with zeros.
            let event = unsafe bytes.loadUnaligned(as: inotify_event.self)
            let header = MemoryLayout<inotify_event>.size
            let name = unsafe bytes[header..<header + Int(event.len)].prefix { $0 != 0 }
            return unsafe (event, String(decoding: name, as: UTF8.self))
        }
    }
}
