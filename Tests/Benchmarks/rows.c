/* Makes the data of scripts/bench: the same rows for every server, from nothing but their numbers.
 *
 * rows FORMAT KEYS VALUE-BYTES ORDER
 *   FORMAT: tsv (with a line of names), or resp (SET commands, for redis-cli --pipe).
 *   ORDER: sorted, or shuffled (every number once, far from its neighbours).
 * Keys are key:%012d. A value begins with its key's number in 12 digits and `|`; what follows is text of 6 bits a byte
 * that does not repeat, so it compresses by a quarter at most. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { buffer_bytes = 1 << 20, key_bytes = 16, digits = 12 };

static uint64_t mixed(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static char *put_number(char *p, uint64_t number) {
    for (int place = digits - 1; place >= 0; place--, number /= 10) p[place] = '0' + number % 10;
    return p + digits;
}

static char *put_key(char *p, uint64_t number) {
    memcpy(p, "key:", 4);
    return put_number(p + 4, number);
}

static char *put_value(char *p, uint64_t number, size_t value_bytes) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *end = p + value_bytes;
    char head[digits + 1];
    put_number(head, number);
    head[digits] = '|';
    size_t head_bytes = value_bytes < sizeof head ? value_bytes : sizeof head;
    memcpy(p, head, head_bytes);
    p += head_bytes;
    for (uint64_t block = 0; p < end; block++) {
        uint64_t bits = mixed(number * 0x10001 + (block << 48));
        for (int i = 0; i < 10 && p < end; i++, bits >>= 6) *p++ = letters[bits & 63];
    }
    return p;
}

int main(int argc, char **argv) {
    if (argc != 5) return fprintf(stderr, "see the head of rows.c\n"), 64;
    int is_resp = !strcmp(argv[1], "resp"), is_shuffled = !strcmp(argv[4], "shuffled");
    uint64_t count = strtoull(argv[2], 0, 10), value_bytes = strtoull(argv[3], 0, 10);
    /* A prime: a multiple of it, modulo the count, meets every number once, unless the prime divides the count. */
    const uint64_t step = 2654435761u;
    if (count == 0 || count >= UINT32_MAX || count % step == 0) return fprintf(stderr, "too many or no keys\n"), 64;
    char *buffer = malloc(buffer_bytes + value_bytes + 128), *p = buffer;
    if (!buffer) return perror("malloc"), 1;
    char bulk[64];
    int bulk_bytes = snprintf(bulk, sizeof bulk, "\r\n$%llu\r\n", (unsigned long long)value_bytes);
    if (!is_resp) p = memcpy(p, "key\tvalue\n", 10), p += 10;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = is_shuffled ? i * step % count : i;
        if (is_resp) memcpy(p, "*3\r\n$3\r\nSET\r\n$16\r\n", 18), p += 18;
        p = put_key(p, number);
        if (is_resp) memcpy(p, bulk, bulk_bytes), p += bulk_bytes;
        else *p++ = '\t';
        p = put_value(p, number, value_bytes);
        if (is_resp) *p++ = '\r';
        *p++ = '\n';
        if (p - buffer >= buffer_bytes) {
            if (fwrite(buffer, 1, p - buffer, stdout) != (size_t)(p - buffer)) return perror("write"), 1;
            p = buffer;
        }
    }
    if (fwrite(buffer, 1, p - buffer, stdout) != (size_t)(p - buffer) || fflush(stdout)) return perror("write"), 1;
    return 0;
}
