/* Load for scripts/bench: one thread, epoll, C connections that each keep P requests in flight.
 *
 * load PORT KIND CONNECTIONS PIPELINE KEYS-A-REQUEST KEYS SECONDS REQUESTS VALUE-BYTES SEED
 *   KIND: get miss mget ping echo all. Ends after SECONDS, or REQUESTS where that is not 0.
 * Keys are key:%012d, chosen uniformly, others with each seed; `all` asks once for each by MGET, and checks that each
 * value begins with its key's number. Prints one line of JSON: counts, and the percentiles of a batch in us. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int pipeline, keys_each, is_done, is_all;
static const char *kind;
static uint64_t next_key, key_count, value_bytes, request_limit, started, finished, errors, nils, bytes_read, seed;

struct connection {
    int file;
    char *out;
    size_t out_count, out_sent;
    char line[64]; /* a header that came in pieces */
    size_t line_count;
    uint64_t skip, pending_elements; /* bytes of a bulk, elements of an array still to come */
    uint64_t due_key, value_at;      /* of `all`: whose value comes, and how much of it has been seen */
    int replies_due;
    uint64_t sent_at;
};

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t random64(void) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return seed;
}

/* Latencies in buckets of 1/64 of a power of two. */
static uint64_t buckets[64 * 64];
static void record(uint64_t ns) {
    int power = 63 - __builtin_clzll(ns | 64);
    buckets[(power - 6) * 64 + ((ns >> (power - 6)) & 63)]++;
}
static double percentile(double p) {
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < 64 * 58; i++) total += buckets[i];
    for (int i = 0; i < 64 * 58; i++)
        if ((seen += buckets[i]) >= p * total && total) return ((64ull + i % 64) << (i / 64)) / 1e3;
    return 0;
}

static char *put_key(char *p, uint64_t number, int misses) {
    memcpy(p, misses ? "$17\r\nkey:" : "$16\r\nkey:", 9);
    for (int digit = 11; digit >= 0; digit--, number /= 10) p[9 + digit] = '0' + number % 10;
    p += 21;
    if (misses) *p++ = 'x';
    memcpy(p, "\r\n", 2);
    return p + 2;
}

static void make_batch(struct connection *c) {
    char *p = c->out;
    for (int i = 0; i < pipeline; i++) {
        if (!strcmp(kind, "ping")) {
            memcpy(p, "*1\r\n$4\r\nPING\r\n", 14), p += 14;
        } else if (!strcmp(kind, "echo")) {
            p += sprintf(p, "*2\r\n$4\r\nECHO\r\n$%lu\r\n", value_bytes);
            memset(p, 'v', value_bytes), p += value_bytes;
            memcpy(p, "\r\n", 2), p += 2;
        } else if (!strcmp(kind, "mget")) {
            p += sprintf(p, "*%d\r\n$4\r\nMGET\r\n", keys_each + 1);
            for (int k = 0; k < keys_each; k++) p = put_key(p, random64() % key_count, 0);
        } else if (is_all) {
            int count = key_count - next_key < (uint64_t)keys_each ? (int)(key_count - next_key) : keys_each;
            p += sprintf(p, "*%d\r\n$4\r\nMGET\r\n", count + 1);
            c->due_key = next_key;
            for (int k = 0; k < count; k++) p = put_key(p, next_key++, 0);
        } else {
            memcpy(p, "*2\r\n$3\r\nGET\r\n", 13);
            p = put_key(p + 13, random64() % key_count, kind[0] == 'm');
        }
    }
    c->out_count = p - c->out, c->out_sent = 0, c->replies_due = pipeline;
    started += pipeline;
    c->sent_at = now();
}

static void push(int poller, struct connection *c) {
    while (c->out_sent < c->out_count) {
        ssize_t n = write(c->file, c->out + c->out_sent, c->out_count - c->out_sent);
        if (n < 0) {
            if (errno != EAGAIN) perror("write"), exit(1);
            break;
        }
        c->out_sent += n;
    }
    if (c->out_sent < c->out_count) {
        struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_MOD, c->file, &e);
    }
}

static void check_value(struct connection *c, const char *p, size_t count) {
    char number[32];
    snprintf(number, sizeof number, "%012llu", (unsigned long long)c->due_key);
    for (size_t i = 0; i < count && c->value_at < 12; i++, c->value_at++)
        if (p[i] != number[c->value_at]) fprintf(stderr, "key:%s has another's value\n", number), exit(1);
}

static void element(struct connection *c) {
    if (c->pending_elements) c->pending_elements--, c->due_key++;
    if (!c->pending_elements) c->replies_due--, finished++;
}

static void take(struct connection *c, const char *p, size_t n) {
    const char *end = p + n;
    while (p < end) {
        if (c->skip) {
            size_t k = c->skip < (size_t)(end - p) ? c->skip : (size_t)(end - p);
            if (is_all) check_value(c, p, k);
            p += k, c->skip -= k;
            if (!c->skip) element(c);
            continue;
        }
        const char *feed = memchr(p, '\n', end - p);
        size_t k = (feed ? feed + 1 : end) - p;
        const char *line = p;
        if (c->line_count || !feed) {
            if (c->line_count + k >= sizeof c->line) fprintf(stderr, "a reply's line is too long\n"), exit(1);
            memcpy(c->line + c->line_count, p, k), c->line_count += k, line = c->line;
        }
        p += k;
        if (!feed) return;
        c->line_count = 0;
        long count = atol(line + 1);
        switch (line[0]) {
        case '$':
            if (count < 0) nils++, element(c);
            else c->skip = count + 2, c->value_at = 0;
            break;
        case '*':
            if (count > 0) c->pending_elements = count;
            else element(c);
            break;
        case '-': errors++; /* falls through */
        case '+': case ':': element(c); break;
        default: fprintf(stderr, "no reply: %.20s\n", line), exit(1);
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 11) return fprintf(stderr, "see the head of load.c\n"), 64;
    int port = atoi(argv[1]), count = atoi(argv[3]);
    kind = argv[2], pipeline = atoi(argv[4]), keys_each = atoi(argv[5]), key_count = strtoull(argv[6], 0, 10);
    double seconds = atof(argv[7]);
    is_all = !strcmp(kind, "all");
    request_limit = strtoull(argv[8], 0, 10), value_bytes = strtoull(argv[9], 0, 10);
    seed = 88172645463325252ull + strtoull(argv[10], 0, 10) * 0x9e3779b97f4a7c15ull;
    for (int i = 0; i < 20; i++) random64(); /* seeds that are near each other begin alike */
    static char input[1 << 18];
    int poller = epoll_create1(0), live = count;
    struct connection *all = calloc(count, sizeof *all);
    for (int i = 0; i < count; i++) {
        struct connection *c = &all[i];
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        c->file = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(c->file, (void *)&a, sizeof a)) return perror("connect"), 1;
        int one = 1;
        setsockopt(c->file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        fcntl(c->file, F_SETFL, O_NONBLOCK);
        c->out = malloc(pipeline * (keys_each * 24 + value_bytes + 64));
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_ADD, c->file, &e);
    }
    uint64_t begin = now(), end = begin + (uint64_t)(seconds * 1e9);
    if (is_all && key_count < (uint64_t)count * keys_each) return fprintf(stderr, "too few keys\n"), 64;
    for (int i = 0; i < count; i++) make_batch(&all[i]), push(poller, &all[i]);
    while (live) {
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, 20000);
        if (ready <= 0) return fprintf(stderr, "no reply within 20 s\n"), 1;
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) {
                push(poller, c);
                if (c->out_sent == c->out_count) {
                    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
                    epoll_ctl(poller, EPOLL_CTL_MOD, c->file, &e);
                }
            }
            if (!(events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
            ssize_t n = read(c->file, input, sizeof input);
            if (n < 0 && errno == EAGAIN) continue;
            if (n <= 0) return fprintf(stderr, "closed by the server\n"), 1;
            bytes_read += n;
            take(c, input, n);
            if (c->replies_due > 0) continue;
            uint64_t t = now();
            record(t - c->sent_at);
            is_done |= is_all ? next_key == key_count : request_limit ? started >= request_limit : t >= end;
            if (is_done) epoll_ctl(poller, EPOLL_CTL_DEL, c->file, NULL), close(c->file), live--;
            else make_batch(c), push(poller, c);
        }
    }
    double took = (now() - begin) / 1e9;
    printf("{\"requests\": %lu, \"keys\": %lu, \"seconds\": %.6f, \"errors\": %lu, \"nils\": %lu, \"bytes\": %lu, "
           "\"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}\n",
           finished, is_all ? key_count : finished * keys_each, took, errors, nils, bytes_read, percentile(.5), percentile(.99), percentile(.999));
    return 0;
}
