#ifndef ALMANAC_PACKED_HASH_H
#define ALMANAC_PACKED_HASH_H

#include "CPacked.h"

#define XXH_INLINE_ALL
#include <string.h>
#include <xxhash.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static inline uint64_t hash_of(const uint8_t *bytes, size_t count) { return XXH3_64bits(bytes, count); }

/// CRC16 with the polynomial 0x1021 and nothing reflected (XMODEM): of a byte that as many others follow as the
/// first index says.
extern uint16_t crc16_tables[8][256];

static inline uint16_t crc16_of(const uint8_t *bytes, size_t count) {
    uint16_t crc = 0;
    for (; count >= 8; bytes += 8, count -= 8) {
        crc = (uint16_t)(crc16_tables[7][bytes[0] ^ crc >> 8] ^ crc16_tables[6][bytes[1] ^ (crc & 0xFF)]
            ^ crc16_tables[5][bytes[2]] ^ crc16_tables[4][bytes[3]] ^ crc16_tables[3][bytes[4]]
            ^ crc16_tables[2][bytes[5]] ^ crc16_tables[1][bytes[6]] ^ crc16_tables[0][bytes[7]]);
    }
    for (; count; bytes++, count--) crc = (uint16_t)(crc << 8 ^ crc16_tables[0][crc >> 8 ^ *bytes]);
    return crc;
}

/// Whether one of eight bytes is `{`; where it says yes, it may be one that follows such a byte and differs in a bit.
static inline bool may_have_brace(uint64_t bytes) {
    uint64_t zeroed = bytes ^ 0x7B7B7B7B7B7B7B7B;
    return ((zeroed - 0x0101010101010101) & ~zeroed & 0x8080808080808080) != 0;
}

/// Whether there may be a `{` in a key; never no where there is one.
static inline bool may_have_tag(const uint8_t *key, size_t count) {
    if (count < 8) return count && memchr(key, '{', count);
#if defined(__SSE2__)
    if (count >= 16) {
        __m128i brace = _mm_set1_epi8('{');
        __m128i found = _mm_cmpeq_epi8(_mm_loadu_si128((const void *)(key + count - 16)), brace);
        for (size_t index = 0; index + 16 < count; index += 16)
            found = _mm_or_si128(found, _mm_cmpeq_epi8(_mm_loadu_si128((const void *)(key + index)), brace));
        return _mm_movemask_epi8(found) != 0;
    }
#endif
    uint64_t word;
    for (size_t index = 0; index + 8 < count; index += 8) {
        memcpy(&word, key + index, 8);
        if (may_have_brace(word)) return true;
    }
    memcpy(&word, key + count - 8, 8);
    return may_have_brace(word);
}

static inline uint32_t slot_of(const uint8_t *key, size_t count) {
    if (may_have_tag(key, count)) {
        const uint8_t *open = memchr(key, '{', count);
        const uint8_t *tag = open ? open + 1 : key;
        const uint8_t *close = open ? memchr(tag, '}', (size_t)(key + count - tag)) : NULL;
        if (close && close > tag) return crc16_of(tag, (size_t)(close - tag)) & 16383;
    }
    return crc16_of(key, count) & 16383;
}

#endif
