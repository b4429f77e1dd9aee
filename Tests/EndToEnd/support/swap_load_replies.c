/* Replies: each is taken apart and checked as it arrives. */
#define _GNU_SOURCE
#include "swap_load.h"
#include <stddef.h>

/* Replies to one request; a MULTI block has one for each of its commands. */
int replies_each(void) { return options.command[1] == 'u' ? options.each + 2 : 1; }

static void check_version(struct connection *c, uint32_t version) {
    counts.versions[version]++;
    if (!c->batch_version) c->batch_version = version;
    if (c->batch_version == version) return;
    counts.mixed++;
    violation("versions %u and %u in one batch", c->batch_version, version);
}

static void take_value(struct connection *c, const char *p, int64_t count) {
    if (c->key_at >= options.pipeline * options.each) {
        counts.foreign++;
        violation("a value that nobody asked for");
        return;
    }
    uint64_t number = c->asked[c->key_at++];
    counts.values++;
    if (count < 0) {
        counts.nils++;
        if (options.is_checking) violation("key:%012lu is said to be absent", number);
        return;
    }
    if (!options.is_checking) return;
    char key[KEY_BYTES];
    put_key(key, number);
    if ((uint64_t)count == options.value_bytes && p[0] == 'v' && p[5] == ':' && !memcmp(p + 6, key, KEY_BYTES)) {
        uint32_t version = 0;
        for (int i = 1; i < 5; i++) version = version * 10 + (uint32_t)(p[i] - '0') % 10;
        if (!memcmp(p + HEAD_BYTES, value_tail(number, version), count - HEAD_BYTES)) {
            check_version(c, version);
            return;
        }
    }
    counts.foreign++;
    violation("%.16s has the value %.*s", key, (int)(count < 40 ? count : 40), p);
}

static void take_key(struct connection *c, const char *p, int64_t count) {
    if (count != KEY_BYTES || memcmp(p, "key:", 4)) return; /* a key of one version only */
    uint64_t number = 0;
    for (int i = 4; i < KEY_BYTES; i++) number = number * 10 + (uint64_t)(p[i] - '0');
    if (number < options.keys) c->walked[number / 8] |= 1 << number % 8;
}

static void take_cursor(struct connection *c, const char *p, int64_t count) {
    snprintf(c->cursor, sizeof c->cursor, "%.*s", (int)count, p);
}

static void end_of_walk(struct connection *c) {
    uint64_t missing = options.keys;
    for (uint64_t i = 0; i < (options.keys + 7) / 8; i++) missing -= __builtin_popcount(c->walked[i]);
    counts.walks++, counts.missing += missing, counts.incomplete += missing > 0;
    if (options.announced) counts.walks_across += atomic_load(&options.announced->count) > c->walk_began;
    if (missing) violation("a walk missed %lu keys", missing);
    memset(c->walked, 0, (options.keys + 7) / 8);
}

static int find_announcement(struct connection *c, uint64_t first, uint64_t count) {
    for (uint64_t n = first; n < count; n++)
        if (options.announced->versions[n] == c->batch_version) return c->seen = n, 1;
    return 0;
}

/* The batch must be of an announced version, none before the last one that this connection has seen; it is late when
 * a newer one was settled before the batch was sent. */
static void check_order(struct connection *c) {
    if (!options.announced) {
        if (c->batch_version < c->seen) {
            counts.backwards++;
            violation("version %u after %lu", c->batch_version, c->seen);
        }
        c->seen = c->batch_version;
        return;
    }
    uint64_t count = atomic_load(&options.announced->count);
    if (find_announcement(c, c->seen > c->announced_at ? c->seen : c->announced_at, count)) return;
    if (find_announcement(c, c->seen, count)) {
        counts.late++;
        return;
    }
    counts.backwards++;
    violation("version %u, which no announcement from %lu to %lu names", c->batch_version, c->seen, count - 1);
}

static void end_of_reply(struct connection *c) {
    c->replies_done++;
    if (c->replies_done % replies_each() == 0) {
        counts.requests++;
        c->key_at = c->replies_done / replies_each() * options.each;
        if (options.command[0] == 's' && !strcmp(c->cursor, "0")) end_of_walk(c);
    }
    if (c->replies_done < c->replies_due) return;
    if (options.is_checking && c->batch_version) check_order(c);
    record(c);
    c->is_waiting = 0;
}

static void end_of_element(struct connection *c) {
    while (c->depth && --c->remaining[c->depth - 1] == 0) c->depth--;
    if (!c->depth) end_of_reply(c);
}

static void take_bulk(struct connection *c, const char *p, int64_t count) {
    if (options.command[0] != 's') take_value(c, p, count);
    else if (c->depth == 2) take_key(c, p, count);
    else take_cursor(c, p, count);
}

void parse(struct connection *c) {
    while (c->in_parsed < c->in_count) {
        char *p = c->in + c->in_parsed, *end = c->in + c->in_count;
        char *feed = memchr(p, '\n', end - p);
        if (!feed) break;
        if (!c->is_waiting) fprintf(stderr, "a reply that nobody asked for: %.40s\n", p), exit(1);
        int64_t count = strtoll(p + 1, NULL, 10);
        size_t length = feed + 1 - p;
        switch (p[0]) {
        case '$':
            if (count >= 0 && end - p < (ptrdiff_t)(length + count + 2)) goto incomplete;
            take_bulk(c, feed + 1, count);
            c->in_parsed += length + (count >= 0 ? count + 2 : 0);
            end_of_element(c);
            break;
        case '*':
            c->in_parsed += length;
            if (count <= 0) end_of_element(c);
            else if (c->depth == DEPTH_MAX) fprintf(stderr, "arrays nested too deep\n"), exit(1);
            else c->remaining[c->depth++] = (int)count;
            break;
        case '-':
            counts.errors++;
            violation("%.*s", (int)(length < 200 ? length - 2 : 200), p);
            if (options.command[0] == 's') strcpy(c->cursor, "0"), memset(c->walked, 0, (options.keys + 7) / 8);
            /* falls through */
        case '+': case ':':
            c->in_parsed += length;
            end_of_element(c);
            break;
        default: fprintf(stderr, "no reply: %.40s\n", p), exit(1);
        }
    }
incomplete:
    if (c->in_parsed) memmove(c->in, c->in + c->in_parsed, c->in_count - c->in_parsed);
    c->in_count -= c->in_parsed, c->in_parsed = 0;
    if (c->in_count == c->in_room && !(c->in = realloc(c->in, c->in_room *= 2))) fail("realloc");
}
