/* orxaq monitor: everything about a root on one page, once or for as long as somebody looks. */
#include "cli/health_view.h"
#include "cli/monitor_gather.h"

#include "base/units.h"
#include "data/json.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "platform/screen.h"
#include "unit/monitor.h"

#include <stdio.h>

#define INTERVAL_NS     (2 * ORX_SEC)
#define INTERVAL_MIN_NS (200 * ORX_MS)
#define INTERVAL_MAX_NS (86400 * ORX_SEC)
#define KEY_NS          (100 * ORX_MS) /* between two looks at keys and at the size */

static void write_file(orx_cli *c, orx_node *doc) {
    const char *path = orx_path_join(&c->arena, c->cfg->paths.artifacts_dir, "monitor.json");
    orx_cli_write_document(c, path, doc);
    orx_node_set_str(&c->arena, doc, "monitor_file", path);
}

static int once(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_node *doc = NULL;
    int rc = orx_cli_monitor_doc(c, &doc, err);
    if (rc < 0)
        return rc;
    write_file(c, doc);
    if (c->json) {
        orx_cli_json_kept(doc);
    } else {
        orx_monitor_text(doc, false, &text);
        orx_cli_print(orx_str_view(&text));
    }
    bool ok = orx_node_bool(orx_node_get(doc, "ok"), false);
    return orx_cli_option(c, "strict") && !ok ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

/* ---- Watching -------------------------------------------------------------------------------- */

typedef struct watching {
    orx_cli *c;
    orx_arena kept;     /* of the command; each look has an arena of its own */
    orx_screen *screen; /* NULL = nobody looks: a block for each change */
    int64_t interval_ns;
    bool stopped;
    orx_node *doc;   /* of the look */
    orx_str essence; /* of the last that was shown or written */
    int rows;
    int cols;
} watching;

static void on_signal(int signum ORX_UNUSED, void *user) {
    ((watching *)user)->stopped = true;
}

/* A look from nothing: also the journal is opened anew, which may have been replaced. */
static int look(watching *w, orx_err *err) {
    orx_arena_free(&w->c->arena);
    return orx_cli_monitor_doc(w->c, &w->doc, err);
}

/* Whether it tells something new. */
static bool is_new(watching *w) {
    orx_str now = {0};
    orx_monitor_text(w->doc, true, &now);
    bool same = w->essence.buf && orx_view_eq(orx_str_view(&now), orx_str_view(&w->essence));
    orx_str_free(&w->essence);
    w->essence = now;
    return !same;
}

static int draw(watching *w) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_screen_size(w->screen, &w->rows, &w->cols);
    /* The last column stays free: what stands in it is wiped by the wiping of the rest. */
    const orx_monitor_page page = {
        .rows = w->rows, .cols = w->cols > 1 ? w->cols - 1 : 1, .color = w->c->color};
    orx_monitor_show(w->doc, &page, &text);
    return orx_screen_draw(w->screen, orx_str_view(&text));
}

static int print_block(watching *w) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (w->c->json)
        orx_json_write(&text, w->doc, ORX_JSON_PY_LINE);
    else
        orx_monitor_text(w->doc, false, &text);
    orx_str_addc(&text, '\n');
    orx_cli_print(orx_str_view(&text));
    return fflush(stdout) == 0 ? 0 : ORX_E_IO;
}

static bool was_resized(const watching *w) {
    int rows;
    int cols;
    orx_screen_size(w->screen, &rows, &cols);
    return rows != w->rows || cols != w->cols;
}

/* Until the next look is due; q ends, any other key looks at once. */
static int wait_for_next(watching *w) {
    int64_t until = orx_mono_ns(w->c->p) + w->interval_ns;
    int64_t left;
    int rc = 0;
    while (rc == 0 && !w->stopped && (left = until - orx_mono_ns(w->c->p)) > 0) {
        orx_loop_step(w->c->p, w->screen && left > KEY_NS ? KEY_NS : left);
        int key = w->screen ? orx_screen_key(w->screen) : -1;
        if (w->screen && was_resized(w))
            rc = draw(w);
        if (key == 'q' || key == 'Q')
            w->stopped = true;
        else if (key >= 0)
            break;
    }
    return rc;
}

/* The other side being gone is how watching ends, and no failure. */
static int go_on(watching *w, orx_err *err) {
    int rc = 0;
    int shown = 0;
    while (rc == 0 && shown == 0 && !w->stopped) {
        rc = look(w, err);
        bool changed = rc == 0 && is_new(w);
        if (changed)
            write_file(w->c, w->doc);
        if (rc == 0 && (changed || w->screen))
            shown = w->screen ? draw(w) : print_block(w);
        if (rc == 0 && shown == 0)
            shown = wait_for_next(w);
    }
    return rc;
}

static int watch(orx_cli *c, int64_t interval_ns, orx_err *err) {
    watching w = {.c = c, .interval_ns = interval_ns};
    int rc = orx_watch_signals(c->p, on_signal, &w, err);
    if (rc == 0 && c->terminal && !c->json)
        rc = orx_screen_open(&w.screen, err);
    if (rc == ORX_E_UNSUPPORTED)
        rc = 0; /* in the background of a terminal: a block for each change */
    w.kept = c->arena;
    c->arena = (orx_arena){0};
    if (rc == 0)
        rc = go_on(&w, err);
    orx_screen_close(w.screen);
    orx_arena_free(&c->arena);
    c->arena = w.kept;
    orx_str_free(&w.essence);
    (void)orx_watch_signals(c->p, NULL, NULL, NULL);
    return rc < 0 ? rc : ORX_EXIT_OK;
}

static int read_interval(const orx_cli *c, int64_t *ret_ns, orx_err *err) {
    const char *text = orx_cli_option(c, "interval");
    *ret_ns = INTERVAL_NS;
    if (!text)
        return 0;
    if (!orx_duration_parse(orx_view_of(text), ret_ns) || *ret_ns < INTERVAL_MIN_NS ||
        *ret_ns > INTERVAL_MAX_NS)
        return orx_err_set(err, ORX_E_USAGE,
                           "--interval needs a length from 200ms to 1d, like 5s, not \"%s\"", text);
    return 0;
}

int orx_cmd_monitor(orx_cli *c, orx_err *err) {
    int64_t interval_ns;
    int rc = read_interval(c, &interval_ns, err);
    if (rc == 0)
        rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    return orx_cli_option(c, "watch") ? watch(c, interval_ns, err) : once(c, err);
}
