#ifndef CLOOKUP_H
#define CLOOKUP_H

#include <stddef.h>
#include <stdint.h>

/// What became of one look-up. Values of `almanac_lookup.outcome`.
enum {
    /// Not looked up yet.
    ALMANAC_PENDING = 0,
    /// `value` and `value_count` are set; a count of 0 is an empty value, not an absent one.
    ALMANAC_HIT = 1,
    /// The version holds no such key.
    ALMANAC_MISS = 2,
    /// Answering would read the disk, and the caller asked not to.
    ALMANAC_WOULD_BLOCK = 3,
    /// The files that should hold the key cannot be read or fail their checksum.
    ALMANAC_DAMAGED = 4,
};

/// One key of a batch, and what was found for it.
///
/// Storage formats written in C or C++ fill these in place, so that a batch crosses the language
/// boundary once and without copies.
typedef struct almanac_lookup {
    /// Lent by the engine, until the batch's pins are released.
    const uint8_t *value;
    size_t value_count;
    /// Where the key starts, in bytes from the batch's key bytes.
    size_t key_offset;
    uint32_t key_count;
    uint8_t outcome;
} almanac_lookup;

#endif
