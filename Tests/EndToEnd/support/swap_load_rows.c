/* The rows that swap_load writes, expects and asks for. */
#define _GNU_SOURCE
#include "swap_load.h"
#include <math.h>

static char pool[POOL_BYTES];

static void put_number(char *p, uint64_t number, int digits) {
    for (int i = digits - 1; i >= 0; i--, number /= 10) p[i] = '0' + number % 10;
}

void put_key(char *p, uint64_t number) {
    memcpy(p, "key:", 4);
    put_number(p + 4, number, 12);
}

void fill_pool(void) {
    uint64_t state = 0x9E3779B97F4A7C15ull;
    for (int i = 0; i < POOL_BYTES; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        pool[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[state >> 58];
    }
}

const char *value_tail(uint64_t number, uint32_t version) {
    uint64_t mixed = (number * 0x9E3779B97F4A7C15ull) ^ (version * 0xC2B2AE3D27D4EB4Full);
    return pool + (mixed >> 20) % (POOL_BYTES - options.value_bytes);
}

int write_rows(void) {
    static char line[KEY_BYTES + 1 + POOL_BYTES + 1];
    setvbuf(stdout, NULL, _IOFBF, 1 << 20);
    puts("key\tvalue");
    line[KEY_BYTES] = '\t';
    char *value = line + KEY_BYTES + 1;
    for (uint64_t number = 0; number < options.keys; number++) {
        put_key(line, number);
        value[0] = 'v', put_number(value + 1, options.version, 4), value[5] = ':';
        memcpy(value + 6, line, KEY_BYTES), value[6 + KEY_BYTES] = ':';
        memcpy(value + HEAD_BYTES, value_tail(number, options.version), options.value_bytes - HEAD_BYTES);
        value[options.value_bytes] = '\n';
        if (fwrite(line, KEY_BYTES + 2 + options.value_bytes, 1, stdout) != 1) fail("write");
    }
    return fflush(stdout) ? 1 : 0;
}

static uint64_t random64(void) {
    uint64_t *s = &options.seed;
    *s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
    return *s;
}

/* Ranks by Zipf's law as in Gray et al., "Quickly generating billion-record synthetic databases" (SIGMOD 1994); the
 * sum over all ranks is an integral beyond the first thousand. */
static double zeta(double n) {
    double sum = 0, s = options.zipf, head = n < 1000 ? n : 1000;
    for (double i = 1; i <= head; i++) sum += pow(i, -s);
    return sum + (n > head ? (pow(n + .5, 1 - s) - pow(head + .5, 1 - s)) / (1 - s) : 0);
}

static uint64_t next_rank(const struct stream *stream) {
    uint64_t ranks = stream->ranks;
    if (options.zipf == 0) return random64() % ranks;
    static struct { double sum, second, eta, alpha; } of[2];
    typeof(of[0]) *z = &of[stream->is_resident];
    if (z->sum == 0) {
        double s = options.zipf;
        z->sum = zeta(ranks), z->second = 1 + pow(.5, s), z->alpha = 1 / (1 - s);
        z->eta = (1 - pow(2. / ranks, 1 - s)) / (1 - z->second / z->sum);
    }
    double u = (random64() >> 11) * 0x1p-53, scaled = u * z->sum;
    if (scaled < 1) return 0;
    if (scaled < z->second) return 1;
    uint64_t rank = ranks * pow(z->eta * u - z->eta + 1, z->alpha);
    return rank < ranks ? rank : ranks - 1;
}

/* Ranks are spread over the keys: a bijection, as the factor is a prime. */
uint64_t next_key(const struct stream *stream) { return next_rank(stream) * 2654435761ull % options.keys; }
