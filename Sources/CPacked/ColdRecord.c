#define _GNU_SOURCE
#include "ColdRecord.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

/// Records longer than this are read by readers even where they are in the page cache: to copy them would hold a loop
/// up for more than some ten microseconds.
static const size_t kCopiedHereMax = 128 << 10;

/// Reads what is missing of `count` bytes; 0, or an errno, which is ENODATA where the file ends before.
static int read_all(int descriptor, uint8_t *bytes, size_t count, off_t offset) {
    while (count) {
        ssize_t done = pread(descriptor, bytes, count, offset);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return errno;
        if (done == 0) return ENODATA;
        bytes += done;
        count -= (size_t)done;
        offset += done;
    }
    return 0;
}

step read_record(
    const almanac_packed_segment *segment, almanac_packed_pins *pins, extent place, bool may_wait,
    const uint8_t **record, fault *fault) {
    size_t count = place.end - place.start;
    if (!may_wait && count > kCopiedHereMax) return kStepCold;
    off_t offset = (off_t)(kHeadBytes + place.start);
    uint8_t *bytes = pins_take(pins, count);
    *fault = (struct fault){.reason = "there is no memory for a record", .offset = (uint64_t)offset};
    if (!bytes) return kStepDamaged;
    *record = bytes;
    if (may_wait) {
        fault->code = read_all(segment->descriptor, bytes, count, offset);
        if (fault->code == 0) return kStepFound;
        fault->reason = "a record cannot be read";
        pins_return(pins, count);
        return kStepDamaged;
    }
    struct iovec vector = {.iov_base = bytes, .iov_len = count};
    ssize_t done = preadv2(segment->descriptor, &vector, 1, offset, RWF_NOWAIT);
    if (done == (ssize_t)count) return kStepFound;
    // What failed for another reason, or is not offered by the file system, fails or succeeds with a reader.
    pins_return(pins, count);
    return kStepCold;
}

void expect_record(const almanac_packed_segment *segment, extent place) {
    (void)posix_fadvise(
        segment->descriptor, (off_t)(kHeadBytes + place.start), (off_t)(place.end - place.start),
        POSIX_FADV_WILLNEED);
}

void expect_line(const almanac_packed_segment *segment, const uint8_t *line) {
    (void)posix_fadvise(segment->descriptor, line - segment->file, kLineBytes, POSIX_FADV_WILLNEED);
}
