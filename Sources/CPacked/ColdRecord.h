#ifndef ALMANAC_PACKED_COLD_RECORD_H
#define ALMANAC_PACKED_COLD_RECORD_H

#include "Pins.h"

/// Reads a record from its file into memory of the batch.
///
/// - Parameters:
///   - place: Within the records.
///   - may_wait: Whether the disk may be waited for; else the record is cold unless all of it is in the page cache.
///   - record: Set where the outcome is kStepFound; to be given back with pins_return where it is not wanted.
step read_record(
    const almanac_packed_segment *segment, almanac_packed_pins *pins, extent place, bool may_wait,
    const uint8_t **record, fault *fault);

/// Has the kernel begin to read a record, and does not wait.
void expect_record(const almanac_packed_segment *segment, extent place);

/// The same for a line of the index.
void expect_line(const almanac_packed_segment *segment, const uint8_t *line);

#endif
