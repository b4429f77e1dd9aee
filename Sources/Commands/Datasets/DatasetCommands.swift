import Bytes
import Datasets
import RESP

extension DatasetRequest {
    /// Reads the arguments of a sub-command of `DATASET`.
    ///
    /// - Parameters:
    ///   - command: The sub-command.
    ///   - request: Of an arity that the sub-command takes.
    ///   - names: The datasets' names, by database number.
    ///   - selected: The database that is meant where no dataset is named.
    /// - Throws: What to reply instead.
    init(
        _ command: CommandRow, _ request: borrowing Request, names: [String], selected: Int
    ) throws(CommandError) {
        var arguments = (2..<request.count).map { String(copying: request[$0]) }
        switch command.action {
        case .datasetList:
            self.init(.list)
            return
        case .datasetReload:
            var isForced = false
            if let last = arguments.last, last.lowercased() == "force", arguments.count > 1 || !names.contains(last) {
                isForced = true
                arguments.removeLast()
            }
            self.init(.reload(isForced: isForced))
        case .datasetStatus: self.init(.status)
        case .datasetVersions: self.init(.versions)
        case .datasetUnpin: self.init(.unpin)
        case .datasetRollback: self.init(.rollback(version: try Self.takeVersion(from: &arguments, names)))
        case .datasetPin: self.init(.pin(version: try Self.takeVersion(from: &arguments, names)))
        case .datasetVerify: self.init(.verify(version: try Self.takeVersion(from: &arguments, names)))
        default: preconditionFailure("no sub-command of DATASET")
        }
        guard arguments.count <= 1 else { throw CommandError(ErrorReply.syntax) }
        database = selected
        if let name = arguments.first {
            guard let number = names.firstIndex(of: name) else {
                throw CommandError(ErrorReply.unknownDataset(name, among: names))
            }
            database = number
        }
    }

    /// Takes the version off the end of `[name] [version]`, where there is one.
    ///
    /// A single argument that names no dataset can only be a version where there is one dataset; among several,
    /// it is more likely a name misspelt, and the wrong dataset must not be rolled back for that.
    private static func takeVersion(
        from arguments: inout [String], _ names: [String]
    ) throws(CommandError) -> String? {
        let isLoneVersion = arguments.count == 1 && names.count == 1 && arguments[0] != names[0]
        guard isLoneVersion || arguments.count == 2 else { return nil }
        let version = arguments.removeLast()
        guard Manifest.isValidVersionID(version) else {
            throw CommandError(ErrorReply.invalidVersion(version))
        }
        return version
    }
}

extension ErrorReply {
    static func invalidVersion(_ id: String) -> [UInt8] {
        quoting("ERR '", id.utf8.span, "' cannot be a version's id")
    }

    static func unknownDataset(_ name: String, among names: [String]) -> [UInt8] {
        quoting("ERR no dataset '", name.utf8.span, "'; there are: ") + names.joined(separator: ", ").utf8
    }
}
