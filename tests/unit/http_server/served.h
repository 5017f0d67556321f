/* served.h: a server that does what its test says, and a client that is a bare socket.
 *
 * What becomes of a request is chosen by its path:
 *
 *   /echo    answered at once with what was understood: method, target, path, query, headers, body
 *   /held    kept in `held`, for the test to answer
 *   others   404
 *
 * The client's socket does not block; every function that waits runs the loop meanwhile, and fails
 * the test after 20 s.
 */
#ifndef SERVED_H
#define SERVED_H

#include "base/str.h"
#include "platform/http_server.h"
#include "platform/loop.h"

#include "test.h"

typedef struct world {
    orx_platform *p;
    orx_server *s;
    orx_server_spec spec; /* to be changed between setup and world_serve */
    orx_err err;
    orx_exchange *held[8];
    size_t held_count;
    int requests;
    int hangups;
    int drains;
    int ends;
    int whole; /* of these */
    bool stopped;
    void (*at_request)(struct world *w, orx_exchange *x);
} world;

int world_setup(void **state);
int world_teardown(void **state);

void world_serve(world *w);

/* Runs the loop until *value is at least n. */
void world_wait(world *w, const int *value, int n);
/* Until there is nothing to do just now. */
void world_settle(world *w);

/* A client: connected, or -1. */
int dial(world *w);
/* Says something; what does not fit waits for the other side. False when it has closed. */
bool say(world *w, int fd, orx_view bytes);
void says(world *w, int fd, const char *text);
/* Reads until `in` contains the text; fails when the connection ends before. */
void hear(world *w, int fd, orx_str *in, const char *text);
/* Reads until at least n bytes are there. */
void hear_bytes(world *w, int fd, orx_str *in, size_t n);
/* Reads to the end; 0, or the errno with which it ended. */
int hear_end(world *w, int fd, orx_str *in);

#define REQUEST(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

#endif
