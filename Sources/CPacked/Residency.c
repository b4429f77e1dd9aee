#define _GNU_SOURCE
#include "Record.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
    // Whoever sees the new count sees the flags that were found with it, or later ones.
    __atomic_store_n(&version->index_is_ready, index_is_ready, __ATOMIC_RELAXED);
    __atomic_store_n(&version->records_are_ready, records_are_ready, __ATOMIC_RELAXED);
    __atomic_store_n(&version->faults_seen, faults_seen, __ATOMIC_RELEASE);
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

bool almanac_packed_tells_residency(int32_t descriptor, const char *path) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) return false;
    if (status.st_uid == geteuid() || euidaccess(path, W_OK) == 0) return true;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capget, &header, data) == 0 && data[0].effective >> CAP_FOWNER & 1;
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

/// Where the records of a line begin, or end for the line behind the last; false where the index cannot be trusted.
static bool read_base(const almanac_packed_segment *segment, uint64_t line, uint64_t *base, fault *fault) {
    *base = segment->records_count;
    if (line >= segment->line_count) return true;
    if (use_index(segment, line * kLineBytes, 8, true, fault) != kStepFound) return false;
    *base = load64(segment->lines + line * kLineBytes) >> 8;
    return true;
}

/// Finds the first line whose records begin at `offset` of the records or behind; the number of lines where there is
/// none. False where the index cannot be trusted.
static bool find_line(const almanac_packed_segment *segment, uint64_t offset, uint64_t *line, fault *fault) {
    uint64_t low = 0, high = segment->line_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2, base;
        if (!read_base(segment, middle, &base, fault)) return false;
        if (base < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *line = low;
    return true;
}

/// Verifies those records of a line that end behind `from` and not behind `to`.
static bool verify_line(
    const almanac_packed_segment *segment, uint64_t line, uint64_t from, uint64_t to, fault *fault) {
    line_view view;
    uint64_t end;
    if (open_line(segment, line * kLineBytes, true, &view, fault) != kStepFound) return false;
    if (!read_base(segment, line + 1, &end, fault)) return false;
    *fault = (struct fault){
        .reason = "a line of the index does not tell where its records are",
        .offset = (uint64_t)(segment->lines - segment->file) + line * kLineBytes};
    uint64_t start = view.count ? start_at(&view, 0) : end;
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
    uint64_t first, end;
    fault fault;
    if (!find_line(segment, from, &first, &fault) || !find_line(segment, to, &end, &fault)) {
        failure->reason = fault.reason;
        failure->offset = fault.offset;
        return false;
    }
    for (uint64_t line = first - (first > 0); line < end; line++) {
        if (verify_line(segment, line, from, to, &fault)) continue;
        failure->reason = fault.reason;
        failure->offset = fault.offset;
        is_right = false;
    }
    return is_right;
}
