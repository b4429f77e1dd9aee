#include "include/CSSL.h"

#include <string.h>
#include <time.h>

// MARK: The transport

static int window_read(BIO *bio, char *bytes, size_t wanted, size_t *count) {
    struct cssl_window *window = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    size_t taken = wanted < window->input_count ? wanted : window->input_count;
    *count = taken;
    if (taken == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(bytes, window->input, taken);
    window->input += taken;
    window->input_count -= taken;
    return 1;
}

static int window_write(BIO *bio, const char *bytes, size_t wanted, size_t *count) {
    struct cssl_window *window = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    size_t room = window->output_capacity - window->output_count;
    size_t given = wanted < room ? wanted : room;
    *count = given;
    if (given == 0) {
        BIO_set_retry_write(bio);
        return 0;
    }
    memcpy(window->output + window->output_count, bytes, given);
    window->output_count += given;
    return 1;
}

static long window_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    // What has been written is where it belongs; all else OpenSSL asks is answered by no.
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *window_method;

static void make_window_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "window");
    if (method && BIO_meth_set_read_ex(method, window_read) && BIO_meth_set_write_ex(method, window_write) &&
        BIO_meth_set_ctrl(method, window_control)) {
        window_method = method;
    }
}

SSL *cssl_session(SSL_CTX *context, struct cssl_window *window) {
    static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
    if (!CRYPTO_THREAD_run_once(&once, make_window_method) || !window_method) return NULL;
    BIO *bio = BIO_new(window_method);
    if (!bio) return NULL;
    SSL *session = SSL_new(context);
    if (!session) {
        BIO_free(bio);
        return NULL;
    }
    BIO_set_data(bio, window);
    BIO_set_init(bio, 1);
    SSL_set_bio(session, bio, bio);
    return session;
}

// MARK: Bytes

// SSL_get_error goes by the thread's queue: what somebody else has left there is no error of this session's.
static void forget_errors(void) {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

static enum cssl_outcome outcome(SSL *session) {
    switch (SSL_get_error(session, 0)) {
    case SSL_ERROR_WANT_READ: return CSSL_DONE;
    case SSL_ERROR_WANT_WRITE: return CSSL_OUTPUT_FULL;
    case SSL_ERROR_ZERO_RETURN: return CSSL_ENDED;
    default: return CSSL_FAILED;
    }
}

enum cssl_outcome cssl_receive(SSL *session, struct cssl_window *window, uint8_t *plaintext, size_t capacity,
                               size_t *received) {
    *received = 0;
    while (*received < capacity) {
        size_t count = 0, before = window->input_count;
        forget_errors();
        if (SSL_read_ex(session, plaintext + *received, capacity - *received, &count) != 1) {
            enum cssl_outcome why = outcome(session);
            if (why != CSSL_DONE || window->input_count == 0) return why;
            // Input must not be left behind, where nobody would look for it.
            if (window->input_count == before) return CSSL_FAILED;
            continue;
        }
        *received += count;
        // A session without input holds part of a record at most, and asking it once more costs as much as a record.
        if (window->input_count == 0 && SSL_pending(session) == 0) return CSSL_DONE;
    }
    return CSSL_PLAINTEXT_FULL;
}

enum cssl_outcome cssl_send(SSL *session, const uint8_t *plaintext, size_t count) {
    size_t sent = 0;
    forget_errors();
    if (SSL_write_ex(session, plaintext, count, &sent) == 1) return CSSL_DONE;
    // A session that must read before it can write is one that has not shaken hands.
    enum cssl_outcome failed = outcome(session);
    return failed == CSSL_OUTPUT_FULL ? failed : CSSL_FAILED;
}

// MARK: Contexts

void cssl_configure(SSL_CTX *context, int least_protocol, int greatest_protocol) {
    SSL_CTX_set_min_proto_version(context, least_protocol);
    SSL_CTX_set_max_proto_version(context, greatest_protocol);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_dh_auto(context, 1);
}

void cssl_prefer_server_ciphers(SSL_CTX *context) { SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE); }

void cssl_configure_resumption(SSL_CTX *context, int is_on, long count, long seconds) {
    static const unsigned char name[] = "almanac";
    // Else a client certificate could not be told to have been verified by this server.
    SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
    if (is_on) {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
        SSL_CTX_sess_set_cache_size(context, count);
        SSL_CTX_set_timeout(context, seconds);
        SSL_CTX_set_num_tickets(context, 1);
    } else {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(context, 0);
    }
}

static int give_passphrase(char *buffer, int capacity, int is_writing, void *passphrase) {
    (void)is_writing;
    if (!passphrase) return -1;
    size_t count = strlen(passphrase);
    if (count > (size_t)capacity) return -1;
    memcpy(buffer, passphrase, count);
    return (int)count;
}

void cssl_set_passphrase(SSL_CTX *context, const char *passphrase) {
    SSL_CTX_set_default_passwd_cb(context, give_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, (void *)passphrase);
}

void cssl_shut_down(SSL *session) {
    forget_errors();
    SSL_shutdown(session);
    forget_errors();
}

int cssl_holds_part_of_record(const SSL *session) {
    // Of a record of which only the head has come nothing is pending, but there is room for its body.
    return SSL_has_pending(session) || SSL_rstate_string(session)[1] == 'B';
}

int cssl_set_server_name(SSL *session, const char *name, int is_checked) {
    X509_VERIFY_PARAM *parameters = SSL_get0_param(session);
    // `*.example.org` stands for the names in a domain, and nothing for some of them, as RFC 9525 has it.
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    // Certificates of IP addresses are matched as such, and no such name may be sent.
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
    ASN1_OCTET_STRING_free(address);
    if (address) return !is_checked || X509_VERIFY_PARAM_set1_ip_asc(parameters, name);
    ERR_clear_error();
    if (!SSL_set_tlsext_host_name(session, name)) return 0;
    return !is_checked || SSL_set1_host(session, name);
}

static int64_t seconds(const ASN1_TIME *time) {
    struct tm parts;
    if (!time || !ASN1_TIME_to_tm(time, &parts)) return 0;
    return (int64_t)timegm(&parts);
}

int64_t cssl_not_before(const SSL_CTX *context) {
    X509 *certificate = SSL_CTX_get0_certificate(context);
    return certificate ? seconds(X509_get0_notBefore(certificate)) : 0;
}

int64_t cssl_not_after(const SSL_CTX *context) {
    X509 *certificate = SSL_CTX_get0_certificate(context);
    return certificate ? seconds(X509_get0_notAfter(certificate)) : 0;
}
