#ifndef ALMANAC_PACKED_RECORD_H
#define ALMANAC_PACKED_RECORD_H

#include "Index.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Where the parts of a record are, in bytes from its beginning.
typedef struct record_shape {
    uint64_t key, key_count, value, value_count;
} record_shape;

/// Reads a length in LEB128, of at most five bytes and in its shortest form.
static inline bool read_length(const uint8_t *bytes, uint64_t count, uint64_t *position, uint64_t *length) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        if (*position >= count) return false;
        uint8_t byte = bytes[(*position)++];
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte & 0x80) continue;
        *length = value;
        return value <= UINT32_MAX && (byte != 0 || shift == 0);
    }
    return false;
}

/// Finds the parts of a record of `count` bytes, at least six; false where its lengths do not fill it exactly.
static inline bool read_shape(const uint8_t *record, uint64_t count, record_shape *shape) {
    // Keys shorter than 128 bytes and values shorter than 16 KiB, without a loop.
    uint64_t first = record[4], second = record[5];
    if ((first & 0x80) == 0) {
        shape->key_count = first;
        if ((second & 0x80) == 0) {
            shape->key = 6;
            shape->value_count = second;
            shape->value = 6 + first;
            return shape->value + second == count;
        }
        uint64_t third = count > 6 ? record[6] : 0x80;
        if ((third & 0x80) == 0 && third != 0) {
            shape->key = 7;
            shape->value_count = (second & 0x7F) | third << 7;
            shape->value = 7 + first;
            return shape->value + shape->value_count == count;
        }
    }
    uint64_t position = 4;
    if (!read_length(record, count, &position, &shape->key_count)) return false;
    if (!read_length(record, count, &position, &shape->value_count)) return false;
    shape->key = position;
    shape->value = position + shape->key_count;
    return shape->value + shape->value_count == count;
}

/// Whether the checksum of a record of `count` bytes, at least six, is right.
static inline bool is_intact(const uint8_t *record, uint64_t count) {
    return (uint32_t)hash_of(record + 4, count - 4) == load32(record);
}

static inline bool have_same_16_bytes(const uint8_t *left, const uint8_t *right) {
#if defined(__SSE2__)
    __m128i same = _mm_cmpeq_epi8(_mm_loadu_si128((const void *)left), _mm_loadu_si128((const void *)right));
    return _mm_movemask_epi8(same) == 0xFFFF;
#else
    return ((load64(left) ^ load64(right)) | (load64(left + 8) ^ load64(right + 8))) == 0;
#endif
}

/// Compares short keys without a call.
static inline bool is_same_key(const uint8_t *left, const uint8_t *right, size_t count) {
    if (count >= 16) {
        for (size_t index = 0; index + 16 < count; index += 16)
            if (!have_same_16_bytes(left + index, right + index)) return false;
        return have_same_16_bytes(left + count - 16, right + count - 16);
    }
    if (count >= 8)
        return ((load64(left) ^ load64(right)) | (load64(left + count - 8) ^ load64(right + count - 8))) == 0;
    if (count >= 4)
        return ((load32(left) ^ load32(right)) | (load32(left + count - 4) ^ load32(right + count - 4))) == 0;
    for (size_t index = 0; index < count; index++)
        if (left[index] != right[index]) return false;
    return true;
}

#endif
