import Bytes
import Datasets
import RESP
import Storage

extension Session {
    /// Commands that choose a version, and that read ranges of keys.
    ///
    /// - Returns: False for the commands of others, with nothing done.
    /// - Throws: What to reply instead.
    func performVersionCommand(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) -> Bool {
        switch command.action {
        case .datasetUse: try use(request, plan)
        case .datasetRange, .datasetPrefix:
            let names = context.server.catalog.names
            let wish = try RangeRequest(command, request, names: names)
            let version = version(in: wish.database)
            guard version.engine.isOrdered else { throw CommandError(ErrorReply.unordered(version.engine.format)) }
            guard beginReading(in: wish.database, plan) else { return true }
            schedule(
                RangeJob(
                    wish, in: version, replyBytesMax: context.server.replyBytesMax, protocolVersion: protocolVersion))
        case .clientAttributes:
            let isWanted = try Bool(onOrOff: request[2])
            guard protocolVersion == .resp3 || !isWanted else { throw CommandError(ErrorReply.attributesNeedRESP3) }
            changeWishes { $0.tellsVersions = isWanted }
            ok(plan)
        default: return false
        }
        return true
    }

    // MARK: Staying on a version

    /// The version of a database that the request at hand is answered from.
    func version(in database: Int) -> DatasetVersion {
        if let pinnedVersions { return pinnedVersions[database] }
        if let versionWishes, let chosen = versionWishes.version(in: database) { return chosen }
        return context.versions[database]
    }

    /// What a request that begins now is answered from, by database number.
    var currentVersions: [DatasetVersion] { versionWishes?.applied(to: context.versions) ?? context.versions }

    /// `DATASET USE [name] version|latest`.
    private func use(_ request: borrowing Request, _ plan: ReplyPlan) throws(CommandError) {
        guard request.count <= 4 else { throw CommandError(ErrorReply.syntax) }
        let names = context.server.catalog.names
        var database = database
        if request.count == 4 {
            let name = String(copying: request[2])
            guard let number = names.firstIndex(of: name) else {
                throw CommandError(ErrorReply.unknownDataset(name, among: names))
            }
            database = number
        }
        let id = String(copying: request[request.count - 1])
        if id.lowercased() == "latest" {
            changeWishes { $0.choose(nil, in: database) }
            tellOfChoice(plan)
            return ok(plan)
        }
        guard Manifest.isValidVersionID(id) else { throw CommandError(ErrorReply.invalidVersion(id)) }
        guard let control = context.server.control else { throw CommandError(ErrorReply.noControl) }
        let versions = control.openVersions(in: database)
        guard let chosen = versions.first(where: { $0.version.id == id }) else {
            throw CommandError(ErrorReply.notOpen(id, of: names[database], open: versions.map(\.version.id)))
        }
        changeWishes { $0.choose(VersionUse(chosen, context), in: database) }
        tellOfChoice(plan)
        ok(plan)
    }

    /// What a client has cached is of the version that it read before it chose another.
    private func tellOfChoice(_ plan: ReplyPlan) {
        guard isTracking else { return }
        invalidateCache()
        if !isReplaying { flushPushes(plan) }
    }

    private func changeWishes(_ change: (VersionWishes) -> Void) {
        let wishes = versionWishes ?? VersionWishes()
        change(wishes)
        versionWishes = wishes.isEmpty ? nil : wishes
        updateOrdinary()
        viewDatabase = -1
    }

    /// Lets go of versions that have been closed while the session stayed on them, also where it is idle.
    ///
    /// What the session is in the middle of is still answered from them.
    public func dropClosedVersions() {
        guard let versionWishes, pinnedVersions == nil else { return }
        versionWishes.dropOver(at: context.now)
    }

    // MARK: Reading

    /// Sees to the client's wishes before a command that is about to be performed.
    ///
    /// - Returns: False where the command has been answered with an error.
    @inline(never)
    func meetVersionWishes(_ command: CommandRow, _ plan: ReplyPlan) -> Bool {
        switch command.action {
        // They name their dataset.
        case .datasetRange, .datasetPrefix: return true
        case .exec:
            dropClosedVersions()
            // For all of its replies: there is no place for an attribute in the middle of an array.
            if transaction?.isSpoilt == false { tellVersion(in: database, plan) }
            return true
        default: return command.flags.contains(.readonly) ? beginReading(in: database, plan) : true
        }
    }

    /// Sees to the client's wishes before keys of `database` are read.
    ///
    /// - Returns: False where they cannot be met, which the client has been told.
    private func beginReading(in database: Int, _ plan: ReplyPlan) -> Bool {
        guard let versionWishes else { return true }
        dropClosedVersions()
        if let id = versionWishes.goneVersion(in: database) {
            replyError(plan, ErrorReply.versionGone(id, of: context.server.catalog.names[database]))
            return false
        }
        tellVersion(in: database, plan)
        return true
    }

    private func tellVersion(in database: Int, _ plan: ReplyPlan) {
        guard let versionWishes, versionWishes.tellsVersions, versionWishes.goneVersion(in: database) == nil,
            protocolVersion == .resp3, !isReplaying
        else { return }
        let id = version(in: database).id
        reply(plan) {
            $0.attribute(count: 1)
            $0.bulk("version" as StaticString)
            $0.bulk(id)
        }
    }
}

extension ErrorReply {
    static let attributesNeedRESP3: StaticString = "ERR replies have no attributes in RESP2, send HELLO 3 first"

    static func notOpen(_ id: String, of dataset: String, open: [String]) -> [UInt8] {
        Array("ERR version \(id) of \(dataset) is not open; open are: \(open.joined(separator: ", "))".utf8)
    }

    static func versionGone(_ id: String, of dataset: String) -> String {
        """
        VERSIONGONE version \(id) of \(dataset) has been replaced and is closed; follow the latest with \
        DATASET USE \(dataset) latest
        """
    }

    static func unordered(_ format: String) -> [UInt8] {
        Array("ERR the \(format) format does not keep keys in order, so there are no ranges to read".utf8)
    }
}
