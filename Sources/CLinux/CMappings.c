#define _GNU_SOURCE
#include "CMappings.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/// A place in the list that the handler reads without a lock, so places are never freed, only used again.
typedef struct place {
    struct place *next;
    /// Among those without a mapping; under the lock.
    struct place *next_free;
    /// Odd while the mapping is being changed or there is none.
    uint64_t state;
    clinux_mapping mapping;
} place;

static place *first_place;
static place *first_free;
static uint64_t fault_count;
static uintptr_t page_bytes = 4096;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/// Puts a page of zeros where one has failed; false where the address is in no registered mapping.
static bool replace_page(uintptr_t address) {
    for (place *place = __atomic_load_n(&first_place, __ATOMIC_ACQUIRE); place; place = place->next) {
        uint64_t state = __atomic_load_n(&place->state, __ATOMIC_ACQUIRE);
        clinux_mapping mapping = place->mapping;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        // A mapping that is touched now is neither being added nor removed: what changes is another.
        if (state & 1 || __atomic_load_n(&place->state, __ATOMIC_RELAXED) != state) continue;
        uintptr_t base = (uintptr_t)mapping.base;
        if (address < base || address - base >= mapping.count) continue;
        void *page = (void *)(address & ~(page_bytes - 1));
        if (mapping.marks)
            __atomic_store_n(
                mapping.marks + ((address - base) >> mapping.mark_shift), mapping.faulted_mark, __ATOMIC_RELAXED);
        // Counted before anyone can read the zeros.
        __atomic_add_fetch(&fault_count, 1, __ATOMIC_SEQ_CST);
        return mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
    }
    return false;
}

static void handle(int signal_number, siginfo_t *information, void *context) {
    (void)context;
    int code = errno;
    bool is_replaced = information->si_code == BUS_ADRERR && replace_page((uintptr_t)information->si_addr);
    errno = code;
    if (is_replaced) return;
    // What went wrong goes wrong again when this returns, and then ends the process.
    struct sigaction action = {.sa_handler = SIG_DFL};
    (void)sigaction(signal_number, &action, NULL);
    // What another process sent does not come again by itself; it stays pending until this returns.
    if (information->si_code <= 0) (void)raise(signal_number);
}

int clinux_mappings_guard(void) {
    page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    return sigaction(SIGBUS, &action, NULL);
}

void *clinux_mapping_add(const clinux_mapping *mapping) {
    pthread_mutex_lock(&lock);
    place *free_place = first_free;
    if (free_place) {
        first_free = free_place->next_free;
        free_place->mapping = *mapping;
        __atomic_add_fetch(&free_place->state, 1, __ATOMIC_RELEASE);
    } else if ((free_place = malloc(sizeof *free_place))) {
        *free_place = (place){.next = first_place, .mapping = *mapping};
        __atomic_store_n(&first_place, free_place, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&lock);
    return free_place;
}

void clinux_mapping_remove(void *registration) {
    place *removed = registration;
    pthread_mutex_lock(&lock);
    __atomic_add_fetch(&removed->state, 1, __ATOMIC_SEQ_CST);
    removed->next_free = first_free;
    first_free = removed;
    pthread_mutex_unlock(&lock);
}

uint64_t clinux_mapping_fault_count(void) {
    // Neither before what was read from a mapping earlier, nor after what is read later.
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&fault_count, __ATOMIC_ACQUIRE);
}
