#ifndef CPACKED_H
#define CPACKED_H

#include <CLookup.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CPackedRecordRun.h"

/// XXH3 with 64 bits of result and seed 0.
uint64_t almanac_packed_hash(const uint8_t *bytes, size_t count);

/// The Redis Cluster hash slot of a key, 0 to 16,383: CRC16 (XMODEM) of the key or of its `{tag}`.
uint32_t almanac_packed_slot(const uint8_t *key, size_t count);

/// What is known of a piece of a segment's file, for each of ALMANAC_PACKED_CHUNK bytes.
enum {
    /// It may have to be read from the disk.
    ALMANAC_PACKED_COLD = 0,
    /// Reading its mapping does not wait.
    ALMANAC_PACKED_RESIDENT = 1,
    /// The disk could not give a page of it; its mapping must never be used again.
    ALMANAC_PACKED_FAULTED = 2,
    /// It was resident, and the kernel has taken some of it back.
    ALMANAC_PACKED_DROPPED = 3,
};

/// The logarithm of the bytes that one mark of residency stands for: 2 MiB, so that the marks of a terabyte are 512 KiB.
enum { ALMANAC_PACKED_CHUNK_SHIFT = 21 };

/// One opened segment file, as look-ups see it; all but the marks never changes.
///
/// Marks are single bytes that any thread reads and writes with relaxed atomic accesses.
typedef struct almanac_packed_segment {
    /// The mapping of the whole file, from its head on.
    const uint8_t *file;
    /// In bytes. Records begin behind the head of 64 bytes.
    uint64_t records_count;
    /// Of the longest record, in bytes.
    uint64_t record_count_max;
    /// Lines, then overflow, without a gap.
    const uint8_t *lines;
    /// At least 1.
    uint64_t line_count;
    /// In bytes, lines and overflow together.
    uint64_t index_count;
    /// 8 bytes for each page of the index.
    const uint8_t *page_checksums;
    /// A byte for each page of the index: 1 once its checksum has been found right.
    uint8_t *page_marks;
    /// A byte for each chunk of the file.
    uint8_t *chunk_marks;
    /// The dictionary that values were compressed with (`ZSTD_DDict`), or null.
    const void *dictionary;
    /// Opened for reading at random places.
    int32_t descriptor;
    /// 0: values are as they are; 1: Zstandard.
    uint32_t compression;
} almanac_packed_segment;

/// When the checksum of a record is verified.
enum {
    ALMANAC_PACKED_VERIFY_OFF = 0,
    /// When it is read from the disk.
    ALMANAC_PACKED_VERIFY_COLD = 1,
    /// At every look-up.
    ALMANAC_PACKED_VERIFY_ALL = 2,
};

/// One opened version.
typedef struct almanac_packed_version {
    const almanac_packed_segment *segments;
    /// A power of two.
    uint32_t segment_count;
    /// The segment of a slot is the slot shifted right by this.
    uint32_t slot_shift;
    /// One of ALMANAC_PACKED_VERIFY_….
    uint32_t verifies;
    /// Whether every page of the index is resident and verified; written with relaxed atomic accesses.
    uint8_t index_is_ready;
    /// Whether all records are resident besides.
    uint8_t records_are_ready;
    /// What the process's count of faults (`almanac_packed_faults`) was when the two above were found true.
    uint64_t faults_seen;
} almanac_packed_version;

/// Where a damaged look-up failed, and why.
typedef struct almanac_packed_failure {
    /// A sentence's end, in static memory; null where nothing has failed.
    const char *reason;
    /// In the version's order.
    uint32_t segment;
    /// The `errno` of a failed read, or 0.
    int32_t code;
    /// From the beginning of the segment's file.
    uint64_t offset;
} almanac_packed_failure;

/// Memory for values that are not lent from a mapping.
///
/// Used by one thread at a time.
typedef struct almanac_packed_pins almanac_packed_pins;

/// Null without the memory for it.
almanac_packed_pins *almanac_packed_pins_create(void);
void almanac_packed_pins_destroy(almanac_packed_pins *pins);
/// Takes back all values lent; keeps some of the memory.
void almanac_packed_pins_release(almanac_packed_pins *pins);
/// The last failure of a look-up with these pins.
almanac_packed_failure almanac_packed_pins_failure(const almanac_packed_pins *pins);

/// Answers every look-up that is pending or would block.
///
/// A key goes through three passes with those beside it, so that the cache misses of many keys overlap: its hash and
/// line; the line's tags, and where those are full the overflow; and its record. Each pass prefetches for the next.
///
/// - Parameters:
///   - key_base: What the look-ups' key offsets count from.
///   - may_wait: Whether the disk may be waited for; else what is not resident would block.
/// - Returns: How many turned out damaged.
size_t almanac_packed_lookup(
    const almanac_packed_version *version, almanac_packed_pins *pins, almanac_lookup *lookups, size_t count,
    const uint8_t *key_base, bool may_wait);

// Bringing a version into memory. These read the mapping, and wait for the disk.

/// How a range of a mapping was brought into memory.
enum {
    /// It stays until it is unlocked or unmapped.
    ALMANAC_PACKED_LOCKED = 0,
    /// It stays until the kernel needs the memory.
    ALMANAC_PACKED_POPULATED = 1,
    /// Some of it could not be read.
    ALMANAC_PACKED_UNREADABLE = 2,
};

/// Brings a range of a mapping into memory; `base` is at a page's beginning.
///
/// - Parameter locks: Whether to try to keep it there.
int almanac_packed_populate(const uint8_t *base, size_t count, bool locks);

/// Whether the kernel tells this process which pages of an open file are in the page cache.
///
/// Since Linux 5.2 it says that all are, except to a file's owner and to those who may write it (`mincore(2)`).
bool almanac_packed_tells_residency(int32_t descriptor, const char *path);

/// Whether all of a range of a mapping is in the page cache, as the kernel tells; `base` is at a page's beginning.
bool almanac_packed_is_in_memory(const uint8_t *base, size_t count);

/// Reads a mark, which other threads may be writing.
uint8_t almanac_packed_mark(const uint8_t *mark);

/// Writes the mark of a chunk, unless it says that the disk has failed there.
void almanac_packed_set_mark(uint8_t *mark, uint8_t value);

/// The count of faults that a version was last found ready at.
uint64_t almanac_packed_faults_seen(const almanac_packed_version *version);

/// Notes how much of a version is in memory.
///
/// - Parameter faults_seen: The process's count of faults before this was found out.
void almanac_packed_set_ready(
    almanac_packed_version *version, bool index_is_ready, bool records_are_ready, uint64_t faults_seen);

/// Verifies the pages of the index that a range of its bytes touches, and marks those that are right.
///
/// - Returns: Whether all are right.
bool almanac_packed_verify_index(
    const almanac_packed_segment *segment, uint64_t offset, uint64_t count, almanac_packed_failure *failure);

/// Forgets that pages of the index that a range of its bytes touches were found right.
void almanac_packed_forget_index(const almanac_packed_segment *segment, uint64_t offset, uint64_t count);

/// Verifies the records that end in a range of bytes of the records, with the index that leads to them.
///
/// Each record is verified once where the ranges of several calls lie side by side.
///
/// - Parameters:
///   - from: Where the range begins. A record that ends just there is not in it.
///   - to: Where it ends. A record that ends just there is.
/// - Returns: Whether all are right.
bool almanac_packed_verify_records(
    const almanac_packed_segment *segment, uint64_t from, uint64_t to, almanac_packed_failure *failure);

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
