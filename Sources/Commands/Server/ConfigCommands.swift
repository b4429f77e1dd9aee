import RESP

/// The replies of `CONFIG`, made from the settings given.
enum ConfigCommands {
    typealias Setting = (name: String, value: String)

    /// Writes `CONFIG GET pattern…`: each setting once, in the order of `settings`.
    ///
    /// Case does not matter, and a name asked for without wildcards comes back as it was written, as in Redis.
    static func writeMatches(_ request: borrowing Request, of settings: [Setting], to reply: inout ReplyWriter) {
        var spellings = [String?](repeating: nil, count: settings.count)
        let places = Dictionary(
            settings.enumerated().map { ($0.element.name.lowercased(), $0.offset) }, uniquingKeysWith: min)
        for index in 2..<request.count {
            if request[index].indices.contains(where: { "*?[".utf8.contains(request[index][$0]) }) {
                let pattern = GlobPattern(request[index], isCaseInsensitive: true)
                for (place, setting) in settings.enumerated() where spellings[place] == nil {
                    if pattern.matches(setting.name.utf8.span) { spellings[place] = setting.name }
                }
            } else {
                let spelling = String(copying: request[index])
                guard let place = places[spelling.lowercased()], spellings[place] == nil else { continue }
                spellings[place] = spelling
            }
        }
        reply.map(count: spellings.count { $0 != nil })
        for (spelling, setting) in zip(spellings, settings) {
            guard let spelling else { continue }
            reply.bulk(spelling)
            reply.bulk(setting.value)
        }
    }

    /// The changes that `CONFIG SET name value…` asks for.
    ///
    /// - Precondition: The arity is right.
    static func changes(_ request: borrowing Request) throws(CommandError) -> [Setting] {
        guard request.count.isMultiple(of: 2) else { throw CommandError(ErrorReply.syntax) }
        return stride(from: 2, to: request.count, by: 2).map { index in
            (name: String(copying: request[index]), value: String(copying: request[index + 1]))
        }
    }

    /// Writes the reply to a `CONFIG SET` of these names.
    static func write(_ answer: SettingsAnswer, toChangeOf names: [[UInt8]], to reply: inout ReplyWriter) {
        switch answer {
        case .changed: reply.ok()
        case .unknown(let index):
            let name = names[index]
            let text = ErrorReply.quoting(
                "ERR Unknown option or number of arguments for CONFIG SET - '", name.span, "'")
            reply.error(text.span)
        case .refused(let name, let reason):
            reply.error("ERR CONFIG SET failed (possibly related to argument '\(name)') - \(reason)")
        case .stopping: reply.error("ERR the server is stopping" as StaticString)
        }
    }

    /// Where nobody changes settings, as in a server that is part of a test.
    static let cannotChange: StaticString = "ERR the settings of this server cannot be changed while it runs"

    /// Why `CONFIG REWRITE` does not write: nothing that this server does changes its file.
    static let cannotRewrite: StaticString = "ERR The server is running without a config file"
}
