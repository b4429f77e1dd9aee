internal import Storage

/// What the packed engine holds in place for one batch.
final class PackedPins: LookupPins {
    // Values are lent from its files, so it must not close before they are let go.
    let engine: PackedEngine

    init(engine: PackedEngine) { self.engine = engine }

    func releaseAll() {}
}
