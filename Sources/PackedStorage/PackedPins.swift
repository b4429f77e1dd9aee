internal import CPacked
private import Glibc
internal import Storage

/// What the packed engine holds in place for one batch.
@safe final class PackedPins: LookupPins {
    let handle: OpaquePointer
    // Values are lent from its files, so it must not close before they are let go.
    let engine: PackedEngine

    init(engine: PackedEngine) {
        self.engine = engine
        guard let made = unsafe almanac_packed_pins_create() else {
            preconditionFailure("no memory for the pins of a batch")
        }
        unsafe handle = made
    }

    deinit { unsafe almanac_packed_pins_destroy(handle) }

    /// Why the last damaged look-up was so.
    var failure: EngineError? {
        let failure = unsafe almanac_packed_pins_failure(handle)
        return unsafe engine.segments[Int(failure.segment)].error("get", failure)
    }

    func releaseAll() { unsafe almanac_packed_pins_release(handle) }
}

extension PackedSegment {
    /// An error with the place of a failure; `nil` where nothing has failed.
    func error(_ operation: String, _ failure: almanac_packed_failure) -> EngineError? {
        let (code, offset) = unsafe (failure.code, failure.offset)
        guard let reason = unsafe failure.reason else { return nil }
        var message = "\(path), offset \(offset): \(unsafe String(cString: reason))"
        if code != 0 { message += ": \(unsafe String(cString: strerror(code)))" }
        // A file that ends too early is not the disk's fault.
        let isTransient = code != 0 && code != ENODATA
        return EngineError(operation: operation, kind: isTransient ? .io : .damaged, message: message)
    }
}
