// The thread sanitizer sees an uncontended Mutex of Swift's Synchronization lock and unlock, as that is compiled into
// the program, but not one that is contended: that happens in a library which it does not watch. So whatever two
// threads do in turn under a contended mutex looks like a race. These functions stand in for the library's two slow
// paths, do what they do, and tell the sanitizer.
#define _GNU_SOURCE
#include "CMutexAnnotations.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ANNOTATES 1
#endif
#endif

#ifdef ANNOTATES
#include <dlfcn.h>
#include <stdint.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

typedef SWIFT void (*lock_function)(uint32_t thread, SELF void *handle);
typedef SWIFT void (*unlock_function)(SELF void *handle);

SWIFT void almanac_lock_slow(uint32_t thread, SELF void *handle) __asm__(LOCK_SLOW);
SWIFT void almanac_unlock_slow(SELF void *handle) __asm__(UNLOCK_SLOW);

SWIFT void almanac_lock_slow(uint32_t thread, SELF void *handle) {
    ((lock_function)dlsym(RTLD_NEXT, LOCK_SLOW))(thread, handle);
    __tsan_acquire(handle);
}

SWIFT void almanac_unlock_slow(SELF void *handle) {
    __tsan_release(handle);
    ((unlock_function)dlsym(RTLD_NEXT, UNLOCK_SLOW))(handle);
}

int almanac_annotates_mutexes(void) { return 1; }
#else
int almanac_annotates_mutexes(void) { return 0; }
#endif
