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

/// Bytes that malloc has from the kernel, handed out or not.
size_t clinux_heap_mapped_bytes(void);

/// Gives back to the kernel what malloc can spare.
void clinux_heap_trim(void);

/// Reserves the blocks of a file without changing its size, as far as the file system can.
///
/// fallocate(2), and the three below, are declared under _GNU_SOURCE only.
int clinux_preallocate(int file, long bytes);

/// Begins to write a range of a file's dirty pages to the disk.
int clinux_start_writeback(int file, long offset, long bytes);

/// Waits until a range of a file's pages is on the disk.
int clinux_finish_writeback(int file, long offset, long bytes);

/// Copies within the kernel, sharing blocks where the file system can.
long clinux_copy_range(int from, long from_offset, int to, long to_offset, long bytes);

/// Receives what has arrived on a socket that does not block, up to `count` bytes; a negated error number where it cannot.
///
/// Unlike recv(2) of glibc, this and clinux_send are no places where a thread may be cancelled: to become one takes
/// two locked instructions a call, which is more than the call's own way into the kernel.
long clinux_receive(int socket, void *buffer, size_t count);

/// Sends what a socket takes without blocking; a negated error number where it takes nothing. Never raises SIGPIPE.
long clinux_send(int socket, const void *bytes, size_t count);

/// Makes a pipe whose two ends, to read and to write, no other program inherits: pipe2(2) with O_CLOEXEC.
int clinux_pipe(int *ends);

/// Becomes a user for good: with one group, and without a capability, now or ever; -1 and errno where it may not.
///
/// setresuid(2), prctl(2) and capset(2) are beyond `import Glibc`.
int clinux_become(unsigned user, unsigned group);

/// prctl(2) with PR_SET_NO_NEW_PRIVS.
int clinux_forbid_new_privileges(void);

#endif
