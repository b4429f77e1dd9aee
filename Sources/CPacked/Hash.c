#include "CPacked.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <string.h>

uint64_t almanac_packed_hash(const uint8_t *bytes, size_t count) { return XXH3_64bits(bytes, count); }

// CRC16 with the polynomial 0x1021 and nothing reflected (XMODEM), by the byte.
static uint16_t crc16_table[256];

__attribute__((constructor)) static void fill_crc16_table(void) {
    for (unsigned byte = 0; byte < 256; byte++) {
        uint16_t crc = (uint16_t)(byte << 8);
        for (int bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
        crc16_table[byte] = crc;
    }
}

static uint16_t crc16(const uint8_t *bytes, size_t count) {
    uint16_t crc = 0;
    for (size_t index = 0; index < count; index++)
        crc = (uint16_t)(crc << 8 ^ crc16_table[(crc >> 8 ^ bytes[index]) & 0xFF]);
    return crc;
}

uint32_t almanac_packed_slot(const uint8_t *key, size_t count) {
    const uint8_t *open = count ? memchr(key, '{', count) : NULL;
    if (open) {
        const uint8_t *tag = open + 1;
        const uint8_t *close = memchr(tag, '}', (size_t)(key + count - tag));
        if (close && close > tag) return crc16(tag, (size_t)(close - tag)) & 16383;
    }
    return crc16(key, count) & 16383;
}
