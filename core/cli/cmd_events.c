/* orxaq events: the journal for people and programs. */
#include "cli/cli.h"

#include "base/digest.h"
#include "data/json.h"
#include "platform/loop.h"

#include <stdio.h>

#define DEFAULT_LAST 50
#define FOLLOW_NS    (250 * ORX_MS)

typedef struct printing {
    orx_cli *c;
    orx_arena arena; /* one event */
    int64_t last_seq;
    bool stopped;
} printing;

static const orx_node *body_of(printing *g, const orx_event_row *row) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *body = NULL;
    if (orx_event_body(g->c->store, row, &text, NULL) < 0 || !text.len)
        return NULL;
    if (orx_json_parse(&g->arena, "event", orx_str_view(&text), &orx_limits_data, &body, NULL) < 0)
        return NULL;
    return body;
}

/* The journal's own columns, without what differs between two runs of one seed only by accident:
 * nothing is left out, times are part of the run. */
static void print_json(printing *g, const orx_event_row *e) {
    orx_arena *a = &g->arena;
    char hash[2 * 32 + 1] = "";
    if (e->hash.len == 32)
        orx_hex((const uint8_t *)e->hash.p, 32, hash);
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, n, "seq", e->seq);
    orx_node_set(a, n, "origin", orx_node_new_str(a, e->origin));
    orx_node_set_int(a, n, "origin_seq", e->origin_seq);
    orx_node_set_int(a, n, "hlc", e->hlc);
    orx_node_set_int(a, n, "wall_ns", e->wall_ns);
    orx_node_set_int(a, n, "mono_ns", e->mono_ns);
    orx_node_set(a, n, "boot", orx_node_new_str(a, e->boot));
    orx_node_set(a, n, "kind", orx_node_new_str(a, e->kind));
    orx_node_set_int(a, n, "schema", e->schema);
    if (e->task.p)
        orx_node_set(a, n, "task", orx_node_new_str(a, e->task));
    if (e->attempt)
        orx_node_set_int(a, n, "attempt", e->attempt);
    if (e->call)
        orx_node_set_int(a, n, "call", e->call);
    if (e->cause)
        orx_node_set_int(a, n, "cause", e->cause);
    const orx_node *body = body_of(g, e);
    if (body)
        orx_node_set(a, n, "body", orx_node_copy(a, body));
    orx_node_set_str(a, n, "hash", hash);
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    orx_json_write(&line, n, ORX_JSON_OURS);
    orx_str_addc(&line, '\n');
    orx_cli_print(orx_str_view(&line));
}

/* One member as "key=value", long texts cut. */
static void add_member(orx_str *line, const orx_node *m) {
    ORX_CLEANUP(orx_str_free) orx_str value = {0};
    orx_json_write(&value, m, ORX_JSON_OURS);
    size_t max = 80;
    if (value.len > max) {
        while (max && ((unsigned char)value.buf[max] & 0xC0) == 0x80)
            max--;
        orx_str_truncate(&value, max);
        orx_str_adds(&value, "...");
    }
    orx_str_addf(line, " %s=%s", m->key.p, orx_str_cstr(&value));
}

static void print_text(printing *g, const orx_event_row *e) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    char when[ORX_ISO_MAX];
    orx_iso_time(e->wall_ns, when);
    orx_str_addf(&line, "%6lld  %.23s  ", (long long)e->seq, when);
    orx_cli *c = g->c;
    orx_str_adds(&line, orx_cli_paint(c, "1", orx_arena_dup(&c->arena, e->kind)));
    if (e->task.len)
        orx_str_addf(&line, " %.*s", ORX_VIEW_ARG(e->task));
    if (e->attempt)
        orx_str_addf(&line, " attempt=%lld", (long long)e->attempt);
    ORX_NODE_EACH(body_of(g, e), m) {
        add_member(&line, m);
    }
    orx_str_addc(&line, '\n');
    orx_cli_print(orx_str_view(&line));
}

static bool print_event(const orx_event_row *e, void *user) {
    printing *g = user;
    if (g->c->json)
        print_json(g, e);
    else
        print_text(g, e);
    g->last_seq = e->seq;
    orx_arena_free(&g->arena);
    return !g->stopped;
}

static void on_signal(int signum ORX_UNUSED, void *user) {
    printing *g = user;
    g->stopped = true;
}

static int follow(printing *g, orx_event_filter f, orx_err *err) {
    int rc = orx_watch_signals(g->c->p, on_signal, g, err);
    f.limit = 0;
    f.newest = false;
    while (rc == 0 && !g->stopped) {
        (void)fflush(stdout);
        orx_loop_step(g->c->p, FOLLOW_NS);
        f.after_seq = g->last_seq;
        if (orx_event_last(g->c->store) > g->last_seq)
            rc = orx_event_each(g->c->store, &f, print_event, g, err);
    }
    (void)orx_watch_signals(g->c->p, NULL, NULL, NULL);
    return rc;
}

static int number_option(orx_cli *c, const char *name, int64_t *ret_value, orx_err *err) {
    const char *text = orx_cli_option(c, name);
    if (!text)
        return 0;
    if (!orx_view_to_i64(orx_view_of(text), ret_value) || *ret_value < 0)
        return orx_err_set(err, ORX_E_USAGE, "--%s needs a number, not \"%s\"", name, text);
    return 1;
}

static int verify(orx_cli *c, orx_err *err) {
    int64_t count = 0;
    int rc = orx_event_verify(c->store, &count, err);
    if (rc < 0)
        return rc;
    orx_cli_printf("%lld events, every hash is right\n", (long long)count);
    return ORX_EXIT_OK;
}

int orx_cmd_events(orx_cli *c, orx_err *err) {
    int64_t last = c->terminal ? DEFAULT_LAST : 0;
    int64_t after = 0;
    int rc = number_option(c, "last", &last, err);
    if (rc >= 0)
        rc = number_option(c, "after", &after, err);
    if (rc > 0)
        last = 0;
    if (rc >= 0)
        rc = orx_cli_config(c, err);
    if (rc >= 0)
        rc = orx_cli_store(c, ORX_STORE_READ_ONLY, err);
    if (rc < 0)
        return rc;
    if (orx_cli_option(c, "verify"))
        return verify(c, err);
    const orx_event_filter f = {
        .after_seq = after,
        .kind_prefix = orx_cli_option(c, "kind"),
        .task = orx_cli_option(c, "task"),
        .limit = (int)(last > INT32_MAX ? INT32_MAX : last),
        .newest = last > 0,
    };
    printing g = {.c = c, .last_seq = after};
    rc = orx_event_each(c->store, &f, print_event, &g, err);
    if (rc == 0 && orx_cli_option(c, "follow"))
        rc = follow(&g, f, err);
    return rc < 0 ? rc : ORX_EXIT_OK;
}
