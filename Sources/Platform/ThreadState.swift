/// What the kernel says that a thread of this process is doing.
public enum ThreadState {
    /// Whether a thread waits for a disk, or for something else that no signal ends.
    ///
    /// The name is that of ``Thread/init(name:_:)``; of several threads of one name, any counts.
    public static func isInUninterruptibleWait(threadNamed name: String) -> Bool {
        // Where /proc cannot be read, nobody knows of such a wait.
        let ids = (try? FileSystem.names(in: "/proc/self/task")) ?? []
        return ids.contains { id in
            guard let bytes = (try? FileSystem.read("/proc/self/task/\(id)/stat", byteCountMax: 4_096)) ?? nil else {
                return false
            }
            // As in `4711 (loop-0) D 1 …`; a name may hold anything, so its end is the last parenthesis.
            let text = String(decoding: bytes, as: UTF8.self)
            guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else {
                return false
            }
            return text[text.index(after: open)..<close] == name && text[close...].hasPrefix(") D")
        }
    }
}
