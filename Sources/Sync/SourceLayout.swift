internal import Datasets

/// What the objects of a source are named.
///
/// ```
/// current.json                          the pointer, moved last
/// versions/ID/manifest.json …files      never changed once the pointer has named them
/// versions/ID/manifest.sig              where the publisher signs
/// ```
enum SourceLayout {
    static let pointer = "current.json"
    /// Longer ones are no pointers.
    static let pointerBytesMax = 64 << 10
    static let signatureBytesMax = 64 << 10

    static func object(_ path: String, of id: String) -> String { "versions/\(id)/\(path)" }
    static func manifest(of id: String) -> String { object(Manifest.fileName, of: id) }
    static func signature(of id: String) -> String { object(VersionDirectory.signatureFileName, of: id) }
}
