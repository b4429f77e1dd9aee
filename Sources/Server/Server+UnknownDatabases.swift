import Commands
import Datasets
public import Logging

extension Server {
    /// Warns of users that are let into databases which are no dataset's: a slip of a number shows nowhere else.
    public func noteUnknownDatabases(_ logger: Logger) {
        let count = state.catalog.names.count
        for user in state.access.current.users.values {
            let unknown = user.databases.filter { $0 >= count }.sorted()
            guard !unknown.isEmpty else { continue }
            logger.warning(
                "a user is let into databases that there are not",
                metadata: [
                    "user": "\(user.printableName)",
                    "databases": "\(unknown.map(String.init).joined(separator: ","))", "datasets": "\(count)",
                ])
        }
    }
}
