/* Counts a process's heap allocations: LD_PRELOAD this with MALLOCCOUNT naming a file of 4096 bytes.
 * The first word of the file, mapped by scripts/bench too, is the number of calls of malloc and its kin. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic uint64_t unmapped, *calls = &unmapped;
static void *(*next_malloc)(size_t), *(*next_calloc)(size_t, size_t), *(*next_realloc)(void *, size_t);
static int (*next_posix_memalign)(void **, size_t, size_t);
static void *(*next_aligned_alloc)(size_t, size_t);
static char early[1 << 16]; /* for dlsym's own calloc */
static size_t early_used;

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("MALLOCCOUNT");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED) calls = page;
}

static void count(void) { atomic_fetch_add_explicit(calls, 1, memory_order_relaxed); }
#define FIND_NEXT(name) \
    if (!next_##name) next_##name = dlsym(RTLD_NEXT, #name); \
    count()

void *malloc(size_t size) {
    FIND_NEXT(malloc);
    return next_malloc(size);
}
void *realloc(void *old, size_t size) {
    FIND_NEXT(realloc);
    return next_realloc(old, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
    FIND_NEXT(aligned_alloc);
    return next_aligned_alloc(alignment, size);
}
int posix_memalign(void **result, size_t alignment, size_t size) {
    FIND_NEXT(posix_memalign);
    return next_posix_memalign(result, alignment, size);
}
void *calloc(size_t number, size_t size) {
    static _Thread_local int is_inside;
    if (!next_calloc) {
        if (is_inside) {
            void *p = early + early_used;
            early_used += (number * size + 15) & ~15ul;
            return early_used <= sizeof early ? p : NULL;
        }
        is_inside = 1;
        next_calloc = dlsym(RTLD_NEXT, "calloc");
        is_inside = 0;
    }
    return count(), next_calloc(number, size);
}
