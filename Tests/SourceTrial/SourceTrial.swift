import Datasets
import FoundationEssentials
import Glibc
import Platform
import RemoteStorage

/// Drives one source from the command line, so that tests can meet it with real servers.
///
///     SourceTrial fetch SOURCE OBJECT [REPEAT]        prints absent, or the bytes' count and the validator's verdict
///     SourceTrial download SOURCE DIRECTORY           lines "OBJECT BYTES SHA256" on standard input; resumes
///     SourceTrial upload SOURCE                       lines "OBJECT PATH BYTES SHA256"
///     SourceTrial put SOURCE OBJECT TEXT [replace]
///
/// `TRIAL_RATE` limits the bytes a second, `TRIAL_CONNECTIONS` the connections. Failures end with their kind.
@main struct SourceTrial {
    static func main() throws {
        let cancellation = Cancellation()
        let signals = try SignalQueue()
        _ = try Thread(name: "trial") {
            do {
                try run(Array(CommandLine.arguments.dropFirst()), cancellation)
                exit(0)
            } catch let error as SourceError {
                end("\(error.kind)\t\(error.description)", code: error.kind == .cancelled ? 3 : 2)
            } catch {
                end("\(error)", code: 70)
            }
        }
        while true {
            if try signals.next(milliseconds: -1) != nil { cancellation.cancel() }
        }
    }

    static func run(_ words: [String], _ cancellation: Cancellation) throws {
        guard words.count >= 2 else { end("usage: see the source", code: 64) }
        let environment = ProcessInfo.processInfo.environment
        let source = try RemoteStorage.open(words[1], environment: environment, cancellation: cancellation)
        var options = TransferOptions()
        options.bytesPerSecondMax = environment["TRIAL_RATE"].flatMap { Int($0) }
        options.connectionsMax = environment["TRIAL_CONNECTIONS"].flatMap { Int($0) } ?? options.connectionsMax
        var last: TransferProgress?
        options.onProgress = { last = $0 }
        switch words[0] {
        case "fetch": try fetch(source, words[2], times: words.count > 3 ? Int(words[3]) ?? 1 : 1)
        case "download":
            let downloads = try rows().map { row in
                let (bytes, path) = (try number(row[1]), "\(words[2])/\(row[0])")
                return ObjectDownload(
                    object: row[0], path: path, bytes: bytes, sha256: try digest(row[2]),
                    resumeOffset: ObjectDownload.resumableBytes(ofFileAt: path, bytes: bytes))
            }
            print("resumed \(downloads.reduce(0) { $0 + $1.resumeOffset })")
            try source.download(downloads, options: options)
            if let last {
                print("transferred \(last.bytesTransferred) done \(last.bytesDone) retries \(last.retries.total)")
            }
        case "upload":
            let uploads = try rows().map { row in
                ObjectUpload(object: row[0], path: row[1], bytes: try number(row[2]), sha256: try digest(row[3]))
            }
            for outcome in try source.upload(uploads, options: options) { print(outcome) }
        case "put": print(try source.put(Array(words[3].utf8), as: words[2], isReplacing: words.count > 4))
        default: end("no such action", code: 64)
        }
    }

    static func fetch(_ source: any Source, _ object: String, times: Int) throws {
        var validator: ObjectValidator?
        for _ in 0..<times {
            switch try source.fetch(object, unlessMatching: validator, bytesMax: 1 << 20) {
            case .absent: print("absent")
            case .unchanged: print("unchanged")
            case .object(let bytes, let found):
                print("object \(bytes.count) \(SHA256.digest(of: bytes.span))")
                validator = found
            }
        }
    }

    static func rows() throws -> [[String]] {
        var rows: [[String]] = []
        while let line = readLine() { rows.append(line.split(separator: " ").map(String.init)) }
        return rows
    }

    static func number(_ text: String) throws -> Int {
        guard let number = Int(text) else { throw SourceError(.misconfigured, "\(text) is no number") }
        return number
    }

    static func digest(_ text: String) throws -> SHA256Digest {
        guard let digest = SHA256Digest(hexadecimal: text) else {
            throw SourceError(.misconfigured, "\(text) is no digest")
        }
        return digest
    }

    static func end(_ message: String, code: Int32) -> Never {
        let line = Array("\(message)\n".utf8)
        _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
        exit(code)
    }
}
