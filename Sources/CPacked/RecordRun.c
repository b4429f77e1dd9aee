#include "CPackedRecordRun.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <string.h>

// A LEB128 number of at most 32 bits in its shortest form at `*place`, which moves behind it.
static inline almanac_packed_stop read_length(const uint8_t *bytes, size_t count, size_t *place, uint32_t *length) {
    if (*place < count && bytes[*place] < 0x80) {
        *length = bytes[(*place)++];
        return ALMANAC_PACKED_STOP_NONE;
    }
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        if (*place >= count) return ALMANAC_PACKED_STOP_PARTIAL;
        uint8_t byte = bytes[(*place)++];
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte >= 0x80) continue;
        if ((byte == 0 && shift > 0) || value > UINT32_MAX) return ALMANAC_PACKED_STOP_LENGTHS;
        *length = (uint32_t)value;
        return ALMANAC_PACKED_STOP_NONE;
    }
    return ALMANAC_PACKED_STOP_LENGTHS;
}

almanac_packed_stop almanac_packed_read_head(const uint8_t *bytes, size_t count, almanac_packed_record *record) {
    size_t place = 4;
    uint32_t key_count, value_count;
    almanac_packed_stop stop = read_length(bytes, count, &place, &key_count);
    if (stop != ALMANAC_PACKED_STOP_NONE) return stop;
    stop = read_length(bytes, count, &place, &value_count);
    if (stop != ALMANAC_PACKED_STOP_NONE) return stop;
    *record = (almanac_packed_record){
        .count = place + key_count + value_count, .key_offset = place, .key_count = key_count,
        .value_count = value_count};
    return ALMANAC_PACKED_STOP_NONE;
}

size_t almanac_packed_read_records(const uint8_t *bytes, size_t count, almanac_packed_record *records,
                                   size_t records_max, almanac_packed_stop *stop) {
    size_t read = 0;
    size_t offset = 0;
    *stop = ALMANAC_PACKED_STOP_NONE;
    while (read < records_max && offset < count) {
        const uint8_t *start = bytes + offset;
        almanac_packed_record record;
        *stop = almanac_packed_read_head(start, count - offset, &record);
        if (*stop == ALMANAC_PACKED_STOP_NONE && record.count > count - offset) *stop = ALMANAC_PACKED_STOP_PARTIAL;
        if (*stop != ALMANAC_PACKED_STOP_NONE) return read;
        uint8_t stored[4];
        memcpy(stored, start, sizeof stored);
        uint32_t checksum = stored[0] | (uint32_t)stored[1] << 8 | (uint32_t)stored[2] << 16 | (uint32_t)stored[3] << 24;
        if (checksum != (uint32_t)XXH3_64bits(start + 4, record.count - 4)) {
            *stop = ALMANAC_PACKED_STOP_CHECKSUM;
            return read;
        }
        record.hash = XXH3_64bits(start + record.key_offset, record.key_count);
        record.offset = offset;
        record.key_offset += offset;
        offset += record.count;
        records[read++] = record;
    }
    return read;
}
