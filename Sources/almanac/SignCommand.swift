internal import ArgumentParser
internal import Datasets

/// `almanac sign`: signs a version that was built without a key.
struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Signs a version's manifest, as almanac build --sign does.",
        discussion: """
            The signature goes into DIR/manifest.sig, a line beside those of other keys. It covers the manifest's \
            exact bytes, and through them every file's size and SHA-256; the files themselves are not read.

            EXAMPLES:
              almanac sign users --key publisher.key

            EXIT CODES:
              0   done, or signed by this key before
              64  the command line is wrong
              65  the manifest is damaged
              74  the file cannot be written
              78  there is no manifest, or no such key
            """)

    @Argument(help: ArgumentHelp("The version's directory.", valueName: "dir"))
    var directory: String

    @Option(help: ArgumentHelp("The private key, of almanac keygen.", valueName: "file"))
    var key: String

    func run() throws {
        let key = try readSigningKey(key)
        let version = VersionDirectory(path: directory)
        let id = try version.manifest().manifest.versionID
        let isNew = try version.sign(with: key)
        print("version \(id) \(isNew ? "is now" : "was already") signed by key \(key.verificationKey.id)")
    }
}
