import Bytes

/// The checksum at the end of what `DUMP` gives: the CRC-64 named Jones, reflected, starting at 0.
struct CRC64 {
    private(set) var value: UInt64 = 0

    mutating func update(_ bytes: Span<UInt8>) {
        Self.tables.withElements { tables in
            var crc = value
            var offset = 0
            while offset <= bytes.count - 8 {
                let word = crc ^ bytes.packed(at: offset, count: 8)
                crc = 0
                // The byte that comes first goes through the checksum seven bytes further than the last.
                for place in 0..<8 {
                    crc ^= tables[(7 - place) << 8 + Int(truncatingIfNeeded: word >> UInt64(place << 3)) & 255]
                }
                offset += 8
            }
            while offset < bytes.count {
                crc = tables[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[offset])] ^ crc >> 8
                offset += 1
            }
            value = crc
        }
    }

    /// What each byte does to the checksum, with 0 to 7 zero bytes behind it.
    private struct Tables: Sendable {
        private var elements = [UInt64](repeating: 0, count: 8 << 8)

        init() {
            for byte in 0..<256 {
                var crc = UInt64(byte)
                for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 0 ? 0 : Self.polynomial) }
                elements[byte] = crc
            }
            for index in 256..<elements.count {
                let before = elements[index - 256]
                elements[index] = elements[Int(before & 255)] ^ before >> 8
            }
        }

        func withElements<Result>(_ body: (Span<UInt64>) -> Result) -> Result { body(elements.span) }

        /// 0xad93_d235_94c9_35a9 with its bits in the other order.
        private static let polynomial: UInt64 = 0x95ac_9329_ac4b_c9b5
    }

    private static let tables = Tables()
}
