internal import ArgumentParser
private import Foundation
internal import RedisClient
private import Settings

/// How a command is given the password of the server that it speaks to, other than in the address, which shows in a
/// list of processes.
struct ServerPassword: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File that holds the server's password, where its address has none. "
                + "(default: \(Self.pathVariable), or the password in \(Self.textVariable))", valueName: "path"))
    var serverPasswordFile: String?

    private static var textVariable: String { SettingsInput.clientEnvironmentNames.password }
    private static var pathVariable: String { SettingsInput.clientEnvironmentNames.passwordPath }

    /// Reads the address of a server, and has it looked for its password where that was said to be.
    ///
    /// - Throws: ``RedisClientError`` of kind `address`, also where that is no place to find one.
    func address(_ text: String) throws(RedisClientError) -> RedisAddress {
        var address = try RedisAddress(text)
        if address.leavesPasswordOut { address.passwordElsewhere = try source() }
        return address
    }

    /// Where the password is; `nil` where nobody said so.
    ///
    /// - Throws: ``RedisClientError`` of kind `address` where no password can be had there, or it is in two places.
    func source() throws(RedisClientError) -> RedisPassword? {
        let environment = ProcessInfo.processInfo.environment
        let text = environment[Self.textVariable].flatMap { $0.isEmpty ? nil : $0 }
        let path = environment[Self.pathVariable].flatMap { $0.isEmpty ? nil : $0 }
        guard serverPasswordFile != nil || text == nil || path == nil else {
            throw RedisClientError(
                .address, "\(Self.textVariable) and \(Self.pathVariable) are both set; leave one of them out")
        }
        guard let path = serverPasswordFile ?? path else { return text.map { .text($0) } }
        let source = RedisPassword.file(path: path)
        _ = try source.read()
        return source
    }
}
