#include "Index.h"

static const char kWrongPage[] = "the checksum of a page of the index is wrong";

static bool has_faulted(const almanac_packed_segment *segment, uint64_t offset, uint64_t count) {
    uint64_t last = (offset + count - (count > 0)) >> ALMANAC_PACKED_CHUNK_SHIFT;
    for (uint64_t chunk = offset >> ALMANAC_PACKED_CHUNK_SHIFT; chunk <= last; chunk++)
        if (mark_at(segment->chunk_marks + chunk) == ALMANAC_PACKED_FAULTED) return true;
    return false;
}

static step damaged(fault *fault, const char *reason, uint64_t offset) {
    fault->reason = reason;
    fault->offset = offset;
    fault->code = 0;
    return kStepDamaged;
}

/// Verifies one page and marks it, where that has not been done.
static bool verify_page(const almanac_packed_segment *segment, uint64_t page) {
    if (mark_at(segment->page_marks + page)) return true;
    uint64_t start = page * kPageBytes;
    uint64_t left = segment->index_count - start;
    uint64_t hash = hash_of(segment->lines + start, left < kPageBytes ? left : kPageBytes);
    if (hash != load64(segment->page_checksums + page * 8)) return false;
    __atomic_store_n(segment->page_marks + page, 1, __ATOMIC_RELAXED);
    return true;
}

bool almanac_packed_verify_index(
    const almanac_packed_segment *segment, uint64_t offset, uint64_t count, almanac_packed_failure *failure) {
    bool is_right = true;
    uint64_t end = offset + count < segment->index_count ? offset + count : segment->index_count;
    for (uint64_t page = offset / kPageBytes; page * kPageBytes < end; page++) {
        if (verify_page(segment, page)) continue;
        failure->reason = kWrongPage;
        failure->offset = (uint64_t)(segment->lines - segment->file) + page * kPageBytes;
        is_right = false;
    }
    return is_right;
}

void almanac_packed_forget_index(const almanac_packed_segment *segment, uint64_t offset, uint64_t count) {
    uint64_t end = offset + count < segment->index_count ? offset + count : segment->index_count;
    for (uint64_t page = offset / kPageBytes; page * kPageBytes < end; page++)
        __atomic_store_n(segment->page_marks + page, 0, __ATOMIC_RELAXED);
}

step use_index(
    const almanac_packed_segment *segment, uint64_t offset, uint64_t count, bool may_wait, fault *fault) {
    uint64_t in_file = (uint64_t)(segment->lines - segment->file) + offset;
    if (offset > segment->index_count || count > segment->index_count - offset)
        return damaged(fault, "an entry leads out of the index", in_file);
    if (has_faulted(segment, in_file, count)) return damaged(fault, "the disk did not give the index", in_file);
    if (!may_wait && !is_resident(segment, in_file, count)) return kStepCold;
    for (uint64_t page = offset / kPageBytes; page * kPageBytes < offset + count; page++) {
        if (mark_at(segment->page_marks + page)) continue;
        // Its checksum, and all of the page.
        uint64_t checksum = (uint64_t)(segment->page_checksums - segment->file) + page * 8;
        uint64_t start = in_file - offset + page * kPageBytes;
        uint64_t left = segment->index_count - page * kPageBytes;
        uint64_t page_count = left < kPageBytes ? left : kPageBytes;
        if (has_faulted(segment, checksum, 8) || has_faulted(segment, start, page_count))
            return damaged(fault, "the disk did not give the index", start);
        if (!may_wait && !(is_resident(segment, checksum, 8) && is_resident(segment, start, page_count)))
            return kStepCold;
        if (!verify_page(segment, page)) return damaged(fault, kWrongPage, start);
    }
    return kStepFound;
}

/// Reads the overflow block at 8 × `place` bytes of the overflow.
static step open_block(
    const almanac_packed_segment *segment, uint64_t place, bool may_wait, line_view *view, fault *fault) {
    uint64_t overflow = segment->line_count * kLineBytes;
    // Beyond the index whatever the index's size: kept from running over.
    uint64_t start = place > UINT64_C(1) << 56 ? UINT64_MAX >> 1 : overflow + place * 8;
    step used = use_index(segment, start, 8, may_wait, fault);
    if (used != kStepFound) return used;
    const uint8_t *block = segment->lines + start;
    uint64_t count = load32(block);
    uint64_t tags = view->is_wide ? 8 : 4;
    uint64_t offsets = view->is_wide ? (tags + count * 2 + 7) / 8 * 8 : tags + count * 2;
    used = use_index(segment, start, offsets + count * (view->is_wide ? 8 : 2), may_wait, fault);
    if (used != kStepFound) return used;
    view->block_tags = block + tags;
    view->block_offsets = block + offsets;
    view->count += count;
    return kStepFound;
}

step open_line(
    const almanac_packed_segment *segment, uint64_t offset, bool may_wait, line_view *view, fault *fault) {
    step used = use_index(segment, offset, kLineBytes, may_wait, fault);
    if (used != kStepFound) return used;
    const uint8_t *line = segment->lines + offset;
    uint64_t header = load64(line), count = header & 15, form = header >> 4 & 15;
    *view = (line_view){.base = header >> 8, .line = line};
    if (form == 0 && count != kOverflowing) {
        view->inline_count = view->count = count;
        return kStepFound;
    }
    if (form > kFormWide || count != kOverflowing)
        return damaged(
            fault, "a line of the index has a form that cannot be", (uint64_t)(line - segment->file));
    view->is_wide = form == kFormWide;
    view->inline_count = view->count = view->is_wide ? 0 : kInlineBesideOverflow;
    uint64_t place = view->is_wide
        ? load64(line + kTags)
        : (uint64_t)load16(line + kTags + 26) | (uint64_t)load16(line + kOffsets + 26) << 16;
    return open_block(segment, place, may_wait, view, fault);
}

static uint64_t tag_at(const line_view *view, uint64_t index) {
    if (index < view->inline_count) return load16(view->line + kTags + index * 2);
    return load16(view->block_tags + (index - view->inline_count) * 2);
}

uint64_t start_at(const line_view *view, uint64_t index) {
    if (index < view->inline_count) return view->base + load16(view->line + kOffsets + index * 2);
    const uint8_t *offsets = view->block_offsets;
    index -= view->inline_count;
    return view->base + (view->is_wide ? load64(offsets + index * 8) : load16(offsets + index * 2));
}

step next_entry(
    const almanac_packed_segment *segment, uint64_t hash, bool may_wait, line_view *view, uint64_t *position,
    extent *place, fault *fault) {
    uint64_t offset = line_of(hash, segment->line_count) * kLineBytes;
    uint64_t index = *position;
    if (index == 0) {
        step opened = open_line(segment, offset, may_wait, view, fault);
        if (opened != kStepFound) return opened;
    }
    while (index < view->count && tag_at(view, index) != (hash & 0xFFFF)) index++;
    if (index >= view->count) return kStepAbsent;
    *position = index + 1;
    place->start = start_at(view, index);
    if (index + 1 < view->count) {
        place->end = start_at(view, index + 1);
    } else if (offset + kLineBytes == segment->line_count * kLineBytes) {
        place->end = segment->records_count;
    } else {
        step used = use_index(segment, offset + kLineBytes, 8, may_wait, fault);
        if (used != kStepFound) return used;
        place->end = load64(segment->lines + offset + kLineBytes) >> 8;
    }
    bool is_within = place->start < place->end && place->end <= segment->records_count
        && place->end - place->start >= kRecordBytesMin
        && place->end - place->start <= segment->record_count_max;
    if (!is_within)
        return damaged(
            fault, "an entry of the index leads to no record", (uint64_t)(view->line - segment->file));
    return kStepFound;
}
