internal import ArgumentParser
internal import Datasets
internal import Platform

/// `almanac keygen`: makes a pair of keys for signing versions.
struct KeygenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Makes a pair of keys: one signs versions, the other tells that they are yours.",
        discussion: """
            Writes PREFIX.key, the private key, which only its owner may read and which stays with the publisher, and \
            PREFIX.pub, the public key, which goes to every server. Neither is ever overwritten. They are Ed25519 \
            keys in the forms that OpenSSL reads and writes (PKCS#8 and SubjectPublicKeyInfo, PEM).

            EXAMPLES:
              almanac keygen --output publisher
              almanac build users.csv --output users --sign publisher.key
              almanac sign users --key publisher.key

            EXIT CODES:
              0   done
              64  the command line is wrong, or one of the files exists
              74  a file cannot be written
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("What the files' names begin with.", valueName: "prefix"))
    var output: String

    func run() throws {
        let (privatePath, publicPath) = ("\(output).key", "\(output).pub")
        for path in [privatePath, publicPath] where try FileSystem.status(of: path, followsLinks: false) != nil {
            throw CommandFailure(.usage, "\(path) exists; a key is never overwritten: take another --output")
        }
        let key: SigningKey
        do throws(SignatureKeyError) {
            key = try SigningKey.generate()
        } catch {
            throw CommandFailure(.ioError, "cannot make a key: \(error)")
        }
        try write(key.pem, to: privatePath, mode: 0o600)
        do {
            try write(key.verificationKey.pem, to: publicPath, mode: 0o644)
        } catch {
            // Half a pair is of no use, and would be in the way of the next try.
            try? FileSystem.remove(privatePath)
            throw error
        }
        print(
            """
            key \(key.verificationKey.id)
              \(privatePath)  signs: keep it secret
              \(publicPath)  verifies: give it to every server
            """)
    }

    private func write(_ pem: [UInt8], to path: String, mode: UInt32) throws {
        do throws(SystemError) {
            try FileSystem.writeNew(pem, to: path, mode: mode)
        } catch {
            throw CommandFailure(
                error.isPresence ? .usage : .ioError, "cannot write \(path): \(error.reason)")
        }
    }
}
