#include "CPacked.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <string.h>

enum { CHECKSUM_SIZE = 4 };

static size_t put_leb128(uint8_t *target, uint64_t number) {
    size_t count = 0;
    for (; number >= 0x80; number >>= 7) target[count++] = (uint8_t)(number | 0x80);
    target[count++] = (uint8_t)number;
    return count;
}

static void put_checksum(uint8_t *target, uint64_t hash) {
    for (int index = 0; index < CHECKSUM_SIZE; index++) target[index] = (uint8_t)(hash >> (8 * index));
}

static size_t put_lengths(uint8_t *target, size_t key_count, size_t value_count) {
    size_t count = CHECKSUM_SIZE;
    count += put_leb128(target + count, key_count);
    return count + put_leb128(target + count, value_count);
}

size_t almanac_packed_write_record(uint8_t *target, const uint8_t *key, size_t key_count, const uint8_t *value,
                                   size_t value_count) {
    size_t count = put_lengths(target, key_count, value_count);
    if (key_count) memcpy(target + count, key, key_count);
    count += key_count;
    if (value_count) memcpy(target + count, value, value_count);
    count += value_count;
    put_checksum(target, XXH3_64bits(target + CHECKSUM_SIZE, count - CHECKSUM_SIZE));
    return count;
}

size_t almanac_packed_write_record_head(uint8_t *target, const uint8_t *key, size_t key_count, const uint8_t *value,
                                        size_t value_count) {
    size_t count = put_lengths(target, key_count, value_count);
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    XXH3_64bits_update(&state, target + CHECKSUM_SIZE, count - CHECKSUM_SIZE);
    if (key_count) XXH3_64bits_update(&state, key, key_count);
    if (value_count) XXH3_64bits_update(&state, value, value_count);
    put_checksum(target, XXH3_64bits_digest(&state));
    return count;
}
