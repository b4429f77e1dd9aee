#include "Pins.h"

#include <stdlib.h>
#include <zstd.h>

/// What one block has room for: many small values, and few calls of malloc.
static const size_t kBlockBytes = 256 << 10;

almanac_packed_pins *almanac_packed_pins_create(void) { return calloc(1, sizeof(almanac_packed_pins)); }

void almanac_packed_pins_destroy(almanac_packed_pins *pins) {
    while (pins->blocks) {
        pin_block *block = pins->blocks;
        pins->blocks = block->next;
        free(block);
    }
    ZSTD_freeDCtx(pins->decompression);
    free(pins);
}

void almanac_packed_pins_release(almanac_packed_pins *pins) {
    // One ordinary block is kept for the next batch.
    pin_block *kept = NULL;
    while (pins->blocks) {
        pin_block *block = pins->blocks;
        pins->blocks = block->next;
        if (!kept && block->capacity == kBlockBytes) {
            kept = block;
        } else {
            free(block);
        }
    }
    if (!kept) return;
    kept->next = NULL;
    kept->used = 0;
    pins->blocks = kept;
}

almanac_packed_failure almanac_packed_pins_failure(const almanac_packed_pins *pins) { return pins->failure; }

uint8_t *pins_take(almanac_packed_pins *pins, size_t count) {
    pin_block *first = pins->blocks;
    if (!first || first->capacity - first->used < count) {
        size_t capacity = count > kBlockBytes ? count : kBlockBytes;
        pin_block *block = malloc(sizeof *block + capacity);
        if (!block) return NULL;
        *block = (pin_block){.next = first, .capacity = capacity};
        pins->blocks = first = block;
    }
    uint8_t *bytes = first->bytes + first->used;
    first->used += count;
    return bytes;
}

void pins_return(almanac_packed_pins *pins, size_t count) { pins->blocks->used -= count; }

bool pins_decompress(
    almanac_packed_pins *pins, const void *dictionary, const uint8_t *stored, size_t stored_count, uint8_t *bytes,
    size_t count) {
    if (!pins->decompression) pins->decompression = ZSTD_createDCtx();
    if (!pins->decompression) return false;
    return ZSTD_decompress_usingDDict(pins->decompression, bytes, count, stored, stored_count, dictionary) == count;
}
