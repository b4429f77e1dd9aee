internal import Platform

/// A password that does not stand in an address, where everybody on the machine could read it.
public enum RedisPassword: Sendable, Equatable {
    case text(String)
    /// A file that holds it and nothing else but a line end; read for each connection, so that it may change.
    case file(path: String)

    /// The password; of a file, reads it.
    ///
    /// - Throws: ``RedisClientError`` of kind `address`, which names the file.
    public func read() throws(RedisClientError) -> String {
        switch self {
        case .text(let text): return text
        case .file(let path):
            do throws(SecretFile.Failure) {
                return try SecretFile.read(path)
            } catch {
                throw RedisClientError(.address, "the server's password: \(error)")
            }
        }
    }
}

extension RedisAddress {
    /// Whether no password stands in the address itself.
    public var leavesPasswordOut: Bool { password?.isEmpty ?? true }
}
