internal import Platform

/// A directory and all that it is in, by what they are on the disk rather than by how their paths are written.
///
/// Holds what was there when it was made.
struct DirectoryLineage {
    /// A place with its number on the disk, `nil` where there is nothing yet.
    private struct Place {
        var path: String
        var status: FileSystem.Status?

        func isSame(as other: Place) -> Bool {
            guard let status, let theirs = other.status else { return path == other.path }
            return status.device == theirs.device && status.inode == theirs.inode
        }
    }

    /// The directory itself first, the root last.
    private let places: [Place]

    /// - Parameter path: What is missing of it is taken to be made where the path says.
    init(_ path: String) {
        var (existing, missing) = (Self.trimmed(path), "")
        // What cannot be resolved cannot be worked in either, and whoever tries to will say so.
        var resolved = (try? FileSystem.resolved(existing)) ?? nil
        while resolved == nil, FileSystem.parent(of: existing) != existing {
            let parent = FileSystem.parent(of: existing)
            missing = "/\(existing.split(separator: "/").last ?? "")\(missing)"
            existing = parent
            resolved = (try? FileSystem.resolved(existing)) ?? nil
        }
        var place = Self.trimmed("\(resolved ?? existing)\(missing)")
        var places: [Place] = []
        while true {
            places.append(Place(path: place, status: (try? FileSystem.status(of: place)) ?? nil))
            let parent = FileSystem.parent(of: place)
            guard parent != place else { break }
            place = parent
        }
        self.places = places
    }

    /// Whether the directory is `other`, or is in it at any depth.
    func isWithin(_ other: DirectoryLineage) -> Bool {
        guard let directory = other.places.first else { return false }
        return places.contains { $0.isSame(as: directory) }
    }

    private static func trimmed(_ path: String) -> String {
        let parts = path.split(separator: "/").joined(separator: "/")
        return path.hasPrefix("/") ? "/\(parts)" : parts
    }
}
