private import FoundationEssentials
internal import RemoteStorage
internal import Sync

/// Opens a source with what the environment has for it.
func openSource(_ text: String, _ cancellation: Cancellation) throws(SyncError) -> any Source {
    do throws(SourceError) {
        return try RemoteStorage.open(
            text, environment: ProcessInfo.processInfo.environment, cancellation: cancellation)
    } catch {
        throw SyncError(.misconfigured, error.description)
    }
}
