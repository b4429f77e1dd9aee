import Bytes
import PackedStorage
import Testing

@Suite("Packed keys")
struct PackedKeyTests {
    @Test(
        "a key's slot is Redis Cluster's",
        arguments: [
            ("foo", 12182), ("", 0), ("{user1000}.following", 3443), ("user1000", 3443), ("foo{}{bar}", 8363),
            ("foo{{bar}}zap", 4015), ("123456789", 12739),
        ])
    func slots(key: String, slot: Int) {
        #expect(PackedKey.slot(Array(key.utf8).span) == slot)
    }
}
