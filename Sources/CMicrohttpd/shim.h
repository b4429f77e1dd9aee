#include <microhttpd.h>

// Swift names the cases of these by the attributes that the library's release gives them, so each has a name here.
static const enum MHD_Result cmicrohttpd_yes = MHD_YES;
static const enum MHD_Result cmicrohttpd_no = MHD_NO;
static const enum MHD_ValueKind cmicrohttpd_headers = MHD_HEADER_KIND;
static const enum MHD_ValueKind cmicrohttpd_parameters = MHD_GET_ARGUMENT_KIND;
static const enum MHD_ConnectionNotificationCode cmicrohttpd_closed = MHD_CONNECTION_NOTIFY_CLOSED;
static const enum MHD_ResponseMemoryMode cmicrohttpd_copied = MHD_RESPMEM_MUST_COPY;

// Swift cannot call variadic functions, and this one takes nothing but options.

// Leaves what a request asks for as it was sent, to be decoded where mistakes can be told.
static inline size_t cmicrohttpd_keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    return __builtin_strlen(text);
}

// Starts what answers the connections that it is given, each on a thread of its own.
//
// The seconds are those after which a connection that neither sends nor takes anything is closed; `memory_bytes` is
// what a connection may need for a request's head and a reply's. Null where no thread or pipe is to be had.
static inline struct MHD_Daemon *cmicrohttpd_start(
    unsigned int connections_max, unsigned int idle_seconds, size_t memory_bytes, size_t stack_bytes,
    MHD_AccessHandlerCallback answer, MHD_RequestCompletedCallback completed, MHD_NotifyConnectionCallback notify,
    void *context) {
    return MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_NO_LISTEN_SOCKET
            | MHD_USE_ITC,
        0, NULL, NULL, answer, context, MHD_OPTION_CONNECTION_LIMIT, connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
        idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory_bytes, MHD_OPTION_THREAD_STACK_SIZE, stack_bytes,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, cmicrohttpd_keep_escapes, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, completed, context, MHD_OPTION_NOTIFY_CONNECTION, notify, context,
        MHD_OPTION_END);
}

// The descriptor of a connection; -1 where it has none any more.
static inline int cmicrohttpd_descriptor(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}
