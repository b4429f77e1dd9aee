#include "Hash.h"

uint64_t almanac_packed_hash(const uint8_t *bytes, size_t count) { return hash_of(bytes, count); }

uint16_t crc16_tables[8][256];

__attribute__((constructor)) static void fill_crc16_tables(void) {
    for (unsigned byte = 0; byte < 256; byte++) {
        uint16_t crc = (uint16_t)(byte << 8);
        for (int bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
        crc16_tables[0][byte] = crc;
    }
    // Table n tells what a byte does that n bytes of zeros follow.
    for (unsigned table = 1; table < 8; table++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint16_t crc = crc16_tables[table - 1][byte];
            crc16_tables[table][byte] = (uint16_t)(crc << 8 ^ crc16_tables[0][crc >> 8]);
        }
    }
}

uint32_t almanac_packed_slot(const uint8_t *key, size_t count) { return slot_of(key, count); }
