import Commands
import Datasets
import SessionSupport
import Storage
import TestSupport

/// Datasets of a few keys for sessions to be tested with.
struct SessionWorld {
    let databases: [[[UInt8]: [UInt8]]]
    let engines: [MemoryEngine]
    let versions: [DatasetVersion]

    init(_ databases: [[[UInt8]: [UInt8]]], behaviour: MemoryEngine.Behaviour = MemoryEngine.Behaviour()) {
        self.databases = databases
        engines = databases.map { MemoryEngine($0, behaviour: behaviour) }
        versions = engines.enumerated().map { DatasetVersion(id: "v\($0.offset)", engine: $0.element) }
    }

    init(text: [String: String], behaviour: MemoryEngine.Behaviour = MemoryEngine.Behaviour()) {
        self.init([Self.bytes(text)], behaviour: behaviour)
    }

    static func bytes(_ text: [String: String]) -> [[UInt8]: [UInt8]] {
        Dictionary(uniqueKeysWithValues: text.map { (Array($0.key.utf8), Array($0.value.utf8)) })
    }

    /// Two databases of words, bytes, long and empty things.
    static let usual: [[[UInt8]: [UInt8]]] = {
        var first = bytes(["": "of the empty key", "empty": "", "k": "v", "a\r\nb": "line end"])
        for number in 0..<200 { first[Array("key:\(number)".utf8)] = Array("value of \(number)".utf8) }
        first[[0, 255, 13, 10]] = [255, 0]
        first[Array("long".utf8)] = [UInt8](repeating: 120, count: 30_000)
        return [first, bytes(["k": "other", "key:1": "second"])]
    }()

    /// Keys of ``usual``, and some that are in none.
    static let usualKeys: [[UInt8]] =
        usual[0].keys.sorted { $0.lexicographicallyPrecedes($1) } + (0..<60).map { Array("missing:\($0)".utf8) }

    /// What one client gets for all of `requests` sent at once.
    func replies(
        to requests: [UInt8]..., pace: SessionDriver.Pace = .prompt, prepare: (SessionDriver) -> Void = { _ in }
    ) -> String {
        let driver = SessionDriver(versions, pace: pace)
        prepare(driver)
        for request in requests { driver.clients[0].send(request) }
        guard driver.run() else { return "the session got stuck" }
        return text(driver.clients[0].received)
    }
}

/// A request in the multibulk form, of text.
func request(_ words: String...) -> [UInt8] { requestBytes(words) }

func bulkText(_ value: String) -> String { "$\(value.utf8.count)\r\n\(value)\r\n" }

let damagedText = text(SessionModel.damagedReply)
