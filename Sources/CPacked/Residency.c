#define _GNU_SOURCE
#include "Record.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
// Linux 5.14; C libraries from before lack its name.
#define MADV_POPULATE_READ 22
#endif

uint8_t almanac_packed_mark(const uint8_t *mark) { return mark_at(mark); }

void almanac_packed_set_mark(uint8_t *mark, uint8_t value) {
    uint8_t before = mark_at(mark);
    while (before != ALMANAC_PACKED_FAULTED
        && !__atomic_compare_exchange_n(mark, &before, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

uint64_t almanac_packed_faults_seen(const almanac_packed_version *version) {
    return __atomic_load_n(&version->faults_seen, __ATOMIC_RELAXED);
}

void almanac_packed_set_ready(
    almanac_packed_version *version, bool index_is_ready, bool records_are_ready, uint64_t faults_seen) {
    // Nothing but the mapping is read on the strength of these, and that is the same for every thread.
    __atomic_store_n(&version->faults_seen, faults_seen, __ATOMIC_RELAXED);
    __atomic_store_n(&version->index_is_ready, index_is_ready, __ATOMIC_RELAXED);
    __atomic_store_n(&version->records_are_ready, records_are_ready, __ATOMIC_RELAXED);
}

/// Reads one byte of each page.
static void touch(const uint8_t *base, size_t count, size_t page_bytes) {
    for (size_t offset = 0; offset < count; offset += page_bytes) (void)*(const volatile uint8_t *)(base + offset);
}

int almanac_packed_populate(const uint8_t *base, size_t count, bool locks) {
    if (madvise((void *)base, count, MADV_POPULATE_READ) != 0) {
        if (errno != EINVAL) return ALMANAC_PACKED_UNREADABLE;
        touch(base, count, (size_t)sysconf(_SC_PAGESIZE));
    }
    return locks && mlock(base, count) == 0 ? ALMANAC_PACKED_LOCKED : ALMANAC_PACKED_POPULATED;
}

bool almanac_packed_is_in_memory(const uint8_t *base, size_t count) {
    enum { kPagesMax = 1 << 12 };
    unsigned char pages[kPagesMax];
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t done = 0; done < count; done += kPagesMax * page_bytes) {
        size_t window = count - done < kPagesMax * page_bytes ? count - done : kPagesMax * page_bytes;
        if (mincore((void *)(base + done), window, pages) != 0) return false;
        for (size_t page = 0; page * page_bytes < window; page++)
            if (!(pages[page] & 1)) return false;
    }
    return true;
}

static uint64_t base_of(const almanac_packed_segment *segment, uint64_t line) {
    return line < segment->line_count ? load64(segment->lines + line * kLineBytes) >> 8 : segment->records_count;
}

/// The first line whose records begin at `offset` of the records or behind; the number of lines where there is none.
static uint64_t line_from(const almanac_packed_segment *segment, uint64_t offset) {
    uint64_t low = 0, high = segment->line_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (base_of(segment, middle) < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/// Verifies those records of a line that end behind `from` and not behind `to`.
static bool verify_line(
    const almanac_packed_segment *segment, uint64_t line, uint64_t from, uint64_t to, fault *fault) {
    line_view view;
    if (open_line(segment, line * kLineBytes, true, &view, fault) != kStepFound) return false;
    *fault = (struct fault){
        .reason = "a line of the index does not tell where its records are",
        .offset = (uint64_t)(segment->lines - segment->file) + line * kLineBytes};
    uint64_t end = base_of(segment, line + 1), start = view.count ? start_at(&view, 0) : end;
    if (view.base != start || start > end || end > segment->records_count) return false;
    for (uint64_t entry = 0; entry < view.count; entry++) {
        uint64_t next = entry + 1 < view.count ? start_at(&view, entry + 1) : end;
        if (next < start || next > end || next - start < kRecordBytesMin) return false;
        const uint8_t *record = records_of(segment) + start;
        record_shape shape;
        if (next <= from || next > to) {
            start = next;
            continue;
        }
        if (!is_intact(record, next - start) || !read_shape(record, next - start, &shape)) {
            fault->reason = "the checksum of a record is wrong";
            fault->offset = kHeadBytes + start;
            return false;
        }
        start = next;
    }
    return true;
}

bool almanac_packed_verify_records(
    const almanac_packed_segment *segment, uint64_t from, uint64_t to, almanac_packed_failure *failure) {
    bool is_right = true;
    // The line that begins last before the range may end within it.
    uint64_t first = line_from(segment, from), end = line_from(segment, to);
    for (uint64_t line = first - (first > 0); line < end; line++) {
        fault fault;
        if (verify_line(segment, line, from, to, &fault)) continue;
        failure->reason = fault.reason;
        failure->offset = fault.offset;
        is_right = false;
    }
    return is_right;
}
