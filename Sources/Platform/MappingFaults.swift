internal import CLinux

/// Pages of mapped files that the disk failed to give.
///
/// A process that is not guarded ends at the first. One that is reads zeros there, and learns of it here.
public enum MappingFaults {
    /// Guards the process, before it has threads that read mapped files.
    public static func guardProcess() throws(SystemError) {
        try check("sigaction") { clinux_mappings_guard() }
    }

    /// How many there have been; what was read from mappings while this changed is not to be used.
    public static var count: UInt64 { clinux_mapping_fault_count() }
}
