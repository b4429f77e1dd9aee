internal import Platform
internal import Settings

/// The sockets that a server is given, rather than opening its own.
enum ListeningSockets {
    /// Those of the service manager; else those of a port that only root may have, where root is about to become
    /// somebody else; else none.
    ///
    /// - Throws: ``CommandFailure``, where the service manager's are not there or an address is taken.
    static func take(_ settings: ServerSettings, environment: [String: String]) throws(CommandFailure)
        -> [InheritedSocket]
    {
        do throws(SystemError) {
            let handedOver = try InheritedSocket.all(environment: environment)
            guard handedOver.isEmpty else { return handedOver }
        } catch {
            throw CommandFailure(.ioError, "LISTEN_FDS: the sockets that it promises cannot be had: \(error.reason)")
        }
        guard settings.user != nil, Privileges.isRoot, 1..<1_024 ~= settings.port else { return [] }
        var sockets: [InheritedSocket] = []
        for address in settings.bindAddresses {
            let hosts = address == "*" ? ["0.0.0.0", "-::"] : [address]
            for host in hosts {
                let bare = host.hasPrefix("-") ? String(host.dropFirst()) : host
                do throws(SystemError) {
                    sockets.append(try Listener.reserve(host: bare, port: settings.port, name: "redis"))
                } catch {
                    // As a server that opens its own sees it.
                    guard error.isAddressUnavailable, host != bare || bare == "::1" else {
                        throw CommandFailure(
                            .ioError, "cannot listen on \(bare), port \(settings.port): \(error.reason)")
                    }
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
        throw CommandFailure(.badConfiguration, "user: there is no user \(name) besides root")
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
