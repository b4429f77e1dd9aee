internal import Datasets
internal import Server
internal import Versions

/// The server, as the control of its versions sees it.
struct ServerAudience: Audience {
    private let exchange: VersionExchange

    init(_ exchange: VersionExchange) { self.exchange = exchange }

    func prepare(_ version: DatasetVersion) -> any PreparedVersion { Prepared(version) }
    func adopt(_ prepared: any PreparedVersion, in database: Int) -> DatasetVersion {
        exchange.adopt(prepared.version, in: database)
    }
    func sampleOfKeys(in database: Int) -> [[UInt8]] { [] }
    func discardRetired() {}
    func publish(channel: String, message: [UInt8]) {}

    final class Prepared: PreparedVersion {
        let version: DatasetVersion
        init(_ version: DatasetVersion) { self.version = version }
        func warm(_ keys: ArraySlice<[UInt8]>) {}
    }
}
