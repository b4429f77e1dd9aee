#ifndef CPACKED_H
#define CPACKED_H

#include <stddef.h>
#include <stdint.h>

/// XXH3 with 64 bits of result and seed 0.
uint64_t almanac_packed_hash(const uint8_t *bytes, size_t count);

/// The Redis Cluster hash slot of a key, 0 to 16,383: CRC16 (XMODEM) of the key or of its `{tag}`.
uint32_t almanac_packed_slot(const uint8_t *key, size_t count);

/// The most bytes of a record before its key: the checksum, and two lengths below 2^35.
#define ALMANAC_PACKED_RECORD_HEAD_MAX 14

/// Writes a whole record: its checksum, the lengths, the key and the stored value.
///
/// `target` has room for ALMANAC_PACKED_RECORD_HEAD_MAX bytes beside the key and the value, and overlaps neither.
/// Returns how many bytes were written.
size_t almanac_packed_write_record(uint8_t *target, const uint8_t *key, size_t key_count, const uint8_t *value,
                                   size_t value_count);

/// Writes what stands before the key in a record of this key and stored value, without copying either.
///
/// For values that are too large to pass through a buffer. `target` has room for ALMANAC_PACKED_RECORD_HEAD_MAX
/// bytes. Returns how many were written.
size_t almanac_packed_write_record_head(uint8_t *target, const uint8_t *key, size_t key_count, const uint8_t *value,
                                        size_t value_count);

#endif
