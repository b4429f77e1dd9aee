import Foundation
import Testing

@testable import Sync

@Suite("Directories and what they are in")
struct DirectoryLineageTests {
    /// What is asked, within what, and whether it is, by paths below one directory that has `a/b` and links to both.
    static let cases = [
        ("a", "a", true), ("a/", "a", true), ("a/b", "a", true), ("a", "a/b", false), ("ab", "a", false),
        ("to-b", "a", true), ("to-a/b", "a/b", true), ("a/b", "to-a", true), ("a/../ab", "ab", true),
        ("a/new/er", "to-a", true), ("new", "new", true), ("new//er", "new/", true), ("new", "newer", false),
        ("new", "a", false), ("a", "new", false),
    ]

    @Test("are told apart however they are written", arguments: cases)
    func within(path: String, other: String, isWithin: Bool) throws {
        let files = FileManager.default
        let root = files.temporaryDirectory.appendingPathComponent("almanac-\(UUID())").path
        defer { try? files.removeItem(atPath: root) }
        for name in ["a/b", "ab"] {
            try files.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
        }
        try files.createSymbolicLink(atPath: "\(root)/to-a", withDestinationPath: "a")
        try files.createSymbolicLink(atPath: "\(root)/to-b", withDestinationPath: "\(root)/a/b")
        #expect(DirectoryLineage("\(root)/\(path)").isWithin(DirectoryLineage("\(root)/\(other)")) == isWithin)
    }

    @Test("have a place though they are written relative to the working directory")
    func relative() {
        let here = FileManager.default.currentDirectoryPath
        #expect(DirectoryLineage("new-\(here.count)/er").isWithin(DirectoryLineage(here)))
        #expect(DirectoryLineage(".").isWithin(DirectoryLineage(here)))
        #expect(DirectoryLineage(here).isWithin(DirectoryLineage("/")))
        #expect(!DirectoryLineage("/").isWithin(DirectoryLineage("new")))
    }
}
