/* world.h: a simulated machine and one server that does what the path of a request says.
 *
 *   /ok/...     {"data": [{"id": "m1"}]}       /models  {"models": [1, 2]}
 *   /500 /503 /401   that status; 401 repeats the key it was sent, in several spellings
 *   /garbage    200 and no JSON                /lie     200 and {"error": "Unexpected endpoint"}
 *   /big /huge  a list of a megabyte, of five   /slow    a good answer after a second
 *   /hang       nothing, ever                  /trickle a byte each second
 *   /cut /malformed /refused                   what they say
 */
#ifndef ORX_TESTS_FLEET_WORLD_H
#define ORX_TESTS_FLEET_WORLD_H

#include "base/arena.h"
#include "data/json.h"
#include "platform/loop.h"
#include "platform/sim/http.h"
#include "test.h"

#define KEY    "sk-Zed/31415+926"
#define SERVER "http://127.0.0.1:1234"

typedef struct world {
    orx_sim *sim;
    orx_platform *p;
    orx_arena a;
    size_t arrived;
    int64_t begun;
    size_t early; /* arrived within the first second */
    orx_str seen; /* "TARGET header=value ..." of each request */
} world;

static inline void answer_big(orx_sim_reply *reply, size_t bytes) {
    ORX_CLEANUP(orx_str_free) orx_str body = {0};
    orx_str_adds(&body, "{\"data\": [\"\"");
    while (body.len < bytes)
        orx_str_adds(&body, ", {\"id\": \"a model with a name that is somewhat long\"}");
    orx_str_adds(&body, "]}");
    orx_sim_reply_body(reply, orx_str_view(&body));
}

static inline void answer_denied(const orx_sim_request *request, orx_sim_reply *reply) {
    ORX_CLEANUP(orx_str_free) orx_str body = {0};
    orx_str_addf(&body, "{\"error\": \"no: sk-Zed\\/31415+926, sk-Zed\\u002f31415\\u002b926, %s\"",
                 request->target);
    for (size_t i = 0; i < request->header_count; i++)
        orx_str_addf(&body, ", \"%.*s: %.*s\"", ORX_VIEW_ARG(request->headers[i].name),
                     ORX_VIEW_ARG(request->headers[i].value));
    orx_sim_reply_head(reply, 401);
    orx_sim_reply_body(reply, orx_str_view(&body));
}

static inline void answer_status(orx_sim_reply *reply, int status) {
    orx_sim_reply_head(reply, status);
    orx_sim_reply_body(reply, orx_view_of("sorry"));
}

static inline void answer_text(orx_sim_reply *reply, const char *text) {
    orx_sim_reply_body(reply, orx_view_of(text));
}

static inline void answer_slowly(orx_sim_reply *reply, const char *text, int64_t ns) {
    for (; *text; text++) {
        orx_sim_reply_wait(reply, ns);
        orx_sim_reply_body(reply, orx_view_mem(text, 1));
    }
}

static inline bool asks(const orx_sim_request *request, const char *path) {
    return orx_view_starts(orx_view_of(request->target), path);
}

static inline void note(world *w, const orx_sim_request *request) {
    w->arrived++;
    w->early += orx_mono_ns(w->p) - w->begun < ORX_SEC;
    orx_str_adds(&w->seen, request->target);
    for (size_t i = 0; i < request->header_count; i++)
        orx_str_addf(&w->seen, " %.*s=%.*s", ORX_VIEW_ARG(request->headers[i].name),
                     ORX_VIEW_ARG(request->headers[i].value));
    orx_str_addc(&w->seen, '\n');
}

static inline void end_badly(const orx_sim_request *request, orx_sim_reply *reply) {
    if (asks(request, "/hang"))
        orx_sim_reply_end(reply, ORX_SIM_REPLY_STALL);
    else if (asks(request, "/cut"))
        orx_sim_reply_end(reply, ORX_SIM_REPLY_CUT);
    else if (asks(request, "/malformed"))
        orx_sim_reply_end(reply, ORX_SIM_REPLY_MALFORMED);
    else if (asks(request, "/refused"))
        orx_sim_reply_end(reply, ORX_SIM_REPLY_REFUSED);
    else
        answer_status(reply, 404);
}

static inline void server(const orx_sim_request *request, orx_sim_reply *reply, void *user) {
    note(user, request);
    if (asks(request, "/ok"))
        answer_text(reply, "{\"object\": \"list\", \"data\": [{\"id\": \"m1\"}]}");
    else if (asks(request, "/models"))
        answer_text(reply, "{\"models\": [1, 2]}");
    else if (asks(request, "/401"))
        answer_denied(request, reply);
    else if (asks(request, "/500") || asks(request, "/503"))
        answer_status(reply, asks(request, "/500") ? 500 : 503);
    else if (asks(request, "/garbage"))
        answer_text(reply, "<html>Please sign in to the network</html>");
    else if (asks(request, "/lie"))
        answer_text(reply, "{\"error\": \"Unexpected endpoint or method. Returning 200 anyway\"}");
    else if (asks(request, "/big"))
        answer_big(reply, 1000000);
    else if (asks(request, "/huge"))
        answer_big(reply, 5000000);
    else if (asks(request, "/slow"))
        orx_sim_reply_wait(reply, ORX_SEC), answer_text(reply, "[]");
    else if (asks(request, "/trickle"))
        answer_slowly(reply, "{\"data\": [1, 2, 3]}", ORX_SEC);
    else
        end_badly(request, reply);
}

static inline void world_open(world *w) {
    *w = (world){.sim = orx_sim_new(7)};
    w->p = orx_sim_platform(orx_sim_add_host(w->sim, "alpha"));
    w->begun = orx_mono_ns(w->p);
    orx_sim_endpoint(w->sim, SERVER, server, w);
    orx_sim_endpoint(w->sim, "http://192.168.7.7:80", server, w);
    orx_sim_endpoint(w->sim, "https://models.example:443", server, w);
    orx_sim_endpoint(w->sim, "https://generativelanguage.googleapis.com:443", server, w);
}

static inline void world_close(world *w) {
    orx_sim_free(w->sim);
    orx_str_free(&w->seen);
    orx_arena_free(&w->a);
}

static inline int64_t world_elapsed(const world *w) {
    return orx_mono_ns(w->p) - w->begun;
}

/* The only variables there are. */
static inline const char *world_env(const char *name, void *user) {
    (void)user;
    if (strcmp(name, "GOOD_KEY") == 0)
        return "  " KEY "\n";
    return strcmp(name, "EMPTY_KEY") == 0 ? " " : NULL;
}

static inline const orx_node *world_doc(world *w, const char *name, const char *text) {
    const orx_node *doc = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_doc_parse(&w->a, name, orx_view_of(text), &orx_limits_config, &doc, &err), &err);
    return doc;
}

static inline const char *world_text(world *w, const orx_node *n) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_json_write(&out, n, ORX_JSON_PY_LINE);
    return orx_arena_dup(&w->a, orx_str_view(&out));
}

/* The key, or a piece of it that says more than its beginning, in no spelling. */
static inline void assert_no_key(const char *text) {
    static const char *const parts[] = {"31415", "926", "sk-Zed/"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(parts); i++)
        if (strstr(text, parts[i]))
            fail_msg("\"%s\" is in: %s", parts[i], text);
}

static inline const char *str_at(const orx_node *n, const char *path) {
    return orx_node_str(orx_node_path(n, path), "(none)");
}

static inline int64_t int_at(const orx_node *n, const char *path) {
    return orx_node_int(orx_node_path(n, path), -99);
}

static inline bool true_at(const orx_node *n, const char *path) {
    const orx_node *found = orx_node_path(n, path);
    assert_non_null(found);
    assert_int_equal(found->kind, ORX_BOOL);
    return found->u.b;
}

/* The names of all members, sorted by the writer's rules. */
static inline void assert_members(const orx_node *n, const char *names) {
    ORX_CLEANUP(orx_str_free) orx_str found = {0};
    size_t count = 1;
    ORX_NODE_EACH(n, it) {
        orx_str_addf(&found, " %.*s ", ORX_VIEW_ARG(it->key));
    }
    for (const char *c = names; *c; c++)
        count += *c == ' ';
    assert_int_equal(n->count, count);
    orx_view rest = orx_view_of(names);
    orx_view name;
    while (orx_view_split(&rest, ' ', &name)) {
        ORX_CLEANUP(orx_str_free) orx_str part = {0};
        orx_str_addf(&part, " %.*s ", ORX_VIEW_ARG(name));
        assert_contains(orx_str_cstr(&found), orx_str_cstr(&part));
    }
}

#endif
