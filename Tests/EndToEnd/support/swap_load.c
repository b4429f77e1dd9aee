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
 * Prints `running` once there are as many answers as connections. Ends after --seconds or on SIGTERM or SIGINT,
 * once all replies are there, and prints one object of JSON; the first violations go to standard error. The exit code
 * is 0 even when there are some: who started it counts them. */
#define _GNU_SOURCE
#include "swap_load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct options options = {
    .host = "127.0.0.1", .connections = 1, .pipeline = 1, .each = 1, .keys = 1000, .value_bytes = 100, .version = 1,
    .seed = 88172645463325252ull};

struct counts counts;
uint64_t began_at;
static volatile sig_atomic_t is_stopping;
static int poller;

uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

_Noreturn void fail(const char *what) {
    perror(what);
    exit(1);
}

void violation(const char *format, ...) {
    static int told;
    if (told++ >= 10) return;
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

static char *put_head(char *p, int count, const char *name) {
    return p + sprintf(p, "*%d\r\n$%zu\r\n%s\r\n", count, strlen(name), name);
}

static char *put_keys(struct connection *c, char *p, int count, int *at) {
    for (int i = 0; i < count; i++) {
        uint64_t number = next_key(c->stream);
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
    c->out_count = p - c->out, c->out_sent = 0, c->replies_due = options.pipeline * replies_each(), c->replies_done = 0;
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
    c->is_waiting = 0, c->in_count = c->in_parsed = 0, c->depth = 0;
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

static void stop(int signal) { (void)signal, is_stopping = 1; }

/* Sends what is due, each batch on a connection that is free; when none is, it waits, and its latency grows.
 * Returns how many of the stream's connections have a batch in flight. */
static int send_due(struct stream *stream, uint64_t end) {
    int in_flight = 0;
    for (int i = 0; i < stream->count; i++) {
        struct connection *c = &stream->connections[i];
        uint64_t t = now();
        if (!is_stopping && !c->is_waiting && (!stream->interval || stream->next <= t) && (!end || t < end)) {
            uint64_t due = stream->interval ? stream->next : t;
            stream->next += stream->interval;
            make_batch(c, due);
            push(c);
            // Only our own lateness counts here, not that all connections waited for the server.
            if (stream->was_free) record_delay(due, (t - due) / 1000);
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
    int is_running = 0, count = make_streams(streams, all);
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
        if (!is_running && counts.requests >= (uint64_t)options.connections) {
            is_running = 1;
            puts("running");
            fflush(stdout);
        }
    }
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
    make_room_for_samples();
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL), sigaction(SIGINT, &action, NULL);
    run(all);
    double seconds = (now() - began_at) / 1e9;
    if (options.samples_path) write_samples();
    if (options.windows_path) write_windows();
    report(seconds);
    return 0;
}
