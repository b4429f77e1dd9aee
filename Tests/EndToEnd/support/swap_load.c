/* Load that watches a server while its versions change: one thread, epoll, RESP2.
 *
 *   swap_load rows --keys N --value-bytes B --version V   writes rows of TSV (key, value) to standard output
 *   swap_load get|mget|multi|scan --port P --keys N …     loads a server; see `options` below
 *
 * Keys are key:%012d of 0..<N; a value is v%04d:KEY: and then text made from both, so that a reply tells its
 * version and its key, and a torn one shows. With --rate, requests have a schedule, and a latency counts from the
 * time at which its request was due, whether or not a connection was free then (no coordinated omission); without,
 * every connection sends its next batch when the last one is answered.
 *
 * With --check, every reply, MGET, MULTI block and batch of a connection must be of one version, every value its
 * key's own and whole, and no connection may go back to an earlier version than it has seen. Which versions may be
 * seen in which order is told by the page that --announced names: struct announcements. Without it, versions may
 * only grow. `scan` walks all keys again and again, and each must be in each walk.
 *
 * Ends after --seconds or on SIGTERM or SIGINT, once all replies are there. Prints one object of JSON; the first
 * violations go to standard error. Exit code 0 even when there are some: who started it counts them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { KEY_BYTES = 16, HEAD_BYTES = 6 + KEY_BYTES + 1, POOL_BYTES = 1 << 22, DEPTH_MAX = 4, ANNOUNCED_MAX = 1 << 16 };

/* The n-th announced version is versions[n], the first one 0. Whoever swaps writes versions[count], then counts it,
 * then swaps; once the swap is answered, it sets `settled` to that n. */
struct announcements {
    _Atomic uint64_t count, settled;
    uint32_t versions[ANNOUNCED_MAX];
};

static struct {
    const char *command, *host, *samples_path, *windows_path;
    int port, connections, pipeline, each, is_checking;
    uint64_t keys, value_bytes, resident, version, seed;
    double rate, seconds, zipf;
    const struct announcements *announced;
} options = {.host = "127.0.0.1", .connections = 1, .pipeline = 1, .each = 1, .keys = 1000, .value_bytes = 100,
             .version = 1, .seed = 88172645463325252ull};

/* A schedule with connections of its own. */
struct stream {
    struct connection *connections;
    int count, is_resident, was_free; /* was_free: a connection had nothing to do when it was last looked */
    uint64_t ranks, interval, next; /* keys of the first `ranks` ranks are asked for; ns, 0 without a schedule */
};

struct connection {
    struct stream *stream;
    int file, is_open, is_waiting; /* waiting: a batch is in flight */
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

static struct {
    uint64_t requests, values, nils, errors, reconnects, stalled, mixed, backwards, foreign, late;
    uint64_t walks, walks_across, incomplete, missing, versions[10000];
} counts;

struct sample { uint32_t due_us; uint32_t tenth_us : 31, is_resident : 1; };
enum { SAMPLES_MAX = 1 << 27 };
static struct sample *samples;
static uint64_t sample_count, began_at;
static uint32_t *send_delays; /* a window's longest delay of our own between due and sent, us */
enum { WINDOW_NS = 100000000, WINDOWS_MAX = 1 << 16 };

static char pool[POOL_BYTES];
static volatile sig_atomic_t is_stopping;
static int poller;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t random64(void) {
    uint64_t *s = &options.seed;
    *s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
    return *s;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

__attribute__((format(printf, 1, 2))) static void violation(const char *format, ...) {
    static int told;
    if (told++ >= 10) return;
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

/* ---- Keys and values ---- */

static void put_number(char *p, uint64_t number, int digits) {
    for (int i = digits - 1; i >= 0; i--, number /= 10) p[i] = '0' + number % 10;
}

static void put_key(char *p, uint64_t number) {
    memcpy(p, "key:", 4);
    put_number(p + 4, number, 12);
}

static void fill_pool(void) {
    uint64_t state = 0x9E3779B97F4A7C15ull;
    for (int i = 0; i < POOL_BYTES; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        pool[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[state >> 58];
    }
}

static const char *tail(uint64_t number, uint32_t version) {
    uint64_t mixed = (number * 0x9E3779B97F4A7C15ull) ^ (version * 0xC2B2AE3D27D4EB4Full);
    return pool + (mixed >> 20) % (POOL_BYTES - options.value_bytes);
}

static int write_rows(void) {
    static char line[KEY_BYTES + 1 + POOL_BYTES + 1];
    setvbuf(stdout, NULL, _IOFBF, 1 << 20);
    puts("key\tvalue");
    line[KEY_BYTES] = '\t';
    char *value = line + KEY_BYTES + 1;
    for (uint64_t number = 0; number < options.keys; number++) {
        put_key(line, number);
        value[0] = 'v', put_number(value + 1, options.version, 4), value[5] = ':';
        memcpy(value + 6, line, KEY_BYTES), value[6 + KEY_BYTES] = ':';
        memcpy(value + HEAD_BYTES, tail(number, options.version), options.value_bytes - HEAD_BYTES);
        value[options.value_bytes] = '\n';
        if (fwrite(line, KEY_BYTES + 2 + options.value_bytes, 1, stdout) != 1) fail("write");
    }
    return fflush(stdout) ? 1 : 0;
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

/* Spreads the ranks over the keys: a bijection, as the factor is a prime. */
static uint64_t key_of_rank(uint64_t rank) { return (rank * 2654435761ull) % options.keys; }

/* ---- Requests ---- */

static char *put_head(char *p, int count, const char *name) {
    return p + sprintf(p, "*%d\r\n$%zu\r\n%s\r\n", count, strlen(name), name);
}

static char *put_keys(struct connection *c, char *p, int count, int *at) {
    for (int i = 0; i < count; i++) {
        uint64_t number = key_of_rank(next_rank(c->stream));
        c->asked[(*at)++] = number;
        memcpy(p, "$16\r\n", 5), put_key(p + 5, number), memcpy(p + 21, "\r\n", 2), p += 23;
    }
    return p;
}

static void make_batch(struct connection *c, uint64_t due) {
    char *p = c->out;
    int at = 0;
    for (int i = 0; i < options.pipeline; i++) {
        switch (options.command[0]) {
        case 's':
            p = put_head(p, 4, "SCAN");
            p += sprintf(p, "$%zu\r\n%s\r\n$5\r\nCOUNT\r\n", strlen(c->cursor), c->cursor);
            char digits[12];
            int length = sprintf(digits, "%d", options.each);
            p += sprintf(p, "$%d\r\n%s\r\n", length, digits);
            if (!strcmp(c->cursor, "0")) c->walk_began = options.announced ? atomic_load(&options.announced->count) : 0;
            break;
        case 'g': p = put_keys(c, put_head(p, 2, "GET"), 1, &at); break;
        case 'm':
            if (options.command[1] == 'g') {
                p = put_keys(c, put_head(p, options.each + 1, "MGET"), options.each, &at);
                break;
            }
            p = put_head(p, 1, "MULTI");
            for (int k = 0; k < options.each; k++) p = put_keys(c, put_head(p, 2, "GET"), 1, &at);
            p = put_head(p, 1, "EXEC");
        }
    }
    int replies_each = options.command[1] == 'u' ? options.each + 2 : 1;
    c->out_count = p - c->out, c->out_sent = 0, c->replies_due = options.pipeline * replies_each, c->replies_done = 0;
    c->key_at = 0, c->batch_version = 0, c->is_waiting = 1, c->due_at = due;
    c->announced_at = options.announced ? atomic_load(&options.announced->settled) : 0;
}

static void watch(struct connection *c, int operation, uint32_t wanted) {
    struct epoll_event event = {.events = wanted, .data.ptr = c};
    if (epoll_ctl(poller, operation, c->file, &event)) fail("epoll_ctl");
}

static void open_connection(struct connection *c) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(options.port)};
    if (inet_pton(AF_INET, options.host, &a.sin_addr) != 1) fprintf(stderr, "no address: %s\n", options.host), exit(64);
    c->file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->file < 0) fail("socket");
    if (connect(c->file, (void *)&a, sizeof a)) fail("connect");
    int one = 1;
    setsockopt(c->file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->file, F_SETFL, O_NONBLOCK);
    c->is_open = 1, c->is_waiting = 0, c->in_count = c->in_parsed = 0, c->depth = 0;
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

/* The server closed a connection, which it must not do: counted, and opened again. */
static void reopen(struct connection *c) {
    counts.reconnects++;
    violation("a connection was closed by the server with %d replies due", c->replies_due - c->replies_done);
    close(c->file);
    open_connection(c);
    strcpy(c->cursor, "0");
}

static void push(struct connection *c) {
    while (c->out_sent < c->out_count) {
        ssize_t n = send(c->file, c->out + c->out_sent, c->out_count - c->out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) return; /* the read that follows sees the end */
        if (n < 0) break;
        c->out_sent += n;
    }
    int is_sent = c->out_sent == c->out_count;
    static int watched_out;
    if (is_sent && !watched_out) return;
    watch(c, EPOLL_CTL_MOD, is_sent ? EPOLLIN : EPOLLIN | EPOLLOUT);
    watched_out = 1;
}

/* ---- Replies ---- */

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
        if (!memcmp(p + HEAD_BYTES, tail(number, version), count - HEAD_BYTES)) {
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

static void record(struct connection *c) {
    if (sample_count == SAMPLES_MAX) return;
    uint64_t tenth = (now() - c->due_at) / 100;
    samples[sample_count++] = (struct sample){.due_us = (c->due_at - began_at) / 1000,
                                              .tenth_us = tenth < 0x7FFFFFFF ? tenth : 0x7FFFFFFF,
                                              .is_resident = c->stream->is_resident};
}

static void end_of_reply(struct connection *c) {
    c->replies_done++;
    int replies_each = options.command[1] == 'u' ? options.each + 2 : 1;
    if (c->replies_done % replies_each == 0) {
        counts.requests++;
        c->key_at = c->replies_done / replies_each * options.each;
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

/* Takes every complete token of what has arrived. */
static void parse(struct connection *c) {
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

static void receive(struct connection *c) {
    ssize_t n = recv(c->file, c->in + c->in_count, c->in_room - c->in_count, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        reopen(c);
        return;
    }
    c->in_count += n;
    parse(c);
}

/* ---- The loop ---- */

static void stop(int signal) { (void)signal, is_stopping = 1; }

/* Sends what is due, each batch on a connection that is free; when none is, it waits, and its latency grows.
 * Returns how many of the stream's connections have a batch in flight. */
static int send_due(struct stream *stream, uint64_t end) {
    int in_flight = 0;
    for (int i = 0; i < stream->count; i++) {
        struct connection *c = &stream->connections[i];
        uint64_t t = now();
        if (!is_stopping && !c->is_waiting && (!stream->interval || stream->next <= t) && (!end || t < end)) {
            uint64_t due = stream->interval ? stream->next : t, window = (due - began_at) / WINDOW_NS;
            stream->next += stream->interval;
            make_batch(c, due);
            push(c);
            uint64_t delay = (t - due) / 1000;
            // Only our own lateness counts here, not that all connections waited for the server.
            if (stream->was_free && window < WINDOWS_MAX && delay > send_delays[window]) send_delays[window] = delay;
        }
        in_flight += c->is_waiting;
    }
    stream->was_free = in_flight < stream->count;
    return in_flight;
}

/* With resident keys of their own stream, each of the two has half of the connections and half of the rate: what
 * waits for the disk cannot take the connections of what does not. */
static int make_streams(struct stream *streams, struct connection *all) {
    int count = options.resident ? 2 : 1;
    double batches = options.rate / options.pipeline / count;
    began_at = now();
    for (int i = 0; i < count; i++) {
        int first = options.connections * i / count, past = options.connections * (i + 1) / count;
        streams[i] = (struct stream){
            .connections = all + first, .count = past - first, .is_resident = i,
            .ranks = i ? options.resident : options.keys, .interval = batches > 0 ? (uint64_t)(1e9 / batches) : 0};
        streams[i].next = began_at + i * streams[i].interval / 2;
        for (int k = first; k < past; k++) all[k].stream = &streams[i];
    }
    return count;
}

static void run(struct connection *all) {
    struct stream streams[2];
    int count = make_streams(streams, all);
    uint64_t end = options.seconds > 0 ? began_at + (uint64_t)(options.seconds * 1e9) : 0, last_reply = began_at;
    for (;;) {
        int in_flight = 0;
        uint64_t wait = 100000000;
        for (int i = 0; i < count; i++) {
            int busy = send_due(&streams[i], end);
            in_flight += busy;
            uint64_t next = streams[i].next, t = now();
            if (!streams[i].interval || busy == streams[i].count || is_stopping) continue;
            if (next < t + wait) wait = next > t ? next - t : 0;
        }
        uint64_t t = now();
        if (!in_flight && (is_stopping || (end && t >= end))) return;
        if (in_flight && t - last_reply > 20000000000ull) {
            counts.stalled += in_flight;
            violation("no reply within 20 s on %d connections", in_flight);
            return;
        }
        if (end && end > t && end - t < wait) wait = end - t;
        struct timespec timeout = {.tv_nsec = wait};
        struct epoll_event events[256];
        int ready = epoll_pwait2(poller, events, 256, &timeout, NULL);
        if (ready < 0 && errno != EINTR) fail("epoll_pwait2");
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) push(c);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
        }
        if (ready > 0 || !in_flight) last_reply = now();
    }
}

/* ---- What came of it ---- */

static int by_latency(const void *a, const void *b) {
    uint32_t x = ((const struct sample *)a)->tenth_us, y = ((const struct sample *)b)->tenth_us;
    return x < y ? -1 : x > y;
}

static int by_window(const void *a, const void *b) {
    const struct sample *x = a, *y = b;
    uint32_t i = x->due_us / 100000 * 2 + x->is_resident, j = y->due_us / 100000 * 2 + y->is_resident;
    return i != j ? (i < j ? -1 : 1) : by_latency(a, b);
}

static double percentile(const struct sample *sorted, uint64_t count, double p) {
    return count ? sorted[(uint64_t)(p * (count - 1) + .5)].tenth_us / 10. : 0;
}

static void write_samples(void) {
    FILE *file = fopen(options.samples_path, "wb");
    if (!file || fwrite(samples, sizeof *samples, sample_count, file) != sample_count || fclose(file)) fail("samples");
}

static void write_windows(void) {
    FILE *file = fopen(options.windows_path, "w");
    if (!file) fail("windows");
    fputs("monotonic_ns,stream,batches,p50_us,p99_us,p999_us,max_us,send_delay_max_us\n", file);
    qsort(samples, sample_count, sizeof *samples, by_window);
    for (uint64_t first = 0, past; first < sample_count; first = past) {
        uint64_t window = samples[first].due_us / 100000;
        uint32_t is_resident = samples[first].is_resident;
        for (past = first; past < sample_count && samples[past].due_us / 100000 == window &&
                           samples[past].is_resident == is_resident;)
            past++;
        const struct sample *s = samples + first;
        fprintf(file, "%lu,%s,%lu,%.1f,%.1f,%.1f,%.1f,%u\n", began_at + window * WINDOW_NS,
                is_resident ? "resident" : "all", past - first,
                percentile(s, past - first, .5), percentile(s, past - first, .99), percentile(s, past - first, .999),
                percentile(s, past - first, 1), window < WINDOWS_MAX ? send_delays[window] : 0);
    }
    if (fclose(file)) fail("windows");
}

static void report(double seconds) {
    printf("{\"requests\": %lu, \"values\": %lu, \"seconds\": %.6f, \"began_ns\": %lu, \"nils\": %lu, "
           "\"errors\": %lu, \"reconnects\": %lu, \"stalled\": %lu, \"mixed\": %lu, \"backwards\": %lu, "
           "\"foreign\": %lu, \"late\": %lu, \"walks\": %lu, \"walks_across\": %lu, \"incomplete_walks\": %lu, "
           "\"missing_keys\": %lu, \"versions\": {",
           counts.requests, counts.values, seconds, began_at, counts.nils, counts.errors, counts.reconnects,
           counts.stalled, counts.mixed, counts.backwards, counts.foreign, counts.late, counts.walks,
           counts.walks_across, counts.incomplete, counts.missing);
    const char *comma = "";
    for (int v = 0; v < 10000; v++)
        if (counts.versions[v]) printf("%s\"%d\": %lu", comma, v, counts.versions[v]), comma = ", ";
    qsort(samples, sample_count, sizeof *samples, by_latency);
    printf("}, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"max\": %.1f}\n", percentile(samples, sample_count, .5),
           percentile(samples, sample_count, .99), percentile(samples, sample_count, .999),
           percentile(samples, sample_count, 1));
}

static void read_options(int argc, char **argv) {
    enum { PORT = 256, HOST, KEYS, VALUE_BYTES, VERSION, CONNECTIONS, PIPELINE, EACH, RATE, SECONDS, ZIPF, RESIDENT,
           SEED, CHECK, ANNOUNCED, SAMPLES, WINDOWS };
    static const struct option known[] = {
        {"port", 1, 0, PORT}, {"host", 1, 0, HOST},
        {"keys", 1, 0, KEYS},               /* how many there are */
        {"value-bytes", 1, 0, VALUE_BYTES}, /* of each value; at least 23 */
        {"version", 1, 0, VERSION},         /* of the rows, 1 to 9999 */
        {"connections", 1, 0, CONNECTIONS},
        {"pipeline", 1, 0, PIPELINE},       /* requests in a batch */
        {"each", 1, 0, EACH},               /* keys of an MGET or a MULTI block, COUNT of a SCAN */
        {"rate", 1, 0, RATE},               /* requests a second by schedule; else as fast as answers come */
        {"seconds", 1, 0, SECONDS},         /* else until a signal */
        {"zipf", 1, 0, ZIPF},               /* exponent, such as 0.99; else uniform */
        {"resident", 1, 0, RESIDENT},       /* a second stream, of marked samples, asks only for the first N ranks */
        {"seed", 1, 0, SEED}, {"check", 0, 0, CHECK},
        {"announced", 1, 0, ANNOUNCED},     /* the file of struct announcements */
        {"samples", 1, 0, SAMPLES},         /* file for every latency: struct sample */
        {"windows", 1, 0, WINDOWS},         /* CSV of percentiles a 100 ms */
        {0}};
    options.command = argv[1];
    optind = 2;
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
        case PORT: options.port = atoi(optarg); break;
        case HOST: options.host = optarg; break;
        case KEYS: options.keys = strtoull(optarg, 0, 10); break;
        case VALUE_BYTES: options.value_bytes = strtoull(optarg, 0, 10); break;
        case VERSION: options.version = strtoull(optarg, 0, 10); break;
        case CONNECTIONS: options.connections = atoi(optarg); break;
        case PIPELINE: options.pipeline = atoi(optarg); break;
        case EACH: options.each = atoi(optarg); break;
        case RATE: options.rate = atof(optarg); break;
        case SECONDS: options.seconds = atof(optarg); break;
        case ZIPF: options.zipf = atof(optarg); break;
        case RESIDENT: options.resident = strtoull(optarg, 0, 10); break;
        case SEED: options.seed ^= strtoull(optarg, 0, 10) * 0x9E3779B97F4A7C15ull; break;
        case CHECK: options.is_checking = 1; break;
        case SAMPLES: options.samples_path = optarg; break;
        case WINDOWS: options.windows_path = optarg; break;
        case ANNOUNCED: {
            int file = open(optarg, O_RDONLY | O_CLOEXEC);
            if (file < 0) fail(optarg);
            options.announced = mmap(NULL, sizeof(struct announcements), PROT_READ, MAP_SHARED, file, 0);
            if (options.announced == MAP_FAILED) fail("mmap");
            close(file);
            break;
        }
        default: exit(64);
        }
    }
    if (options.value_bytes < HEAD_BYTES || options.value_bytes >= POOL_BYTES || !options.keys || optind != argc)
        fprintf(stderr, "swap_load: see the head of swap_load.c\n"), exit(64);
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "swap_load: see the head of swap_load.c\n"), 64;
    read_options(argc, argv);
    fill_pool();
    if (!strcmp(options.command, "rows")) return write_rows();
    if (strcmp(options.command, "get") && strcmp(options.command, "mget") && strcmp(options.command, "multi") &&
        strcmp(options.command, "scan"))
        return fprintf(stderr, "swap_load: no command %s\n", options.command), 64;
    int is_scan = options.command[0] == 's';
    if (is_scan) options.pipeline = 1;
    if (options.command[0] == 'g') options.each = 1;
    prctl(PR_SET_TIMERSLACK, 1);
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct connection *all = calloc(options.connections, sizeof *all);
    for (int i = 0; i < options.connections; i++) {
        struct connection *c = &all[i];
        size_t asked = is_scan ? 0 : (size_t)options.pipeline * options.each;
        c->asked = calloc(asked + 1, sizeof *c->asked), c->out = malloc(options.pipeline * 64 + asked * 64 + 256);
        c->in = malloc(c->in_room = 1 << 16);
        if (is_scan) c->walked = calloc(1, (options.keys + 7) / 8);
        strcpy(c->cursor, "0");
        open_connection(c);
    }
    samples = mmap(NULL, SAMPLES_MAX * sizeof *samples, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    send_delays = calloc(WINDOWS_MAX, sizeof *send_delays);
    if (samples == MAP_FAILED || !send_delays) fail("no memory for samples");
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL), sigaction(SIGINT, &action, NULL);
    run(all);
    double seconds = (now() - began_at) / 1e9;
    if (options.samples_path) write_samples();
    if (options.windows_path) write_windows();
    report(seconds);
    return 0;
}
