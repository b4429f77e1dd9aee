internal import Platform
internal import Settings

/// The sockets that a server is given; of a kind of which there is none, it opens what the settings say.
struct ListeningSockets {
    /// For clients in the clear.
    private(set) var redis: [InheritedSocket] = []
    /// For clients that use TLS.
    private(set) var tls: [InheritedSocket] = []
    /// For the admin server.
    private(set) var admin: [InheritedSocket] = []

    /// Those of the service manager; and, where root is about to become somebody else, those of ports that only root may
    /// have.
    ///
    /// - Throws: ``CommandFailure``, where the service manager's are not there or not to be told apart, or an address is
    ///   taken.
    static func take(_ settings: ServerSettings, environment: [String: String]) throws(CommandFailure) -> Self {
        let handedOver: [InheritedSocket]
        do throws(HandoverError) {
            handedOver = try InheritedSocket.all(environment: environment)
        } catch {
            throw CommandFailure(.ioError, "\(error)")
        }
        var sockets = try Self(handedOver)
        if settings.user != nil, Privileges.isRoot { try sockets.reservePrivileged(settings) }
        return sockets
    }

    private init(_ handedOver: [InheritedSocket]) throws(CommandFailure) {
        for socket in handedOver {
            // A service manager that names nothing means the one port that there always is.
            switch socket.name ?? "redis" {
            case "redis": redis.append(socket)
            case "tls": tls.append(socket)
            case "admin": admin.append(socket)
            case let name:
                throw CommandFailure(
                    .badConfiguration,
                    "LISTEN_FDNAMES: nothing is known of a socket \"\(name)\"; FileDescriptorName= must be redis, tls or "
                        + "admin")
            }
        }
    }

    private mutating func reservePrivileged(_ settings: ServerSettings) throws(CommandFailure) {
        if redis.isEmpty { redis = try Self.reserve("redis", settings.bindAddresses, settings.port) }
        if tls.isEmpty { tls = try Self.reserve("tls", settings.bindAddresses, settings.tls.port) }
        if admin.isEmpty { admin = try Self.reserve("admin", settings.admin.bindAddresses, settings.admin.port) }
    }

    /// Sockets of these addresses, where only root may have the port.
    private static func reserve(
        _ name: String, _ addresses: [String], _ port: UInt16
    ) throws(CommandFailure) -> [InheritedSocket] {
        guard 1..<1_024 ~= port else { return [] }
        var sockets: [InheritedSocket] = []
        for host in addresses.flatMap(ListenHost.all) {
            do throws(SystemError) {
                sockets.append(try Listener.reserve(host: host.address, port: port, name: name))
            } catch {
                // As a server that opens its own sees it.
                guard error.isAddressUnavailable, host.mayBeMissing else {
                    throw CommandFailure(
                        .ioError, "cannot listen on \(host.address), port \(port): \(error.reason)")
                }
            }
        }
        return sockets
    }
}

/// Becomes the user of the settings, and sees to it that nothing gives this process more power again.
///
/// - Throws: ``CommandFailure`` where there is no such user, or it takes root to become it.
func giveUpPrivileges(_ settings: ServerSettings) throws {
    try Privileges.forbidMore()
    guard let name = settings.user else { return }
    guard let account = Privileges.Account(name) else {
        throw CommandFailure(.badConfiguration, "user: there is no user \(name), or its group is root's")
    }
    guard account.user != Privileges.user else { return }
    guard Privileges.isRoot else {
        throw CommandFailure(.badConfiguration, "user: only root can become \(name); leave it out")
    }
    do throws(SystemError) {
        try Privileges.become(account)
    } catch {
        throw CommandFailure(.badConfiguration, "user: cannot become \(name): \(error)")
    }
}
