import Foundation
import PackedStorage

/// What a test needs of a segment's trailer, to make a damaged file's checksums right.
struct Trailer {
    let offset: Int
    let lines: Int
    let indexByteCount: Int
    let checksums: Int

    init(_ file: Data) {
        let offset = file.count - 4_096
        func number(_ place: Int) -> Int {
            (0..<8).reduce(0) { $0 | Int(file[offset + place + $1]) << (8 * $1) }
        }
        self.offset = offset
        lines = number(56)
        indexByteCount = number(64) + number(80)
        checksums = number(88)
    }

    /// Writes a field of eight bytes.
    func set(_ field: Int, to number: Int, _ file: inout Data) { put(UInt64(number), at: offset + field, &file) }

    /// Makes the checksum of the record in `range` right.
    func sealRecord(in range: Range<Int>, _ file: inout Data) {
        let checksum = hash(file[range.lowerBound + 4..<range.upperBound])
        for byte in 0..<4 { file[range.lowerBound + byte] = UInt8(truncatingIfNeeded: checksum >> (8 * byte)) }
    }

    /// Makes all checksums right but those of records.
    func seal(_ file: inout Data) {
        let pageCount = (indexByteCount + 4_095) / 4_096
        for page in 0..<pageCount {
            let start = lines + page * 4_096
            put(hash(file[start..<min(start + 4_096, lines + indexByteCount)]), at: checksums + page * 8, &file)
        }
        put(hash(file[checksums..<checksums + pageCount * 8]), at: offset + 144, &file)
        put(hash(file[offset..<offset + 4_088]), at: offset + 4_088, &file)
    }

    private func hash(_ bytes: Data) -> UInt64 {
        let bytes = Array(bytes)
        return PackedKey.hash(bytes.span)
    }

    private func put(_ number: UInt64, at place: Int, _ file: inout Data) {
        for byte in 0..<8 { file[place + byte] = UInt8(truncatingIfNeeded: number >> (8 * byte)) }
    }
}
