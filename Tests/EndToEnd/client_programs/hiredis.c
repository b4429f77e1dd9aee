/* hiredis, synchronous: what every program of this directory reads, printed as one JSON object. */
#include <hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static redisContext *context;

static void stop(const char *what) {
    fprintf(stderr, "%s: %s\n", what, context ? context->errstr : "no context");
    exit(1);
}

static redisReply *call(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = redisvCommand(context, format, arguments);
    va_end(arguments);
    if (!reply) stop(format);
    return reply;
}

static void print_reply(const redisReply *reply) {
    switch (reply->type) {
    case REDIS_REPLY_NIL: printf("null"); break;
    case REDIS_REPLY_INTEGER: printf("%lld", reply->integer); break;
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR: printf("\"%s\"", reply->str); break;
    case REDIS_REPLY_STRING:
        putchar('"');
        for (size_t index = 0; index < (size_t)reply->len; index++) printf("%02x", (unsigned char)reply->str[index]);
        putchar('"');
        break;
    case REDIS_REPLY_ARRAY:
        putchar('[');
        for (size_t index = 0; index < reply->elements; index++) {
            if (index) printf(", ");
            print_reply(reply->element[index]);
        }
        putchar(']');
        break;
    default: stop("a reply of an unknown type");
    }
}

static void fact(const char *name, redisReply *reply) {
    printf(", \"%s\": ", name);
    print_reply(reply);
    freeReplyObject(reply);
}

static void walk(const char *name, const char *options) {
    char cursor[32] = "0";
    const char *separator = "";
    printf(", \"%s\": [", name);
    do {
        char command[128];
        snprintf(command, sizeof command, "SCAN %s %s", cursor, options);
        redisReply *page = call(command);
        if (page->type != REDIS_REPLY_ARRAY || page->elements != 2) stop(command);
        for (size_t index = 0; index < page->element[1]->elements; index++) {
            printf("%s", separator);
            print_reply(page->element[1]->element[index]);
            separator = ", ";
        }
        snprintf(cursor, sizeof cursor, "%s", page->element[0]->str);
        freeReplyObject(page);
    } while (strcmp(cursor, "0") != 0);
    putchar(']');
}

static redisReply *next(void) {
    void *reply;
    if (redisGetReply(context, &reply) != REDIS_OK) stop("reply");
    return reply;
}

static void pipeline(void) {
    for (int number = 0; number < 1000; number++) redisAppendCommand(context, "GET key:%06d", number);
    printf(", \"pipeline\": [");
    for (int number = 0; number < 1000; number++) {
        redisReply *reply = next();
        if (number) printf(", ");
        print_reply(reply);
        freeReplyObject(reply);
    }
    putchar(']');
}

int main(int count, char **arguments) {
    if (count < 3) return 64;
    context = redisConnectWithTimeout(arguments[1], atoi(arguments[2]), (struct timeval){20, 0});
    if (!context || context->err) stop("connect");

    printf("{\"client\": \"hiredis %d.%d.%d\"", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
    fact("get", call("GET key:000001"));
    fact("missing", call("GET nosuch"));
    fact("mget", call("MGET key:000001 nosuch empty key:000002"));
    fact("binary", call("GET %b", "\0\r\n\xff\xfe\"\\", (size_t)7));
    fact("empty", call("GET empty"));
    fact("large", call("GET large"));
    fact("exists", call("EXISTS key:000001 key:000001 nosuch"));
    fact("strlen", call("STRLEN large"));
    fact("type", call("TYPE key:000001"));
    fact("type_of_missing", call("TYPE nosuch"));
    fact("ttl", call("TTL key:000001"));
    fact("ttl_of_missing", call("TTL nosuch"));
    walk("scan", "COUNT 100");
    walk("scan_match", "MATCH key:00001* COUNT 100");
    pipeline();
    freeReplyObject(call("MULTI"));
    freeReplyObject(call("GET key:000001"));
    freeReplyObject(call("GET nosuch"));
    freeReplyObject(call("STRLEN key:000001"));
    fact("transaction", call("EXEC"));
    redisReply *refused = call("SET a b");
    if (refused->type != REDIS_REPLY_ERROR) stop("SET was not refused");
    fact("refused", refused);
    fact("after_refusal", call("GET key:000002"));
    freeReplyObject(call("SELECT 1"));
    fact("database", call("GET key:000950"));
    printf("}\n");
    redisFree(context);
    return 0;
}
