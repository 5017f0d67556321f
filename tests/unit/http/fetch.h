/* fetch.h: one request of a test and everything it was told. */
#ifndef FETCH_H
#define FETCH_H

#include "base/str.h"
#include "http_server.h"
#include "platform/http.h"
#include "platform/loop.h"

#include "test.h"

typedef struct fetch {
    orx_platform *p;
    orx_http_spec spec; /* to be changed between fetch_prepare and fetch_begin */
    char url[256];
    orx_http *http;
    orx_str calls;   /* "h" head, "b" body, "e" end, in order */
    orx_str headers; /* "name: value\n" */
    orx_str body;
    int status;
    bool done;
    orx_http_result result;
    /* What to do in the callbacks, when set: called before the call is recorded. */
    void (*at)(struct fetch *f, char call);
    void *user;
} fetch;

/* A GET of path at the server, method and rest to be changed. */
void fetch_prepare(fetch *f, orx_platform *p, server *s, const char *path);
void fetch_begin(fetch *f);
/* Waits for the end, at most 20 s, and checks the order of the calls. */
void fetch_wait(fetch *f);
void fetch_free(fetch *f);

/* All of it: the result is in f. */
void fetch_run(fetch *f, orx_platform *p, server *s, const char *path);

/* A world of one platform and one server, for setup and teardown. */
typedef struct net {
    orx_platform *p;
    server *s;
    orx_err err;
} net;

int net_setup(void **state);
int net_teardown(void **state);

#endif
