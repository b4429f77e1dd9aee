import Commands
import Platform
public import Settings

/// Passwords or users that the settings name and that cannot be used.
public struct AccessError: Error, CustomStringConvertible {
    /// One line for an operator.
    public let description: String
}

extension Server {
    /// Makes the users those that the settings name: the default one's password, and the users of the file or of the
    /// settings themselves.
    ///
    /// For the control thread; reads files. Connections go by the change before their next request; those whose user
    /// is gone are closed.
    ///
    /// - Throws: What is wrong, with nothing changed.
    public func adoptUsers(_ settings: ServerSettings) throws(AccessError) {
        let access = settings.access
        var password = access.password
        if let path = access.passwordPath {
            guard password == nil else {
                throw AccessError(description: "password-file: there is a password in the settings as well")
            }
            do throws(SecretFile.Failure) {
                password = try SecretFile.read(path)
            } catch {
                throw AccessError(description: "password-file: \(error)")
            }
        }
        passwordOfFile = access.passwordPath == nil ? nil : password
        guard access.users == nil || access.usersPath == nil else {
            throw AccessError(description: "users: there is a users-file as well, and users are to be in one place")
        }
        let given = AccessRegistry.DefaultPassword(password)
        do throws(AccessRegistry.LoadFailure) {
            if let path = access.usersPath {
                state.access.file = Self.file(at: path)
                try state.access.load(given)
            } else if access.users != nil || hasUsersOfSettings {
                try state.access.load(Array((access.users ?? "").utf8), from: "users", given)
                hasUsersOfSettings = access.users != nil
            } else {
                return adopt(password: password)
            }
        } catch {
            throw AccessError(description: "\(access.usersPath == nil ? "users" : "users-file"): \(error.text)")
        }
        adoptedPassword = password
    }

    /// Makes the default user's password that of the settings, or lets it in without one, as `CONFIG SET requirepass`
    /// does.
    ///
    /// For the control thread. Only when somebody asks for just this: with users from a file there is no password in
    /// the settings, which says nothing of the default user.
    public func setDefaultPassword(_ settings: ServerSettings) {
        let password = settings.access.password ?? passwordOfFile
        adoptedPassword = password
        state.access.setDefaultPassword(AccessRegistry.DefaultPassword(password))
    }

    /// Leaves a default user alone that has been changed otherwise, as long as the settings say what they did.
    private func adopt(password: String?) {
        guard password != adoptedPassword else { return }
        adoptedPassword = password
        state.access.setDefaultPassword(AccessRegistry.DefaultPassword(password))
    }

    private static func file(at path: String) -> AccessRegistry.UsersFileAccess {
        AccessRegistry.UsersFileAccess(
            path: path,
            read: { () throws(AccessRegistry.FileFailure) in
                let bytes: [UInt8]?
                do throws(SystemError) {
                    bytes = try FileSystem.read(path, byteCountMax: usersFileBytesMax)
                } catch {
                    throw AccessRegistry.FileFailure(reason: error.reason)
                }
                guard let bytes else { throw AccessRegistry.FileFailure(reason: "No such file or directory") }
                return bytes
            },
            write: { (bytes) throws(AccessRegistry.FileFailure) in
                do throws(SystemError) {
                    try FileSystem.write(bytes, to: path, mode: 0o600)
                } catch {
                    throw AccessRegistry.FileFailure(reason: error.reason)
                }
            })
    }

    private static let usersFileBytesMax = 16 << 20
}
