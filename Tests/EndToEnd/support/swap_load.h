/* What the parts of swap_load share. */
#pragma once
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 16, HEAD_BYTES = 6 + KEY_BYTES + 1, POOL_BYTES = 1 << 22, DEPTH_MAX = 4, ANNOUNCED_MAX = 1 << 16 };

/* The n-th announced version is versions[n], the first one 0. Whoever swaps writes versions[count], then counts it,
 * then swaps; once the swap is answered, it sets `settled` to that n. */
struct announcements {
    _Atomic uint64_t count, settled;
    uint32_t versions[ANNOUNCED_MAX];
};

struct options {
    const char *command, *host, *samples_path, *windows_path;
    int port, connections, pipeline, each, is_checking;
    uint64_t keys, value_bytes, resident, version, seed;
    double rate, seconds, zipf;
    const struct announcements *announced;
};
extern struct options options;

/* A schedule with connections of its own. */
struct stream {
    struct connection *connections;
    int count, is_resident, was_free; /* was_free: a connection had nothing to do when it was last looked */
    uint64_t ranks, interval, next; /* keys of the first `ranks` ranks are asked for; ns, 0 without a schedule */
};

struct connection {
    struct stream *stream;
    int file, is_waiting; /* waiting: a batch is in flight */
    char *out, *in;
    size_t out_count, out_sent, in_count, in_room, in_parsed;
    uint64_t *asked; /* the numbers of the keys asked for, in order */
    int replies_due, replies_done, key_at;
    int depth, remaining[DEPTH_MAX]; /* arrays that are open, and how many elements each still lacks */
    uint64_t due_at, announced_at; /* when the batch was due; `settled` when it was sent */
    uint32_t batch_version;
    uint64_t seen; /* the latest announcement this connection has seen an answer of, or version without a page */
    char cursor[24];
    uint8_t *walked; /* a bit a key */
    uint64_t walk_began; /* announcements when the walk began */
};

struct counts {
    uint64_t requests, values, nils, errors, reconnects, stalled, mixed, backwards, foreign, late;
    uint64_t walks, walks_across, incomplete, missing, versions[10000];
};
extern struct counts counts;

enum { WINDOW_NS = 100000000, WINDOWS_MAX = 1 << 16 };

/* When the load began, in ns of the monotonic clock. */
extern uint64_t began_at;

uint64_t now(void);
_Noreturn void fail(const char *what);
/* Says what was wrong on standard error, the first few times. */
__attribute__((format(printf, 1, 2))) void violation(const char *format, ...);

/* swap_load_rows.c: keys, values, and which key is next */
void fill_pool(void);
void put_key(char *p, uint64_t number);
/* What follows the head of a value: `value_bytes` of it, less the head. */
const char *value_tail(uint64_t number, uint32_t version);
uint64_t next_key(const struct stream *stream);
int write_rows(void);

/* swap_load_replies.c */
int replies_each(void);
/* Takes and checks every complete token of what has arrived. */
void parse(struct connection *c);

/* swap_load_report.c: latencies, and what came of it all */
void make_room_for_samples(void);
void record(const struct connection *c);
/* A batch that was due at `due` was sent `delay` us late through the fault of this program. */
void record_delay(uint64_t due, uint64_t delay);
void write_samples(void);
void write_windows(void);
void report(double seconds);
