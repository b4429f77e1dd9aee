#ifndef CPACKEDRECORDRUN_H
#define CPACKEDRECORDRUN_H

#include <stddef.h>
#include <stdint.h>

/// One record in a run of them, by the places of its parts in the run's bytes.
typedef struct almanac_packed_record {
    /// Of the key.
    uint64_t hash;
    /// Where the record begins.
    size_t offset;
    /// Of the whole record, which the stored value ends.
    size_t count;
    /// Where the key begins, behind checksum and lengths.
    size_t key_offset;
    uint32_t key_count;
    /// Of the value as it is stored.
    uint32_t value_count;
} almanac_packed_record;

/// Why reading a run has ended.
typedef enum almanac_packed_stop {
    /// There is no room for another record, or no byte left.
    ALMANAC_PACKED_STOP_NONE,
    /// The next record goes on behind the bytes.
    ALMANAC_PACKED_STOP_PARTIAL,
    /// The lengths of the next record are none that a writer makes.
    ALMANAC_PACKED_STOP_LENGTHS,
    /// The checksum of the next record is wrong.
    ALMANAC_PACKED_STOP_CHECKSUM,
} almanac_packed_stop;

/// Reads records that lie back to back, with their checksums.
///
/// - Parameters:
///   - bytes: Begin with a record. May be null where there are none.
///   - records: Filled.
///   - records_max: How many there is room for.
///   - stop: Why there are no more.
/// - Returns: How many records were read.
size_t almanac_packed_read_records(const uint8_t *bytes, size_t count, almanac_packed_record *records,
                                   size_t records_max, almanac_packed_stop *stop);

/// Reads the lengths at the beginning of one record, of which `bytes` are the first; the hash is not set.
///
/// - Returns: `NONE` where `record` is set, `PARTIAL` where the bytes end too early for that, or `LENGTHS`.
almanac_packed_stop almanac_packed_read_head(const uint8_t *bytes, size_t count, almanac_packed_record *record);

#endif
