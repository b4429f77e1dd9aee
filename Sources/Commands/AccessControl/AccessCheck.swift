import Bytes
import RESP

/// Finds out whether a user may do what a request asks for.
///
/// Goes by the table alone, so that any thread may ask.
final class AccessCheck: Sendable {
    private let table: CommandTable
    /// By the index of the command.
    private let facts: [CommandFacts]

    /// What has to be known of a command, without references.
    private struct CommandFacts: BitwiseCopyable {
        var keys = Keys.none
        /// Of all of its keys, where they are in a range.
        var wanted = KeyRule.Access()
        /// Whether it reads the selected database.
        var isAboutDatabase = false

        enum Keys: BitwiseCopyable { case none, range, found }
    }

    init(_ table: CommandTable) {
        self.table = table
        facts = table.commands.map { command in
            var facts = CommandFacts()
            facts.isAboutDatabase = !command.categories.isDisjoint(with: [.keyspace, .read, .write])
            let keys = command.keys.filter { !$0.access.contains(.notKey) }
            guard let first = keys.first else { return facts }
            facts.isAboutDatabase = true
            let isRange = keys.count == 1 && command.name != "migrate" && command.name != "sort"
            if isRange, case .index = first.begin, case .range(_, _, limit: 0...1) = first.find,
                first.access.isDisjoint(with: [.variable, .incomplete])
            {
                (facts.keys, facts.wanted) = (.range, KeyRule.Access(first.access))
            } else {
                facts.keys = .found
            }
            return facts
        }
    }

    /// What a request is checked in.
    struct Place {
        /// The selected database.
        let database: Int
        /// The names of all, in their order.
        let databases: [String]
        /// Which argument is the command's name.
        var offset = 0
    }

    /// Why `user` may not do what `request` asks for; `nil` where it may.
    ///
    /// Of several selectors' reasons it is Redis's choice: the last in the order of ``AccessDenial/Reason``, and of
    /// those the last argument.
    func denial(
        of user: AccessUser, _ command: CommandRow, _ request: borrowing Request, in place: Place
    ) -> AccessDenial? {
        guard !user.isUnrestricted else { return nil }
        var worst = AccessDenial(reason: .command, argument: 0)
        // By their places, as to copy what a selector holds costs more than to look at it.
        for number in user.rules.selectors.indices {
            guard let denial = denial(by: user.rules.selectors[number], command, request, in: place) else { return nil }
            if (denial.reason.rawValue, denial.argument) > (worst.reason.rawValue, worst.argument) { worst = denial }
        }
        return worst
    }

    /// Whether a user may run a request by a selector that allows to read whatever key there is.
    func mayReadAllKeys(
        _ user: AccessUser, by command: CommandRow, _ request: borrowing Request, in place: Place
    ) -> Bool {
        guard !user.isUnrestricted else { return true }
        for selector in user.rules.selectors where selector.allowsReadingAllKeys {
            if denial(by: selector, command, request, in: place) == nil { return true }
        }
        return false
    }

    private func denial(
        by selector: borrowing AccessSelector, _ command: CommandRow, _ request: borrowing Request, in place: Place
    ) -> AccessDenial? {
        let offset = place.offset
        // A first argument that rules name follows the name of the command, of which only containers have two words.
        let argument = offset + 1 < request.count ? offset + 1 : nil
        let isAllowed =
            argument.map { selector.allows(command, firstArgument: request[$0]) }
            ?? selector.allows(command, firstArgument: nil)
        guard isAllowed else { return AccessDenial(reason: .command, argument: 0) }
        if selector.databases != nil, !allowsDatabase(selector, command, request, in: place) {
            return AccessDenial(reason: .database, argument: 0)
        }
        if !selector.allowsAllKeys, let key = forbiddenKey(selector, command, request, offset: offset) {
            return AccessDenial(reason: .key, argument: key)
        }
        if !selector.allowsAllChannels, let channel = forbiddenChannel(selector, command, request, offset: offset) {
            return AccessDenial(reason: .channel, argument: channel)
        }
        return nil
    }

    private func allowsDatabase(
        _ selector: borrowing AccessSelector, _ command: CommandRow, _ request: borrowing Request, in place: Place
    ) -> Bool {
        let offset = place.offset
        switch command.action {
        case .select:
            guard request.count > offset + 1, let number = Int(decimal: request[offset + 1]) else { return true }
            return selector.allows(database: number)
        case .datasetRange, .datasetPrefix:
            let name = String(copying: request[offset + 2])
            // A name that is none is refused as such.
            guard let number = place.databases.firstIndex(of: name) else { return true }
            return selector.allows(database: number)
        default:
            return !facts[Int(command.index)].isAboutDatabase || selector.allows(database: place.database)
        }
    }

    /// The first key that the selector does not allow; keys that cannot be found are the command's to refuse.
    private func forbiddenKey(
        _ selector: borrowing AccessSelector, _ command: CommandRow, _ request: borrowing Request, offset: Int
    ) -> Int? {
        let facts = facts[Int(command.index)]
        switch facts.keys {
        case .none: return forbiddenWalk(selector, command, request, offset: offset)
        case .range:
            let first = offset + Int(command.firstKey)
            let last = command.lastKey < 0 ? request.count + Int(command.lastKey) : offset + Int(command.lastKey)
            guard first <= last, last < request.count else { return nil }
            for index in stride(from: first, through: last, by: Int(command.keyStep)) {
                if !selector.allows(key: request[index], facts.wanted) { return index }
            }
            return nil
        case .found:
            let keys = table.keys(of: command, request, offset: offset)
            return keys.first { !selector.allows(key: request[$0.index], KeyRule.Access($0.access)) }?.index
        }
    }

    /// Who gets values of keys that are not named must be allowed to read all that could come.
    ///
    /// Names alone may be walked over by all who may `SCAN`, as in Redis.
    private func forbiddenWalk(
        _ selector: borrowing AccessSelector, _ command: CommandRow, _ request: borrowing Request, offset: Int
    ) -> Int? {
        switch command.action {
        case .datasetRange: return selector.allowsReadingAllKeys ? nil : offset + 3
        case .datasetPrefix:
            return selector.allowsReadingKeys(beginningWith: request[offset + 3]) ? nil : offset + 3
        default: return nil
        }
    }

    private func forbiddenChannel(
        _ selector: borrowing AccessSelector, _ command: CommandRow, _ request: borrowing Request, offset: Int
    ) -> Int? {
        let last: Int
        switch command.action {
        case .subscribe, .psubscribe, .ssubscribe: last = request.count - 1
        case .publish: last = offset + 1
        default: return nil
        }
        let isPattern = command.action == .psubscribe
        for index in (offset + 1)..<(last + 1) where !selector.allows(channel: request[index], isPattern: isPattern) {
            return index
        }
        return nil
    }
}
