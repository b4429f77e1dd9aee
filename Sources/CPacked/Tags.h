#ifndef ALMANAC_PACKED_TAGS_H
#define ALMANAC_PACKED_TAGS_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

/// Compares 16 tags, of which a line has 14, with one; bit *i* of the result is tag *i*'s.
///
/// 32 bytes are read, which lie within the line.
static inline uint32_t matching_tags(const uint8_t *tags, uint16_t tag) {
#if defined(__SSE2__)
    __m128i wanted = _mm_set1_epi16((short)tag);
    __m128i low = _mm_cmpeq_epi16(_mm_loadu_si128((const void *)tags), wanted);
    __m128i high = _mm_cmpeq_epi16(_mm_loadu_si128((const void *)(tags + 16)), wanted);
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(low, high));
#elif defined(__ARM_NEON) && defined(__aarch64__)
    static const uint8_t bits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint16x8_t wanted = vdupq_n_u16(tag);
    uint8x8_t low = vmovn_u16(vceqq_u16(vreinterpretq_u16_u8(vld1q_u8(tags)), wanted));
    uint8x8_t high = vmovn_u16(vceqq_u16(vreinterpretq_u16_u8(vld1q_u8(tags + 16)), wanted));
    uint8x16_t chosen = vandq_u8(vcombine_u8(low, high), vld1q_u8(bits));
    return (uint32_t)vaddv_u8(vget_low_u8(chosen)) | (uint32_t)vaddv_u8(vget_high_u8(chosen)) << 8;
#else
    uint32_t matches = 0;
    for (unsigned index = 0; index < 16; index++) {
        uint16_t found;
        memcpy(&found, tags + index * 2, sizeof found);
        matches |= (uint32_t)(found == tag) << index;
    }
    return matches;
#endif
}

#endif
