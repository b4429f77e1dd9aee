import RESP

/// A section of `INFO`, in the order in which they come.
enum InfoSection: String, Sendable, CaseIterable {
    case server, clients, memory, persistence, stats, replication, cpu, modules, commandstats, errorstats
    case latencystats, cluster, keyspace
    /// This server's own: what no Redis has.
    case almanac, dataset

    /// What `INFO` without arguments tells.
    static let defaults = Set(allCases).subtracting([.commandstats, .latencystats])

    /// The sections that a request asks for; names that there are none of stand for nothing.
    static func requested(by request: borrowing Request) -> Set<InfoSection> {
        guard request.count > 1 else { return defaults }
        var sections: Set<InfoSection> = []
        for index in 1..<request.count {
            switch String(copying: request[index]).lowercased() {
            case "default": sections.formUnion(defaults)
            case "all", "everything": sections.formUnion(allCases)
            case let name: InfoSection(rawValue: name).map { _ = sections.insert($0) }
            }
        }
        return sections
    }

    var title: String {
        self == .cpu ? "CPU" : rawValue.prefix(1).uppercased() + rawValue.dropFirst()
    }
}

extension ServerFacts {
    /// Writes the reply of `INFO`.
    func writeInfo(_ sections: Set<InfoSection>, to reply: inout ReplyWriter) {
        reply.verbatim(info(sections))
    }

    /// The text of `INFO`: a title and lines of `name:value` a section, an empty line between sections.
    func info(_ sections: Set<InfoSection>) -> String {
        InfoSection.allCases.filter(sections.contains).map { section in
            "# \(section.title)\r\n" + fields(of: section).map { "\($0.name):\($0.value)\r\n" }.joined()
        }.joined(separator: "\r\n")
    }
}
