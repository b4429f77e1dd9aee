// What Swift cannot reach of OpenSSL: its macros, and a transport of its own making.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stddef.h>
#include <stdint.h>

/// What a session may take and give during one call: bytes that have come, and room for bytes to send.
///
/// A session reads and writes nothing else, so that neither it nor its transport keeps buffers between two calls.
struct cssl_window {
    const uint8_t *input;
    size_t input_count;
    uint8_t *output;
    size_t output_count;
    size_t output_capacity;
};

/// How a call ended.
enum cssl_outcome {
    /// All that has come is understood, or all is encrypted.
    CSSL_DONE,
    /// The room for output is used up: call again, with more.
    CSSL_OUTPUT_FULL,
    /// The room for plaintext is used up: call again, with more.
    CSSL_PLAINTEXT_FULL,
    /// The peer has said that nothing more will come.
    CSSL_ENDED,
    /// OpenSSL's error queue says why.
    CSSL_FAILED,
};

/// A session that reads from and writes to `window`, which must outlive it; NULL without memory.
SSL *cssl_session(SSL_CTX *context, struct cssl_window *window);

/// Understands the window's input, shaking hands where that is due, and puts what it holds into `plaintext`.
enum cssl_outcome cssl_receive(SSL *session, struct cssl_window *window, uint8_t *plaintext, size_t capacity,
                               size_t *received);

/// Encrypts all of `plaintext`, which must not be empty, into the window's output.
///
/// After CSSL_OUTPUT_FULL the call must be made again with the same bytes.
enum cssl_outcome cssl_send(SSL *session, const uint8_t *plaintext, size_t count);

/// Puts into the window's output that nothing more will come from this side.
void cssl_shut_down(SSL *session);

/// Whether the session keeps bytes of a record whose rest has yet to come.
int cssl_holds_part_of_record(const SSL *session);

/// What every context of ours has: TLS 1.2 and 1.3 at most, no compression, no renegotiation, small idle sessions.
void cssl_configure(SSL_CTX *context, int least_protocol, int greatest_protocol);

/// Has the server's order of ciphers count.
void cssl_prefer_server_ciphers(SSL_CTX *context);

/// Keeps `count` sessions for `seconds` each and hands out tickets, or does neither.
void cssl_configure_resumption(SSL_CTX *context, int is_on, long count, long seconds);

/// Has private keys read with `passphrase`, or without where it is NULL, never asking at a terminal.
void cssl_set_passphrase(SSL_CTX *context, const char *passphrase);

/// Has a client name the server that it wants and, unless it takes any, check that the certificate is that server's.
///
/// Returns 1, or 0 without memory.
int cssl_set_server_name(SSL *session, const char *name, int is_checked);

/// When the certificate begins and ends to be valid, in seconds since 1970; 0 where there is none.
int64_t cssl_not_before(const SSL_CTX *context);
int64_t cssl_not_after(const SSL_CTX *context);
