/* Disk faults for a live server: LD_PRELOAD this, and set the words of the shared control file.
 *
 * DISKFAULT_CONTROL names a file of 4096 bytes that holds a `struct control`, mapped by the test too.
 * Reads (pread, pread64, preadv, preadv2) of files whose path contains DISKFAULT_PATH are affected. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct control {
    _Atomic uint32_t hold;      /* reads wait while this is not 0 (for 120 s at most) */
    _Atomic uint32_t fail_with; /* reads fail with this errno where not 0 */
    _Atomic uint32_t flip;      /* reads get one bit of their middle byte flipped where not 0 */
    _Atomic uint32_t waiting;   /* how many reads wait now */
    _Atomic uint32_t reads;     /* how many reads of such files there were */
};

static struct control *control;
static const char *fragment;

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("DISKFAULT_CONTROL");
    fragment = getenv("DISKFAULT_PATH");
    if (!path || !fragment) return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *address = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (address != MAP_FAILED) control = address;
}

static int is_affected(int file) {
    char link[64], path[4096];
    if (!control) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t count = readlink(link, path, sizeof path - 1);
    if (count <= 0) return 0;
    path[count] = 0;
    return strstr(path, fragment) != NULL;
}

/* Before the read: waits, and says whether it shall fail. */
static int fails(void) {
    atomic_fetch_add(&control->reads, 1);
    if (atomic_load(&control->hold)) {
        atomic_fetch_add(&control->waiting, 1);
        for (int turn = 0; turn < 120000 && atomic_load(&control->hold); turn++)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        atomic_fetch_sub(&control->waiting, 1);
    }
    errno = (int)atomic_load(&control->fail_with);
    return errno != 0;
}

static void damage(void *buffer, ssize_t count) {
    if (count > 0 && atomic_load(&control->flip)) ((uint8_t *)buffer)[count / 2] ^= 0x10;
}

#define READ(name, offset_type)                                                          \
    ssize_t name(int file, void *buffer, size_t count, offset_type offset) {             \
        static ssize_t (*next)(int, void *, size_t, offset_type);                        \
        if (!next) next = dlsym(RTLD_NEXT, #name);                                       \
        if (!is_affected(file)) return next(file, buffer, count, offset);                \
        if (fails()) return -1;                                                          \
        ssize_t got = next(file, buffer, count, offset);                                 \
        damage(buffer, got);                                                             \
        return got;                                                                      \
    }
READ(pread, off_t)
READ(pread64, off64_t)

#define READ_VECTORS(name, parameters, arguments)                                        \
    ssize_t name parameters {                                                            \
        static ssize_t(*next) parameters;                                                \
        if (!next) next = dlsym(RTLD_NEXT, #name);                                       \
        if (!is_affected(file)) return next arguments;                                   \
        if (fails()) return -1;                                                          \
        ssize_t got = next arguments;                                                    \
        if (got > 0) damage(vectors[0].iov_base, got < (ssize_t)vectors[0].iov_len ? got \
                                                                : (ssize_t)vectors[0].iov_len); \
        return got;                                                                      \
    }
READ_VECTORS(preadv, (int file, const struct iovec *vectors, int count, off_t offset), (file, vectors, count, offset))
READ_VECTORS(preadv2, (int file, const struct iovec *vectors, int count, off_t offset, int flags),
             (file, vectors, count, offset, flags))
