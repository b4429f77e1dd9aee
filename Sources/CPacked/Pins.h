#ifndef ALMANAC_PACKED_PINS_H
#define ALMANAC_PACKED_PINS_H

#include "Index.h"

/// A block of memory that values lie in, one behind another.
typedef struct pin_block {
    struct pin_block *next;
    size_t capacity, used;
    uint8_t bytes[];
} pin_block;

struct almanac_packed_pins {
    /// The one that is being filled first; those behind it are full, or of one large value.
    pin_block *blocks;
    almanac_packed_failure failure;
    /// For `ZSTD_decompress…`; null until it is needed.
    void *decompression;
};

/// Memory for `count` bytes until the pins are released; null where there is none.
uint8_t *pins_take(almanac_packed_pins *pins, size_t count);

/// Decompresses a Zstandard frame; false where it does not make exactly `count` bytes.
bool pins_decompress(
    almanac_packed_pins *pins, const void *dictionary, const uint8_t *stored, size_t stored_count, uint8_t *bytes,
    size_t count);

/// Gives back the last `count` bytes that were taken.
void pins_return(almanac_packed_pins *pins, size_t count);

#endif
