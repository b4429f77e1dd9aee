public import Datasets

/// Where versions are published: a bucket, a web server, a directory.
///
/// Objects are named relative to the source, parts separated by `/`. Every call blocks its thread until
/// it is done, has failed for good, or ``Cancellation`` ends it; failures that may pass have been tried
/// again by then. A source belongs to one thread at a time, and lists and deletes nothing.
public protocol Source: AnyObject {
    /// The source as its operator wrote it, less anything secret.
    var name: String { get }

    /// The directory that the source is; `nil` where it is none of this machine.
    var directoryPath: String? { get }

    /// Fetches a small object whole.
    ///
    /// - Parameters:
    ///   - object: Its name.
    ///   - validator: What an earlier fetch returned; the object is sent only if it has changed since.
    ///   - bytesMax: A longer object is refused as corrupt.
    /// - Returns: What is there; absence is no error.
    /// - Throws: Anything but `absent`.
    func fetch(
        _ object: String, unlessMatching validator: ObjectValidator?, bytesMax: Int
    ) throws(SourceError) -> FetchedObject

    /// Downloads many objects into files, and returns once each file has its whole size and its SHA-256.
    ///
    /// After an error, what is on disk stays and can be resumed, see ``ObjectDownload``. Nothing is
    /// fsynced: that is for the caller, before it relies on the files.
    func download(_ downloads: [ObjectDownload], options: TransferOptions) throws(SourceError)

    /// Uploads files whose digests are known; an object that is there already is never replaced.
    ///
    /// - Returns: An outcome for each upload, in their order.
    func upload(_ uploads: [ObjectUpload], options: TransferOptions) throws(SourceError) -> [UploadOutcome]

    /// Stores a small object and reads it back to compare.
    ///
    /// - Parameters:
    ///   - bytes: All of it.
    ///   - object: Its name.
    ///   - isReplacing: Whether an object of this name may be overwritten, as the pointer is.
    /// - Returns: `stored` always where it replaces.
    /// - Throws: `corrupt` where something else is read back.
    func put(_ bytes: [UInt8], as object: String, isReplacing: Bool) throws(SourceError) -> UploadOutcome
}

extension Source {
    public var directoryPath: String? { nil }
}

/// What a source says about one state of an object, such as an ETag; comparable and nothing else.
///
/// It tells states apart for polling. It proves nothing about bytes.
public struct ObjectValidator: Sendable, Equatable {
    enum Form {
        case etag
        case lastModified
        /// Size, time and number of a file.
        case file
        /// The SHA-256 of the bytes.
        case contents
    }

    let form: Form
    let text: String
}

/// What ``Source/fetch(_:unlessMatching:bytesMax:)`` found.
public enum FetchedObject: Sendable, Equatable {
    /// There is no such object.
    case absent
    /// It is as it was when the validator was returned.
    case unchanged
    /// All of its bytes; the validator is `nil` where the source gives none.
    case object(bytes: [UInt8], validator: ObjectValidator?)
}

/// One object to download into one file.
///
/// To resume: pass the offset that ``resumableBytes(ofFileAt:bytes:)`` returns for the file. The file's
/// bytes before it are hashed from disk, what follows is downloaded.
public struct ObjectDownload: Sendable {
    /// The object's name.
    public var object: String
    /// The file to write, made where it is missing; its directory must exist.
    public var path: String
    /// The object's whole size.
    public var bytes: Int
    public var sha256: SHA256Digest
    /// How many bytes of the file are there already, 0 to ``bytes``.
    public var resumeOffset: Int

    public init(object: String, path: String, bytes: Int, sha256: SHA256Digest, resumeOffset: Int = 0) {
        precondition(resumeOffset >= 0 && resumeOffset <= bytes)
        self.object = object
        self.path = path
        self.bytes = bytes
        self.sha256 = sha256
        self.resumeOffset = resumeOffset
    }
}

/// One file to upload.
public struct ObjectUpload: Sendable {
    public var object: String
    public var path: String
    public var bytes: Int
    public var sha256: SHA256Digest

    public init(object: String, path: String, bytes: Int, sha256: SHA256Digest) {
        self.object = object
        self.path = path
        self.bytes = bytes
        self.sha256 = sha256
    }
}

/// How an upload ended.
public enum UploadOutcome: Sendable, Equatable {
    case stored
    /// The object was there already with the same bytes.
    case identical
    /// The object was there already with other bytes, and was left alone.
    case different
}
