import RESP

/// One argument of a command, as `COMMAND DOCS` describes it.
struct ArgumentDescription: Equatable {
    enum Kind: String {
        case string, integer, double, key, pattern
        case unixTime = "unix-time"
        /// A word that stands for itself.
        case pureToken = "pure-token"
        /// One of ``arguments``.
        case oneOf = "oneof"
        /// All of ``arguments``.
        case block
    }

    var name: String
    var kind: Kind
    /// The word before it, or the word itself of a ``Kind/pureToken``.
    var token: String?
    var isOptional = false
    var isMultiple = false
    /// Whether ``token`` is repeated where there are several.
    var isTokenRepeated = false
    var arguments: [Self] = []
    /// Which of the command's key specifications finds it.
    var keySpecification: Int?

    /// Writes what `COMMAND DOCS` tells.
    func write(to reply: inout ReplyWriter) {
        var flags: [StaticString] = []
        if isOptional { flags.append("optional") }
        if isMultiple { flags.append("multiple") }
        if isTokenRepeated { flags.append("multiple_token") }
        let optional = [keySpecification != nil, token != nil, !flags.isEmpty, !arguments.isEmpty]
        reply.map(count: 2 + optional.count(where: { $0 }))
        reply.bulk("name" as StaticString)
        reply.bulk(name)
        reply.bulk("type" as StaticString)
        reply.bulk(kind.rawValue)
        if let keySpecification {
            reply.bulk("key_spec_index" as StaticString)
            reply.integer(keySpecification)
        }
        if let token {
            reply.bulk("token" as StaticString)
            reply.bulk(token)
        }
        if !flags.isEmpty {
            reply.bulk("flags" as StaticString)
            reply.set(count: flags.count)
            for flag in flags { reply.simple(flag) }
        }
        if !arguments.isEmpty {
            reply.bulk("arguments" as StaticString)
            reply.array(count: arguments.count)
            for argument in arguments { argument.write(to: &reply) }
        }
    }
}

extension Command {
    /// The arguments that ``usage`` tells of, parsed anew each time.
    var arguments: [ArgumentDescription] {
        var arguments = UsageParser.arguments(of: usage ?? "")
        var next = 0
        for index in arguments.indices { assignKeys(&arguments[index], next: &next) }
        return arguments
    }

    /// Tells which specification finds each key: the next one, and for a destination the one that overwrites.
    private func assignKeys(_ argument: inout ArgumentDescription, next: inout Int) {
        for index in argument.arguments.indices { assignKeys(&argument.arguments[index], next: &next) }
        guard argument.kind == .key else { return }
        guard !keys.isEmpty else {
            argument.kind = .string
            return
        }
        let overwriting = argument.name == "destination" ? keys.firstIndex { $0.access.contains(.overwrite) } : nil
        argument.keySpecification = overwriting ?? min(next, keys.count - 1)
        next += 1
    }
}
