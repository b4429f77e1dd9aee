#ifndef CLINUX_H
#define CLINUX_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

/// Accepts one connection, already non-blocking and close-on-exec.
///
/// Swift cannot call accept4(2) itself: it is declared under _GNU_SOURCE only.
int clinux_accept(int listener);

/// Names the calling thread, in at most 15 bytes.
///
/// pthread_setname_np(3) is declared under _GNU_SOURCE only.
int clinux_name_thread(const char *name);

/// Lets the calling thread, and those that it starts, have the processor and the disk only when others leave them.
///
/// Nice value 10, and the lowest priority of the best-effort class of ioprio_set(2), which glibc does not wrap.
void clinux_lower_priority(void);

/// Bytes that malloc has handed out and not got back, large mappings included.
///
/// mallinfo2(3) is beyond `import Glibc`.
size_t clinux_heap_bytes(void);

#endif
