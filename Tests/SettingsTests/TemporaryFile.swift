import Foundation

/// Lends a file that holds `bytes`, and removes it.
func withTemporaryFile<Result>(containing bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    try withTemporaryDirectory { directory in
        let path = directory + "/almanac.yaml"
        try Data(bytes).write(to: URL(filePath: path))
        return try body(path)
    }
}

func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.path + "/almanac-settings-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }  // Nothing depends on its being gone.
    return try body(directory)
}
