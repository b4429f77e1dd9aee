#ifndef CPACKED_H
#define CPACKED_H

#include <stddef.h>
#include <stdint.h>

#include "CPackedRecords.h"

/// XXH3 with 64 bits of result and seed 0.
uint64_t almanac_packed_hash(const uint8_t *bytes, size_t count);

/// The Redis Cluster hash slot of a key, 0 to 16,383: CRC16 (XMODEM) of the key or of its `{tag}`.
uint32_t almanac_packed_slot(const uint8_t *key, size_t count);

#endif
