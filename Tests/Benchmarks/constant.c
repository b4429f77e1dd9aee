/* The floor for scripts/bench: a server that answers every request with the same value, and looks nothing up.
 *
 * constant PORT VALUE-BYTES
 * One thread, epoll; a batch of requests costs one read and one write. Requests are framed and not understood: one
 * whose first word has four letters, M first, gets an array of as many values as it has arguments; any other gets one
 * value. Replies are slices of one prepared run of values, so none is copied in user space. `PING` on a line of its own
 * gets its +PONG, for whoever waits for the server to be up. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { input_bytes = 1 << 16, run_max = 1024, parts_max = 512, heads_max = 200 };

static char *prepared;  /* run_max replies, one behind the other */
static size_t reply_bytes;

struct connection {
    int file;
    size_t held;               /* bytes of input that are not a whole request yet */
    char *rest;                /* what the socket did not take */
    size_t rest_count, rest_sent;
    char input[input_bytes];
};

struct replies {
    struct iovec parts[parts_max];
    int count;
    char heads[heads_max][16];
    int head_count;
};

/* Reads `<number>\r\n`; null where it is not all there. */
static const char *take_number(const char *p, const char *end, long *number) {
    long value = 0;
    while (p < end && *p != '\r') value = value * 10 + (*p++ - '0');
    *number = value;
    return end - p >= 2 ? p + 2 : NULL;
}

/* The end of the request at `p`, how many values it asks for, and whether in an array; null where not all is there. */
static const char *take_request(const char *p, const char *end, long *values, int *is_array) {
    long words, length;
    *is_array = 0;
    p = take_number(p + 1, end, &words);
    for (long word = 0; p && word < words; word++) {
        if (p >= end || !(p = take_number(p + 1, end, &length)) || end - p < length + 2) return NULL;
        if (word == 0) *is_array = length == 4 && (*p | 32) == 'm';
        p += length + 2;
    }
    *values = *is_array ? words - 1 : 1;
    return p;
}

/* Sends what has gathered in one call; false where the connection is lost. */
static int send_replies(struct connection *c, struct replies *r) {
    struct msghdr message = {.msg_iov = r->parts, .msg_iovlen = r->count};
    ssize_t sent = c->rest_count || !r->count ? 0 : sendmsg(c->file, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return 0;
    size_t skip = sent < 0 ? 0 : sent;
    for (int i = 0; i < r->count; i++) {
        struct iovec part = r->parts[i];
        if (skip >= part.iov_len) {
            skip -= part.iov_len;
            continue;
        }
        size_t more = part.iov_len - skip;
        if (!(c->rest = realloc(c->rest, c->rest_count + more))) exit(1);
        memcpy(c->rest + c->rest_count, (char *)part.iov_base + skip, more);
        c->rest_count += more, skip = 0;
    }
    r->count = r->head_count = 0;
    return 1;
}

static int add(struct connection *c, struct replies *r, void *base, size_t length) {
    if (r->count == parts_max && !send_replies(c, r)) return 0;
    r->parts[r->count++] = (struct iovec){base, length};
    return 1;
}

static int add_values(struct connection *c, struct replies *r, long values) {
    while (values > 0) {
        long run = values < run_max ? values : run_max;
        if (!add(c, r, prepared, run * reply_bytes)) return 0;
        values -= run;
    }
    return 1;
}

static int answer(struct connection *c) {
    static struct replies r;
    const char *p = c->input, *end = p + c->held, *next;
    long single = 0, values;
    int is_array;
    r.count = r.head_count = 0;
    while (p < end) {
        if (*p != '*') {
            if (end - p != 6 || memcmp(p, "PING\r\n", 6)) return 0;
            next = end;
            if (!add(c, &r, "+PONG\r\n", 7)) return 0;
        } else if (!(next = take_request(p, end, &values, &is_array))) {
            break;
        } else if (!is_array) {
            single++;
        } else {
            if (!add_values(c, &r, single)) return 0;
            single = 0;
            if (r.head_count == heads_max && !send_replies(c, &r)) return 0;
            char *head = r.heads[r.head_count++];
            if (!add(c, &r, head, snprintf(head, sizeof r.heads[0], "*%ld\r\n", values)) || !add_values(c, &r, values))
                return 0;
        }
        p = next;
    }
    if (!add_values(c, &r, single) || !send_replies(c, &r)) return 0;
    c->held = end - p;
    if (c->held && p != c->input) memmove(c->input, p, c->held);
    return c->held < input_bytes;
}

static int serve(int poller, struct connection *c, unsigned events) {
    struct epoll_event event = {.data.ptr = c};
    int was_waiting = c->rest_count > 0;
    if (was_waiting && events & EPOLLOUT) {
        ssize_t sent = send(c->file, c->rest + c->rest_sent, c->rest_count - c->rest_sent, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return 0;
        if (sent > 0) c->rest_sent += sent;
        if (c->rest_sent == c->rest_count) c->rest_sent = c->rest_count = 0;
    } else {
        ssize_t count = read(c->file, c->input + c->held, input_bytes - c->held);
        if (count < 0 && errno == EAGAIN) return 1;
        if (count <= 0) return 0;
        c->held += count;
        if (!answer(c)) return 0;
    }
    int is_waiting = c->rest_count > 0;
    event.events = is_waiting ? EPOLLOUT : EPOLLIN;
    return is_waiting == was_waiting || !epoll_ctl(poller, EPOLL_CTL_MOD, c->file, &event);
}

static void accept_one(int poller, int listener) {
    int file = accept4(listener, NULL, NULL, SOCK_NONBLOCK), one = 1;
    struct connection *c = file < 0 ? NULL : calloc(1, sizeof *c);
    if (!c) return;
    c->file = file;
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, file, &event);
}

int main(int argc, char **argv) {
    if (argc != 3) return fprintf(stderr, "see the head of constant.c\n"), 64;
    size_t value_bytes = strtoull(argv[2], 0, 10);
    char head[32];
    int head_bytes = snprintf(head, sizeof head, "$%zu\r\n", value_bytes), one = 1;
    reply_bytes = head_bytes + value_bytes + 2;
    if (!(prepared = malloc(reply_bytes * run_max))) return perror("malloc"), 1;
    for (char *p = prepared; p < prepared + reply_bytes * run_max; p += reply_bytes) {
        memcpy(p, head, head_bytes);
        memset(p + head_bytes, 'c', value_bytes);
        memcpy(p + head_bytes + value_bytes, "\r\n", 2);
    }
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poller = epoll_create1(0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 511)) return perror("listen"), 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) {
                accept_one(poller, listener);
            } else if (!serve(poller, c, events[i].events)) {
                close(c->file), free(c->rest), free(c);
            }
        }
    }
}
