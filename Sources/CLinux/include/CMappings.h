#ifndef CMAPPINGS_H
#define CMAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A mapped file whose pages the disk may fail to give.
///
/// The kernel then sends SIGBUS to whoever touches such a page: when a file was cut short, or its disk has an error.
typedef struct clinux_mapping {
    const uint8_t *base;
    size_t count;
    /// A byte for each piece of the mapping of 2 to the power of `mark_shift` bytes, or null.
    uint8_t *marks;
    unsigned mark_shift;
    /// What the mark of a piece becomes where a page in it failed.
    uint8_t faulted_mark;
} clinux_mapping;

/// Handles SIGBUS from now on, for the whole process: a page of a registered mapping that fails reads as zeros, is
/// marked and counted.
///
/// Any other SIGBUS has its default effect. To be called once, before there are threads that touch mappings.
int clinux_mappings_guard(void);

/// Registers a mapping, before it is first touched; for any thread.
///
/// - Returns: What to give to `clinux_mapping_remove`; null without the memory for it.
void *clinux_mapping_add(const clinux_mapping *mapping);

/// Forgets a mapping, before it is unmapped.
void clinux_mapping_remove(void *registration);

/// How many pages have failed in this process.
///
/// Whoever uses what a mapping held has used zeros, perhaps, where the count has changed since before. Reads of memory
/// keep their order with this on both sides.
uint64_t clinux_mapping_fault_count(void);

#endif
