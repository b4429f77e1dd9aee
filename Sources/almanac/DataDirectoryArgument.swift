internal import ArgumentParser
internal import Datasets

/// The data directory that a command is about.
struct DataDirectoryArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The data directory.", valueName: "dir"))
    var path: String

    /// - Throws: ``CommandFailure`` where there is none.
    func open() throws -> DataDirectory {
        guard DataDirectory.isPresent(at: path) else {
            throw CommandFailure(.badConfiguration, "\(path) is no data directory: it has no versions")
        }
        return DataDirectory(path: path)
    }
}

extension Almanac {
    /// How a running server is made to take what was changed in a data directory.
    static let serverAdvice =
        "a running server takes it on SIGHUP, or with: redis-cli DATASET RELOAD"
}
