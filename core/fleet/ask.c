#include "fleet/ask.h"

#include "data/json.h"
#include "fleet/ask_request.h"
#include "fleet/blot.h"
#include "fleet/url.h"
#include "platform/loop.h"

#include <stdlib.h>

typedef struct asking {
    struct round *round;
    const orx_ask *ask;
    orx_answer *answer;
    orx_http *http;
    orx_str body;
    int status;
    bool over;
} asking;

typedef struct round {
    orx_platform *p;
    orx_arena *arena;
    asking *items;
    size_t count;
    size_t next; /* the first that has not begun */
    size_t open; /* begun and not over */
    int64_t deadline;
    bool done;
} round;

/* ---- What went wrong ------------------------------------------------------------------------- */

/* Servers show an address as it came, or what it stands for. */
static void blot_url(orx_str *text, const char *url) {
    orx_view secret;
    size_t at = 0;
    while (url && orx_url_secret(url, &at, &secret)) {
        ORX_CLEANUP(orx_str_free) orx_str plain = {0};
        orx_url_decode(&plain, secret);
        orx_blot(text, orx_str_view(&plain));
    }
}

const char *orx_ask_shown(const orx_ask *ask, orx_view text, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str all = {0};
    orx_str_addv(&all, text);
    orx_blot(&all, orx_view_of(ask->key));
    for (size_t i = 0; i < ask->header_count; i++)
        if (orx_blot_name(orx_view_of(ask->headers[i].name)))
            orx_blot(&all, orx_view_of(ask->headers[i].value));
    blot_url(&all, ask->url);
    return orx_arena_dup(arena, orx_str_view(&all));
}

/* The first so many characters, as valid UTF-8. */
static const char *beginning(orx_arena *arena, const char *text, size_t most) {
    ORX_CLEANUP(orx_str_free) orx_str clean = {0};
    size_t n = 0;
    orx_str_add_utf8(&clean, orx_view_mem(text, strnlen(text, 4 * most)));
    while (n < clean.len && most--)
        n += orx_utf8_len(clean.buf + n, clean.len - n);
    return orx_arena_dup(arena, orx_view_mem(clean.buf, n));
}

/* The keys are taken out before it is cut, or half of one would be left. */
static void failed(asking *a, orx_view text) {
    orx_arena *arena = a->round->arena;
    ORX_CLEANUP(orx_arena_free) orx_arena scratch = {0};
    a->answer->text = beginning(arena, orx_ask_shown(a->ask, text, &scratch), ORX_ASK_TEXT_MAX);
}

/* ---- What came ------------------------------------------------------------------------------- */

static void on_head(orx_http *http ORX_UNUSED, int status,
                    const orx_http_header *headers ORX_UNUSED, size_t count ORX_UNUSED,
                    void *user) {
    ((asking *)user)->status = status;
}

static void on_body(orx_http *http ORX_UNUSED, orx_view bytes, void *user) {
    orx_str_addv(&((asking *)user)->body, bytes);
}

static orx_ask_list list_at(const orx_node *doc, const char *key) {
    const orx_node *n = orx_node_get(doc, key);
    bool list = n && n->kind == ORX_ARRAY;
    return (orx_ask_list){.there = n != NULL, .list = list, .count = list ? n->count : 0};
}

/* LM Studio answers what it does not know with 200 and {"error": "Unexpected endpoint ..."}. */
static bool is_error(const orx_answer *answer, const orx_node *doc) {
    const orx_node *n = orx_node_get(doc, "error");
    return n && n->kind != ORX_NULL && !answer->data.list && !answer->models.list;
}

static const char *error_text(const orx_node *doc) {
    const orx_node *n = orx_node_get(doc, "error");
    return orx_node_str(n, orx_node_str(orx_node_get(n, "message"), "the answer is an error"));
}

static void judge_body(asking *a) {
    static const orx_doc_limits limits = {
        .max_bytes = (size_t)ORX_ASK_BODY_MAX, .max_depth = 64, .max_nodes = 500000};
    ORX_CLEANUP(orx_arena_free) orx_arena scratch = {0};
    orx_err why = ORX_ERR_INIT;
    const orx_node *doc = NULL;
    if (orx_json_parse(&scratch, "answer", orx_str_view(&a->body), &limits, &doc, &why) < 0) {
        a->answer->status = 0;
        failed(a, orx_view_of(why.msg));
        return;
    }
    a->answer->object = doc->kind == ORX_OBJECT;
    a->answer->data = list_at(doc, "data");
    a->answer->models = list_at(doc, "models");
    a->answer->ok = !is_error(a->answer, doc);
    if (a->answer->ok && a->ask->keep)
        a->answer->doc = orx_node_copy(a->round->arena, doc);
    if (!a->answer->ok)
        failed(a, orx_view_of(error_text(doc)));
}

static void judge(asking *a, const orx_http_result *r) {
    a->answer->status = a->status;
    a->answer->latency_ns = r->wall_ns;
    a->answer->reached = r->end != ORX_HTTP_UNREACHED && r->end != ORX_HTTP_NO_CONNECT;
    if (r->end != ORX_HTTP_DONE) {
        a->answer->status = 0;
        failed(a, orx_view_of(r->message));
    } else if (a->status < 200 || a->status > 299) {
        a->answer->http = true;
        failed(a, orx_str_view(&a->body));
    } else {
        judge_body(a);
    }
}

/* ---- All ------------------------------------------------------------------------------------- */

static void begin_some(round *r);

/* Its memory goes at once: a thousand bodies are much. */
static void end_of(asking *a) {
    orx_http_free(a->http);
    orx_str_free(&a->body);
    a->http = NULL;
    a->over = true;
    a->round->open--;
}

static void on_end(orx_http *http ORX_UNUSED, const orx_http_result *result, void *user) {
    asking *a = user;
    judge(a, result);
    end_of(a);
    begin_some(a->round);
}

static int start(asking *a, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena scratch = {0};
    orx_ask_request q;
    int rc = orx_ask_request_of(a->ask, &scratch, &q, err);
    if (rc < 0)
        return rc;
    int64_t left = a->round->deadline - orx_mono_ns(a->round->p);
    int64_t limit = a->ask->timeout_ns < left ? a->ask->timeout_ns : left;
    const orx_http_spec spec = {.method = a->ask->body.len ? "POST" : "GET",
                                .url = q.url,
                                .body = a->ask->body,
                                .headers = q.headers,
                                .header_count = q.count,
                                .plain_http = true,
                                .connect_timeout_ns = limit,
                                .total_timeout_ns = limit,
                                .body_max = ORX_ASK_BODY_MAX,
                                .on_head = on_head,
                                .on_body = on_body,
                                .on_end = on_end,
                                .user = a};
    return orx_http_start(a->round->p, &spec, &a->http, err);
}

/* Errors of the question itself (its address, its headers) are its answer. */
static void begin(asking *a) {
    orx_err why = ORX_ERR_INIT;
    a->round->open++;
    if (start(a, &why) < 0) {
        failed(a, orx_view_of(why.msg));
        end_of(a);
    }
}

static void begin_some(round *r) {
    bool late = orx_mono_ns(r->p) >= r->deadline;
    while (!late && r->next < r->count && r->open < ORX_ASK_AT_ONCE) {
        asking *a = &r->items[r->next++];
        if (!a->ask->skip)
            begin(a);
    }
    r->done = r->open == 0 && (late || r->next == r->count);
}

/* Whoever starts does so while fewer than ORX_ASK_AT_ONCE are out, so that all before it have used
 * up at most count / ORX_ASK_AT_ONCE limits of time. */
static int64_t time_for(const orx_ask *asks, size_t count) {
    int64_t longest = 0;
    for (size_t i = 0; i < count; i++)
        longest = asks[i].timeout_ns > longest ? asks[i].timeout_ns : longest;
    if (count <= ORX_ASK_AT_ONCE)
        return longest;
    return longest + longest / ORX_ASK_AT_ONCE * (int64_t)count;
}

/* A client that forgets a limit, or a deadline that struck before a question began. */
static void give_up(round *r) {
    for (size_t i = 0; i < r->count; i++) {
        asking *a = &r->items[i];
        if (a->over || a->ask->skip)
            continue;
        bool begun = i < r->next;
        a->answer->reached = begun;
        failed(a, orx_view_of(begun ? "no complete answer in time" : "not asked: time was up"));
        if (begun)
            end_of(a);
    }
}

void orx_ask_all(orx_platform *p, const orx_ask *asks, size_t count, orx_arena *arena,
                 orx_answer *answers) {
    round r = {.p = p, .arena = arena, .count = count};
    r.items = orx_xcalloc(count + 1, sizeof *r.items);
    r.deadline = orx_mono_ns(p) + time_for(asks, count);
    for (size_t i = 0; i < count; i++) {
        answers[i] = (orx_answer){.text = ""};
        r.items[i] = (asking){.round = &r, .ask = &asks[i], .answer = &answers[i]};
    }
    begin_some(&r);
    /* A request's own limit strikes at the deadline, too; its end is told shortly after. */
    (void)orx_loop_until(p, &r.done, r.deadline + ORX_SEC);
    give_up(&r);
    free(r.items);
}
