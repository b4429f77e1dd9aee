#include <CMappings.h>

#include "ColdRecord.h"
#include "Record.h"
#include "Tags.h"

// What a key costs: 292 instructions and 46 to 50 ns with the copying of its value, on one core of an EPYC with
// AVX-512 that others kept busy (1 million keys of 16 bytes with values of 100, 16 segments, batches of 256; processor
// time, best of seven; 2026-11-21). The same with one thing changed: 16 keys at a time 66 ns, 32 keys 58, 128 keys 50;
// two lines of a record fetched 64 ns, one 83, nothing fetched at all 128; tags compared by plain loops 105. The slot, and
// so the segment, is about 55 of the instructions, the hash 24.

enum {
    /// Keys that go through the passes together: enough to hide the latency of memory, few enough for their lines
    /// and records to stay in the first-level cache from one pass to the next.
    kChunk = 64,
    /// What a pass fetches of a record for the next: all of one with a key of 16 bytes and a value of 100.
    kFetchedBytes = 128,
    /// Values longer than this are decompressed by readers: it takes a loop some ten microseconds.
    kDecompressedHereMax = 16 << 10,
    /// The longest value there is.
    kValueBytesMax = 512 << 20,
    /// How many records with a key's tag a loop looks at. Tags are 16 bits: only crafted keys have as many.
    kCandidatesHereMax = 64,
};

/// What the end of a place stands for before it is known: no record ends as early.
enum {
    /// The line is wide: all of it is in the overflow.
    kEndUnread = 0,
    /// The record is the last of its line, overflow included.
    kEndNextLine = 1,
    /// The record is the last in its line, and the first in the overflow follows.
    kEndOfLine = 2,
    /// The tag is not in the line: the record may be in the overflow.
    kEndOfOther = 3,
};

/// A key on its way.
typedef struct candidate {
    almanac_lookup *lookup;
    const almanac_packed_segment *segment;
    const uint8_t *line;
    uint64_t hash;
    /// Of the record that has the key's tag.
    extent place;
} candidate;

typedef struct call {
    const almanac_packed_version *version;
    almanac_packed_pins *pins;
    const uint8_t *key_base;
    bool may_wait;
    size_t damaged;
} call;

static bool is_open(const almanac_lookup *lookup) {
    return lookup->outcome == ALMANAC_PENDING || lookup->outcome == ALMANAC_WOULD_BLOCK;
}

static void fail(call *call, const almanac_packed_segment *segment, almanac_lookup *lookup, const fault *fault) {
    lookup->outcome = ALMANAC_DAMAGED;
    call->damaged += 1;
    call->pins->failure = (almanac_packed_failure){
        .reason = fault->reason,
        .segment = (uint32_t)(segment - call->version->segments),
        .code = fault->code,
        .offset = fault->offset,
    };
}

// MARK: One key at a time

/// Makes a value of what is stored for it, in memory of the batch.
__attribute__((noinline)) static step decompress(
    const call *call, const almanac_packed_segment *segment, almanac_lookup *lookup, fault *fault) {
    if (lookup->value_count == 0) return kStepFound;
    uint64_t position = 0, length;
    fault->reason = "a stored value does not begin with its length";
    if (!read_length(lookup->value, lookup->value_count, &position, &length)) return kStepDamaged;
    const uint8_t *stored = lookup->value + position;
    size_t stored_count = lookup->value_count - position;
    lookup->value = stored;
    lookup->value_count = stored_count;
    if (length == 0) return kStepFound;
    if (length > kDecompressedHereMax && !call->may_wait) return kStepCold;
    fault->reason = "a value cannot be decompressed";
    if (length > kValueBytesMax) return kStepDamaged;
    uint8_t *bytes = pins_take(call->pins, length);
    if (!bytes) return kStepDamaged;
    if (!pins_decompress(call->pins, segment->dictionary, stored, stored_count, bytes, length)) {
        pins_return(call->pins, length);
        return kStepDamaged;
    }
    lookup->value = bytes;
    lookup->value_count = length;
    return kStepFound;
}

/// Compares a record with a key, and takes its value where they are the same.
static inline step take_record(
    const call *call, const almanac_packed_segment *segment, almanac_lookup *lookup, const uint8_t *record,
    extent place, bool verifies, fault *fault) {
    uint64_t count = place.end - place.start;
    record_shape shape;
    *fault = (struct fault){.offset = kHeadBytes + place.start};
    if (verifies && !is_intact(record, count)) {
        fault->reason = "the checksum of a record is wrong";
        return kStepDamaged;
    }
    if (!read_shape(record, count, &shape)) {
        fault->reason = "the lengths in a record do not fill it";
        return kStepDamaged;
    }
    const uint8_t *key = call->key_base + lookup->key_offset;
    if (shape.key_count != lookup->key_count || !is_same_key(record + shape.key, key, shape.key_count))
        return kStepAbsent;
    lookup->value = record + shape.value;
    lookup->value_count = shape.value_count;
    if (__builtin_expect(segment->compression != 0, 0)) {
        step step = decompress(call, segment, lookup, fault);
        if (step != kStepFound) return step;
    }
    lookup->outcome = ALMANAC_HIT;
    return kStepFound;
}

/// Whether a record's mapping may be used: a loop uses what is resident, a reader nothing, as a page may go just then.
static bool is_mapped(const call *call, const almanac_packed_segment *segment, extent place) {
    return !call->may_wait && is_resident(segment, kHeadBytes + place.start, place.end - place.start);
}

/// Answers one key, whatever is resident, however full its line is, and however many tags are the same.
__attribute__((noinline)) static void search(
    call *call, const almanac_packed_segment *segment, almanac_lookup *lookup, uint64_t hash) {
    uint64_t position = 0;
    uint32_t verifies = call->version->verifies;
    line_view view;
    for (unsigned seen = 0;; seen++) {
        extent place;
        fault fault;
        step step = next_entry(segment, hash, call->may_wait, &view, &position, &place, &fault);
        if (step == kStepFound && seen == kCandidatesHereMax && !call->may_wait) step = kStepCold;
        if (step == kStepFound && is_mapped(call, segment, place)) {
            const uint8_t *record = records_of(segment) + place.start;
            step = take_record(call, segment, lookup, record, place, verifies == ALMANAC_PACKED_VERIFY_ALL, &fault);
            if (step == kStepAbsent) continue;
        } else if (step == kStepFound) {
            const uint8_t *record;
            step = read_record(segment, call->pins, place, call->may_wait, &record, &fault);
            if (step == kStepFound)
                step = take_record(
                    call, segment, lookup, record, place, verifies != ALMANAC_PACKED_VERIFY_OFF, &fault);
            if (step == kStepAbsent) {
                pins_return(call->pins, place.end - place.start);
                continue;
            }
        }
        switch (step) {
            case kStepFound: return;
            case kStepAbsent: lookup->outcome = ALMANAC_MISS; return;
            case kStepCold: lookup->outcome = ALMANAC_WOULD_BLOCK; return;
            case kStepDamaged: fail(call, segment, lookup, &fault); return;
        }
    }
}

// MARK: Many keys at a time

static inline const almanac_packed_segment *segment_of(
    const almanac_packed_version *version, const uint8_t *key, size_t count) {
    if (version->segment_count == 1) return version->segments;
    return version->segments + (slot_of(key, count) >> version->slot_shift);
}

/// The first pass: hashes, and fetches the lines.
static size_t find_lines(const call *call, almanac_lookup *lookups, size_t count, candidate *candidates) {
    size_t found = 0;
    for (size_t index = 0; index < count; index++) {
        almanac_lookup *lookup = lookups + index;
        if (!is_open(lookup)) continue;
        const uint8_t *key = call->key_base + lookup->key_offset;
        const almanac_packed_segment *segment = segment_of(call->version, key, lookup->key_count);
        uint64_t hash = hash_of(key, lookup->key_count);
        const uint8_t *line = segment->lines + line_of(hash, segment->line_count) * kLineBytes;
        __builtin_prefetch(line);
        // The place is written by the next pass.
        candidate *next = candidates + found++;
        next->lookup = lookup;
        next->segment = segment;
        next->line = line;
        next->hash = hash;
    }
    return found;
}

/// Fetches the beginning of a record.
static inline void fetch(const almanac_packed_segment *segment, uint64_t start) {
    const uint8_t *record = records_of(segment) + start;
    __builtin_prefetch(record);
    __builtin_prefetch(record + 64);
    __builtin_prefetch(record + kFetchedBytes);
}

/// Where the overflow block of a narrow line is, in bytes from the beginning of the index.
static inline uint64_t block_of(const candidate *key) {
    uint64_t place = (uint64_t)load16(key->line + kTags + 26) | (uint64_t)load16(key->line + kOffsets + 26) << 16;
    return key->segment->line_count * kLineBytes + place * 8;
}

/// The second pass: compares tags, and fetches records, or what else is needed to find them.
///
/// - Parameters:
///   - candidates: In: all. Out: those with a record that has their tag.
///   - deferred: Set to those that the overflow has to be read for.
///   - fetches: Whether records are mapped and will be read.
/// - Returns: How many candidates are left.
static inline __attribute__((always_inline)) size_t compare_tags(
    candidate *candidates, size_t count, candidate *deferred, size_t *deferred_count, bool fetches) {
    size_t left = 0, put_off = 0;
    for (size_t index = 0; index < count; index++) {
        candidate key = candidates[index];
        uint64_t header = load64(key.line);
        uint32_t entries = header & 15;
        bool is_overflowing = entries == kOverflowing;
        uint32_t here = is_overflowing ? kInlineBesideOverflow : entries;
        uint32_t matches = matching_tags(key.line + kTags, (uint16_t)key.hash) & ((1u << here) - 1);
        if (__builtin_expect((header & 0xF0) != 0, 0)) {
            // A wide line, or none at all.
            key.place.end = kEndUnread;
            deferred[put_off++] = key;
            continue;
        }
        if (matches == 0) {
            key.lookup->outcome = ALMANAC_MISS;
            if (!is_overflowing) continue;
            __builtin_prefetch(key.segment->lines + block_of(&key));
            key.place.end = kEndOfOther;
            deferred[put_off++] = key;
            continue;
        }
        uint32_t entry = (uint32_t)__builtin_ctz(matches);
        const uint8_t *offset = key.line + kOffsets + entry * 2;
        uint64_t base = header >> 8;
        key.place.start = base + load16(offset);
        if (fetches) fetch(key.segment, key.place.start);
        if (entry + 1 < here) {
            key.place.end = base + load16(offset + 2);
        } else if (is_overflowing) {
            __builtin_prefetch(key.segment->lines + block_of(&key));
            key.place.end = kEndOfLine;
            deferred[put_off++] = key;
            continue;
        } else {
            __builtin_prefetch(key.line + kLineBytes);
            key.place.end = kEndNextLine;
        }
        candidates[left++] = key;
    }
    *deferred_count = put_off;
    return left;
}

/// Between the second and the third pass: finds in the overflow what is not in the lines.
///
/// - Returns: How many candidates there are, with those that are found here.
static size_t read_overflow(
    call *call, candidate *candidates, size_t count, const candidate *deferred, size_t deferred_count, bool fetches) {
    for (size_t index = 0; index < deferred_count; index++) {
        candidate key = deferred[index];
        uint64_t start = block_of(&key), end = key.segment->index_count;
        uint64_t entries = start + 4 <= end ? load32(key.segment->lines + start) : 0;
        if (key.place.end == kEndUnread || entries == 0 || start + 4 + entries * 4 > end) {
            search(call, key.segment, key.lookup, key.hash);
            continue;
        }
        const uint8_t *tags = key.segment->lines + start + 4, *offsets = tags + entries * 2;
        uint64_t base = load64(key.line) >> 8;
        if (key.place.end == kEndOfLine) {
            key.place.end = base + load16(offsets);
        } else {
            uint64_t entry = 0;
            while (entry < entries && load16(tags + entry * 2) != (uint16_t)key.hash) entry++;
            if (entry == entries) continue;
            key.place.start = base + load16(offsets + entry * 2);
            key.place.end = entry + 1 < entries ? base + load16(offsets + entry * 2 + 2) : kEndNextLine;
            if (entry + 1 == entries) __builtin_prefetch(key.line + kLineBytes);
            if (fetches) fetch(key.segment, key.place.start);
        }
        candidates[count++] = key;
    }
    return count;
}

/// Finds out where a record ends that is the last of its line; false where the index is wrong.
static inline bool finish_place(candidate *key) {
    const almanac_packed_segment *segment = key->segment;
    if (key->place.end == kEndNextLine) {
        const uint8_t *next = key->line + kLineBytes;
        bool is_last = next == segment->lines + segment->line_count * kLineBytes;
        key->place.end = is_last ? segment->records_count : load64(next) >> 8;
    }
    return key->place.start < key->place.end && key->place.end <= segment->records_count
        && key->place.end - key->place.start >= kRecordBytesMin;
}

/// Takes the value of a mapped record that needs nothing but to be compared; false where there is more to it.
static inline bool take_plain_record(const call *call, const candidate *key, bool verifies) {
    almanac_lookup *lookup = key->lookup;
    const uint8_t *record = records_of(key->segment) + key->place.start;
    uint64_t count = key->place.end - key->place.start;
    record_shape shape;
    if (verifies || key->segment->compression != 0 || !read_shape(record, count, &shape)) return false;
    if (shape.key_count != lookup->key_count) return false;
    if (!is_same_key(record + shape.key, call->key_base + lookup->key_offset, shape.key_count)) return false;
    lookup->value = record + shape.value;
    lookup->value_count = shape.value_count;
    lookup->outcome = ALMANAC_HIT;
    return true;
}

/// The third pass, over mapped records.
static void compare_keys(call *call, candidate *candidates, size_t count) {
    bool verifies = call->version->verifies == ALMANAC_PACKED_VERIFY_ALL;
    for (size_t index = 0; index < count; index++) {
        candidate *key = candidates + index;
        if (finish_place(key) && take_plain_record(call, key, verifies)) continue;
        // Another key has the same tag, or it is not as plain as that.
        search(call, key->segment, key->lookup, key->hash);
    }
}

/// The third pass, where records may have to be read.
static void read_records(call *call, candidate *candidates, size_t count) {
    if (call->may_wait && count > 1) {
        for (size_t index = 0; index < count; index++)
            if (finish_place(candidates + index)) expect_record(candidates[index].segment, candidates[index].place);
    }
    for (size_t index = 0; index < count; index++)
        search(call, candidates[index].segment, candidates[index].lookup, candidates[index].hash);
}

/// Answers keys where not even the index is sure to be resident.
static void search_each(call *call, candidate *candidates, size_t count) {
    if (call->may_wait && count > 1) {
        for (size_t index = 0; index < count; index++) expect_line(candidates[index].segment, candidates[index].line);
        for (size_t index = 0; index < count; index++) {
            uint64_t position = 0;
            extent place;
            fault fault;
            line_view view;
            const almanac_packed_segment *segment = candidates[index].segment;
            if (next_entry(segment, candidates[index].hash, true, &view, &position, &place, &fault) == kStepFound)
                expect_record(segment, place);
        }
    }
    for (size_t index = 0; index < count; index++)
        search(call, candidates[index].segment, candidates[index].lookup, candidates[index].hash);
}

/// Takes back every answer, as zeros may have been read where a page of a mapping should be.
static void distrust(call *call, almanac_lookup *lookups, size_t count) {
    fault fault = {.reason = "the disk did not give a page of a mapped file"};
    for (size_t index = 0; index < count; index++) fail(call, call->version->segments, lookups + index, &fault);
    call->damaged = count;
}

size_t almanac_packed_lookup(
    const almanac_packed_version *version, almanac_packed_pins *pins, almanac_lookup *lookups, size_t count,
    const uint8_t *key_base, bool may_wait) {
    call call = {.version = version, .pins = pins, .key_base = key_base, .may_wait = may_wait};
    uint64_t faults = clinux_mapping_fault_count();
    bool has_not_faulted = faults == __atomic_load_n(&version->faults_seen, __ATOMIC_ACQUIRE);
    bool index_is_ready = mark_at(&version->index_is_ready) && has_not_faulted;
    bool records_are_ready = mark_at(&version->records_are_ready) && has_not_faulted && !may_wait;
    candidate candidates[kChunk], deferred[kChunk];
    for (size_t start = 0; start < count; start += kChunk) {
        size_t chunk = count - start < kChunk ? count - start : kChunk;
        size_t left = find_lines(&call, lookups + start, chunk, candidates);
        if (!index_is_ready) {
            search_each(&call, candidates, left);
            continue;
        }
        size_t deferred_count;
        left = compare_tags(candidates, left, deferred, &deferred_count, records_are_ready);
        left = read_overflow(&call, candidates, left, deferred, deferred_count, records_are_ready);
        if (records_are_ready) {
            compare_keys(&call, candidates, left);
        } else {
            read_records(&call, candidates, left);
        }
    }
    if (__builtin_expect(clinux_mapping_fault_count() != faults, 0)) distrust(&call, lookups, count);
    return call.damaged;
}
