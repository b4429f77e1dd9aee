public import PackedStorage

/// How a version in the packed format is written.
public struct PackedBuildOptions: Sendable {
    /// Into how many segments the hash slots are divided: a power of two, at most 16,384.
    ///
    /// The same for every machine, so that the same rows give the same files.
    public var segmentCount = 16
    /// How values are stored.
    public var compression = SegmentLayout.Compression.none

    public init() {}

    var slotsPerSegment: Int { PackedKey.slotCount / segmentCount }

    func validate() throws(BuildError) {
        guard segmentCount >= 1, segmentCount <= SegmentLayout.segmentCountMax, segmentCount.nonzeroBitCount == 1
        else {
            throw BuildError(
                .usage, "--segments \(segmentCount): a power of two from 1 to \(SegmentLayout.segmentCountMax)")
        }
    }
}
