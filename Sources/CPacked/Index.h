#ifndef ALMANAC_PACKED_INDEX_H
#define ALMANAC_PACKED_INDEX_H

#include "Hash.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format's numbers are read as they lie in memory");

enum {
    kHeadBytes = 64,
    kLineBytes = 64,
    kPageBytes = 4096,
    /// Entries in a narrow line that has overflow.
    kInlineBesideOverflow = 13,
    /// The count of a line with overflow.
    kOverflowing = 15,
    kFormWide = 1,
    /// Where the tags of a narrow line begin, and its offsets.
    kTags = 8,
    kOffsets = 36,
    /// A checksum and two lengths of a byte each.
    kRecordBytesMin = 6,
};

static inline uint16_t load16(const uint8_t *bytes) {
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint32_t load32(const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint64_t line_of(uint64_t hash, uint64_t line_count) {
    return (uint64_t)((unsigned __int128)hash * line_count >> 64);
}

static inline uint8_t mark_at(const uint8_t *mark) { return __atomic_load_n(mark, __ATOMIC_RELAXED); }

static inline const uint8_t *records_of(const almanac_packed_segment *segment) { return segment->file + kHeadBytes; }

/// A record's place, in bytes from the first record.
typedef struct extent {
    uint64_t start, end;
} extent;

/// What a step of a look-up came to.
typedef enum step {
    kStepFound,
    kStepAbsent,
    kStepCold,
    kStepDamaged,
} step;

/// What is wrong, where a step came to kStepDamaged.
typedef struct fault {
    const char *reason;
    /// From the beginning of the file.
    uint64_t offset;
    int32_t code;
} fault;

/// The entries of one line, wherever they are.
typedef struct line_view {
    /// Of the first record, in bytes from the first of the segment.
    uint64_t base;
    uint64_t inline_count, count;
    const uint8_t *line;
    /// Of the entries behind those in the line.
    const uint8_t *block_tags, *block_offsets;
    bool is_wide;
} line_view;

/// Makes sure that `count` bytes at `offset` of the index may be used: they are there, and their pages' checksums right.
///
/// - Parameter may_wait: Whether pages may be touched that are not known to be resident.
step use_index(
    const almanac_packed_segment *segment, uint64_t offset, uint64_t count, bool may_wait, fault *fault);

/// Reads the line at `offset` of the index, and its overflow block; kStepFound where it could be done.
///
/// Checks all that it reads, and every page of the index before its first use.
///
/// - Parameter may_wait: Whether pages may be touched that are not known to be resident.
step open_line(
    const almanac_packed_segment *segment, uint64_t offset, bool may_wait, line_view *view, fault *fault);

/// Where the record of an entry begins, in bytes from the first record of the segment.
uint64_t start_at(const line_view *view, uint64_t index);

/// Finds the next entry of a key's line that has the key's tag.
///
/// Checks all that it reads, and every page of the index before its first use.
///
/// - Parameters:
///   - view: Filled where `position` is 0, and then used.
///   - may_wait: Whether pages may be touched that are not known to be resident.
///   - position: 0 at first; goes on behind the entry found.
///   - place: Within the records, where the outcome is kStepFound.
step next_entry(
    const almanac_packed_segment *segment, uint64_t hash, bool may_wait, line_view *view, uint64_t *position,
    extent *place, fault *fault);

/// Whether the mapping of a range of a file may be read without waiting, as far as its marks tell.
static inline bool is_resident(const almanac_packed_segment *segment, uint64_t offset, uint64_t count) {
    uint64_t last = (offset + count - (count > 0)) >> ALMANAC_PACKED_CHUNK_SHIFT;
    for (uint64_t chunk = offset >> ALMANAC_PACKED_CHUNK_SHIFT; chunk <= last; chunk++)
        if (mark_at(segment->chunk_marks + chunk) != ALMANAC_PACKED_RESIDENT) return false;
    return true;
}

#endif
