import RESP

/// The replies of `CONFIG`, made from the settings given.
enum ConfigCommands {
    typealias Setting = (name: String, value: String)

    /// Writes `CONFIG GET pattern…`: each setting once, in the order of `settings`.
    ///
    /// Case does not matter, and a name asked for without wildcards comes back as it was written, as in Redis.
    static func writeMatches(_ request: borrowing Request, of settings: [Setting], to reply: inout ReplyWriter) {
        var spellings = [String?](repeating: nil, count: settings.count)
        for index in 2..<request.count {
            let isName = !request[index].indices.contains { "*?[".utf8.contains(request[index][$0]) }
            let pattern = GlobPattern(request[index], isCaseInsensitive: true)
            let spelling = isName ? String(copying: request[index]) : nil
            for (place, setting) in settings.enumerated() where spellings[place] == nil {
                if let spelling {
                    if spelling.lowercased() == setting.name.lowercased() { spellings[place] = spelling }
                } else if pattern.matches(setting.name.utf8.span) {
                    spellings[place] = setting.name
                }
            }
        }
        reply.map(count: spellings.count { $0 != nil })
        for (spelling, setting) in zip(spellings, settings) {
            guard let spelling else { continue }
            reply.bulk(spelling)
            reply.bulk(setting.value)
        }
    }

    /// Why `CONFIG SET name value…` does not change anything.
    static func refusal(_ request: borrowing Request, of settings: [Setting]) -> CommandError {
        guard request.count.isMultiple(of: 2) else { return CommandError(ErrorReply.syntax) }
        var index = 2
        while index < request.count {
            let name = String(copying: request[index]).lowercased()
            guard settings.contains(where: { $0.name.lowercased() == name }) else {
                return CommandError(
                    ErrorReply.quoting(
                        "ERR Unknown option or number of arguments for CONFIG SET - '", request[index], "'"))
            }
            index += 2
        }
        return CommandError(
            ErrorReply.quoting(
                "ERR CONFIG SET failed (possibly related to argument '", request[2], "') - can't set immutable config"))
    }

    /// Why `CONFIG REWRITE` does not write: nothing that this server does changes its file.
    static let cannotRewrite: StaticString = "ERR The server is running without a config file"
}
