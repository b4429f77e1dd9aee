#include "Precheck.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace almanac {

using rocksdb::IOStatus;

namespace {

// MARK: - Manifest

/// A log is a row of blocks; a record lies in one, or in several as fragments.
constexpr size_t kLogBlockBytes = 32 << 10;
/// Checksum of four bytes, length of two, type of one.
constexpr size_t kLogHeaderBytes = 7;
constexpr uint8_t kFirstFragment = 2;
constexpr uint8_t kMiddleFragment = 3;

/// Whether the log ends where its last record does. Checksums are left to RocksDB.
bool EndsWithRecord(const std::string &log) {
    size_t position = 0;
    bool in_record = false;
    while (position < log.size()) {
        size_t block_left = kLogBlockBytes - position % kLogBlockBytes;
        if (block_left < kLogHeaderBytes) {
            position += block_left;
            continue;
        }
        if (log.size() - position < kLogHeaderBytes) return false;
        auto *header = reinterpret_cast<const uint8_t *>(log.data()) + position;
        size_t record_bytes = kLogHeaderBytes + (header[4] | header[5] << 8);
        uint8_t type = header[6];
        // Type 0 is space laid out ahead, which RocksDB skips with all that follows it in the block.
        if (type == 0 || record_bytes > block_left || record_bytes > log.size() - position) return false;
        in_record = type == kFirstFragment || type == kMiddleFragment;
        position += record_bytes;
    }
    return !in_record && !log.empty();
}

// MARK: - Table

constexpr size_t kFooterBytes = 53;
constexpr uint64_t kBlockBasedMagic = 0x88e241b785f4cff7u;
/// What one read brings; properties, the index of such blocks and the footer come last in a file.
constexpr uint64_t kTailBytes = 16 << 10;
/// More than any real one; the sizes come from bytes that nobody has verified yet.
constexpr uint64_t kMetaBlockBytesMax = 16 << 20;

struct Range {
    uint64_t offset = 0;
    uint64_t size = 0;
};

/// Takes varints off the front of `bytes`, of any content.
struct Decoder {
    const uint8_t *position;
    const uint8_t *end;

    bool Number(uint64_t &number) {
        number = 0;
        for (unsigned shift = 0; shift < 64 && position < end; shift += 7) {
            uint8_t byte = *position++;
            number |= uint64_t{byte & 0x7Fu} << shift;
            if (byte < 0x80) return true;
        }
        return false;
    }
    bool Span(Range &range) { return Number(range.offset) && Number(range.size); }
};

bool Read(rocksdb::FSRandomAccessFile &file, Range range, std::string &bytes) {
    bytes.resize(range.size);
    rocksdb::Slice read;
    IOStatus status = file.Read(range.offset, range.size, {}, &read, bytes.data(), nullptr);
    if (!status.ok() || read.size() != range.size) return false;
    if (read.data() != bytes.data()) bytes.assign(read.data(), read.size());
    return true;
}

/// Finds the properties block through the block that lists such blocks; false where there is none.
bool FindProperties(const std::string &list, Range &properties) {
    auto *bytes = reinterpret_cast<const uint8_t *>(list.data());
    Decoder decoder{bytes, bytes + list.size()};
    uint64_t shared, key_size, value_size;
    // Every key is whole here, as every entry is a restart point; the restart points themselves follow.
    while (decoder.Number(shared) && decoder.Number(key_size) && decoder.Number(value_size)) {
        uint64_t left = decoder.end - decoder.position;
        if (shared != 0 || key_size > left || value_size > left - key_size) return false;
        std::string key(reinterpret_cast<const char *>(decoder.position), key_size);
        decoder.position += key_size;
        if (key == "rocksdb.properties" || key == "rocksdb.stats") {
            Decoder value{decoder.position, decoder.position + value_size};
            return value.Span(properties);
        }
        decoder.position += value_size;
    }
    return false;
}

}  // namespace

IOStatus CheckManifest(rocksdb::FileSystem &files, const std::string &path) {
    std::string log;
    IOStatus status = rocksdb::ReadFileToString(&files, path, &log);
    if (!status.ok()) return status;
    return EndsWithRecord(log) ? IOStatus::OK() : IOStatus::Corruption(path, "does not end with a whole record");
}

IOStatus CheckTableProperties(rocksdb::FSRandomAccessFile &file, uint64_t size, const std::string &path) {
    // Whatever is amiss but that one claim is left to RocksDB, which reports it.
    if (size < kFooterBytes) return IOStatus::OK();
    Range tail{size - std::min(size, kTailBytes), std::min(size, kTailBytes)};
    std::string bytes;
    if (!Read(file, tail, bytes)) return IOStatus::OK();
    uint64_t magic;
    std::memcpy(&magic, bytes.data() + bytes.size() - sizeof magic, sizeof magic);
    if (magic != kBlockBasedMagic) return IOStatus::OK();

    auto load = [&](Range range, std::string &block) {
        if (range.size > kMetaBlockBytesMax || range.offset > size || range.size > size - range.offset) return false;
        if (range.offset < tail.offset) return Read(file, range, block);
        block = bytes.substr(range.offset - tail.offset, range.size);
        return true;
    };
    auto *end = reinterpret_cast<const uint8_t *>(bytes.data()) + bytes.size();
    Decoder footer{end - kFooterBytes + 1, end};
    Range list_range, properties_range;
    std::string list, properties;
    if (!footer.Span(list_range) || !load(list_range, list) || !FindProperties(list, properties_range) ||
        !load(properties_range, properties) || properties.size() < sizeof(uint32_t)) {
        return IOStatus::OK();
    }
    // A block ends in the number of its restart points, whose highest bit says that a hash index is before.
    bool claims_hash_index = (static_cast<uint8_t>(properties.back()) & 0x80) != 0;
    return claims_hash_index ? IOStatus::Corruption(path, "its properties block is damaged") : IOStatus::OK();
}

}  // namespace almanac
