/* The document of `monitor` as a page of a terminal.
 *
 * Lines are collected whole and cut to the width when they are taken over: escape sequences of ours
 * cost no column, everything else that is no printable character becomes a blank, because names,
 * causes and words of agents come from outside. */
#include "unit/monitor.h"

#include "base/printable.h"

#include <stdarg.h>

#define NAME_MAX 28
#define RECENT   6
#define BELOW    5 /* lines that are kept for what stands below the units */
#define BOLD     "1"
#define DIM      "2"
#define GREEN    "32"
#define YELLOW   "33"
#define RED      "31"

typedef struct page {
    orx_str *out;
    int cols;
    int left; /* lines that may still be written */
    bool color;
    orx_str line; /* as it grows */
} page;

/* ---- Lines ----------------------------------------------------------------------------------- */

static void begin_color(page *g, const char *code) {
    if (g->color)
        orx_str_addf(&g->line, "\x1b[%sm", code);
}

static void end_color(page *g) {
    if (g->color)
        orx_str_adds(&g->line, "\x1b[0m");
}

static void add(page *g, const char *color, const char *text) {
    if (color)
        begin_color(g, color);
    orx_str_add_printable(&g->line, orx_view_of(text), false);
    if (color)
        end_color(g);
}

static void addf(page *g, const char *color, const char *fmt, ...) ORX_PRINTF(3, 4);
static void addf(page *g, const char *color, const char *fmt, ...) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&s, fmt, ap);
    va_end(ap);
    add(g, color, orx_str_cstr(&s));
}

/* An escape sequence of ours, which is all that the line can hold: its length, else 0. */
static size_t sequence_at(orx_view v, size_t at) {
    if (v.p[at] != '\x1b')
        return 0;
    const char *end = memchr(v.p + at, 'm', v.len - at);
    return end ? (size_t)(end - (v.p + at)) + 1 : v.len - at;
}

/* Takes the line over, cut to the width; colours are ended whatever was cut off. */
static void end_line(page *g) {
    orx_view v = orx_str_view(&g->line);
    int used = 0;
    size_t len;
    bool cut = false;
    for (size_t i = 0; g->left > 0 && i < v.len; i += len) {
        len = sequence_at(v, i);
        if (!len) {
            int w = orx_utf8_columns(orx_utf8_at(v.p + i, &len));
            cut = cut || used + w > g->cols;
            used += cut ? 0 : w;
            if (cut)
                continue;
        }
        orx_str_add(g->out, v.p + i, len);
    }
    if (g->left > 0)
        orx_str_addc(g->out, '\n');
    g->left--;
    orx_str_clear(&g->line);
}

static void pad_to(page *g, const char *text, size_t width) {
    ORX_CLEANUP(orx_str_free) orx_str clean = {0};
    size_t used = 0;
    size_t len;
    size_t i = 0;
    orx_str_add_printable(&clean, orx_view_of(text), false);
    while (i < clean.len) {
        size_t w = (size_t)orx_utf8_columns(orx_utf8_at(clean.buf + i, &len));
        if (used + w > width)
            break;
        used += w;
        i += len;
    }
    orx_str_add(&g->line, orx_str_cstr(&clean), i);
    for (; used < width + 2; used++)
        orx_str_addc(&g->line, ' ');
}

/* ---- Parts ----------------------------------------------------------------------------------- */

static const char *text(const orx_node *n, const char *path) {
    return orx_node_str(orx_node_path(n, path), "");
}

static int64_t number(const orx_node *n, const char *path) {
    return orx_node_int(orx_node_path(n, path), 0);
}

static bool truth(const orx_node *n, const char *path) {
    return orx_node_bool(orx_node_path(n, path), false);
}

static void put_head(page *g, const orx_node *doc) {
    bool ok = truth(doc, "ok");
    add(g, BOLD, "orxaq");
    addf(g, NULL, "  %s  ", text(doc, "root"));
    add(g, ok ? GREEN : RED, ok ? "ok" : "not ok");
    addf(g, DIM, "  %.19s UTC", text(doc, "timestamp"));
    end_line(g);
}

static void put_processes(page *g, const orx_node *doc) {
    bool supervisor = truth(doc, "status.supervisor_running");
    int64_t age = orx_node_int(orx_node_path(doc, "status.heartbeat_age_sec"), -1);
    add(g, NULL, "supervisor ");
    add(g, supervisor ? GREEN : RED, supervisor ? "running" : "not running");
    if (age >= 0)
        addf(g, NULL, "   heartbeat %lld s", (long long)age);
    addf(g, NULL, "   agents %lld", (long long)number(doc, "runtime.effective_agents_running"));
    addf(g, NULL, "   lanes %lld of %lld", (long long)number(doc, "lanes.running_count"),
         (long long)number(doc, "lanes.total_count"));
    end_line(g);
}

static void put_tasks(page *g, const orx_node *doc) {
    const orx_node *n = orx_node_path(doc, "progress.counts");
    int64_t blocked = number(n, "blocked");
    addf(g, NULL, "tasks      %lld done, %lld in progress, %lld pending, ",
         (long long)number(n, "done"), (long long)number(n, "in_progress"),
         (long long)number(n, "pending"));
    addf(g, blocked ? RED : NULL, "%lld blocked", (long long)blocked);
    addf(g, NULL, "; %lld done in 24 h", (long long)number(doc, "progress.completed_last_24h"));
    end_line(g);
    double usd = orx_node_num(orx_node_path(doc, "response_metrics.cost_windows_usd.today"), 0);
    int64_t answers = number(doc, "response_metrics.cost_windows_responses.today");
    if (usd > 0 || !answers)
        addf(g, NULL, "today      %.4f USD", usd);
    else
        add(g, NULL, "today      cost unknown");
    addf(g, NULL, ", %lld tokens, %lld answer%s",
         (long long)number(doc, "response_metrics.cost_windows_tokens.today"), (long long)answers,
         answers == 1 ? "" : "s");
    end_line(g);
}

/* Those of one severity with their remedies; `below` lines stay for the rest of the page. */
static int64_t put_some(page *g, const orx_node *doc, const char *severity, const char *color,
                        int below) {
    int64_t hidden = 0;
    ORX_NODE_EACH(orx_node_get(doc, "findings"), n) {
        if (strcmp(text(n, "severity"), severity) != 0)
            continue;
        if (g->left <= below) {
            hidden++;
            continue;
        }
        add(g, color, severity);
        addf(g, NULL, "  %s", text(n, "text"));
        if (*text(n, "remedy"))
            addf(g, DIM, "  -> %s", text(n, "remedy"));
        end_line(g);
    }
    return hidden;
}

static void put_findings(page *g, const orx_node *doc) {
    int below = g->left / 2 + 1;
    int64_t hidden = put_some(g, doc, "fail", RED, below);
    hidden += put_some(g, doc, "warn", YELLOW, below);
    if (hidden) {
        addf(g, DIM, "... and %lld more: `orxaq health`", (long long)hidden);
        end_line(g);
    }
}

/* ---- Units ----------------------------------------------------------------------------------- */

static int urgency(const orx_node *unit) {
    const char *word = text(unit, "health");
    if (strcmp(word, "ok") == 0)
        return 1;
    if (strcmp(word, "idle") == 0 || strcmp(word, "paused") == 0)
        return 3;
    return strcmp(word, "unknown") == 0 ? 2 : 0;
}

static const char *color_of(const orx_node *unit) {
    static const char *const colors[] = {RED, GREEN, YELLOW, DIM};
    return colors[urgency(unit)];
}

static size_t name_width(const orx_node *units) {
    size_t width = sizeof "UNIT" - 1;
    ORX_NODE_EACH(units, n) {
        size_t len = strlen(text(n, "name"));
        width = len > width ? len : width;
    }
    return width < NAME_MAX ? width : NAME_MAX;
}

static void put_unit(page *g, const orx_node *n, size_t width) {
    int64_t age = orx_node_int(orx_node_get(n, "heartbeat_age_sec"), -1);
    pad_to(g, text(n, "name"), width);
    begin_color(g, color_of(n));
    pad_to(g, text(n, "health"), sizeof "stopped_unexpected" - 1);
    end_color(g);
    pad_to(g, text(n, "state"), sizeof "stopping" - 1);
    if (age >= 0)
        addf(g, NULL, "%5lld s  ", (long long)age);
    else
        add(g, NULL, "      -  ");
    addf(g, NULL, "%lld/%lld done", (long long)number(n, "tasks_done"),
         (long long)number(n, "tasks_total"));
    if (number(n, "tasks_in_progress"))
        addf(g, NULL, ", %lld in progress", (long long)number(n, "tasks_in_progress"));
    if (number(n, "tasks_blocked"))
        addf(g, RED, ", %lld blocked", (long long)number(n, "tasks_blocked"));
    if (*text(n, "owner"))
        addf(g, DIM, "  %s", text(n, "owner"));
    end_line(g);
}

static void put_units(page *g, const orx_node *units) {
    int64_t hidden = 0;
    size_t width = name_width(units);
    end_line(g);
    begin_color(g, BOLD);
    pad_to(g, "UNIT", width);
    pad_to(g, "HEALTH", sizeof "stopped_unexpected" - 1);
    pad_to(g, "STATE", sizeof "stopping" - 1);
    add(g, NULL, "   BEAT  TASKS");
    end_color(g);
    end_line(g);
    for (int rank = 0; rank <= 3; rank++)
        ORX_NODE_EACH(units, n) {
            if (urgency(n) != rank)
                continue;
            if (g->left > BELOW)
                put_unit(g, n, width);
            else
                hidden++;
        }
    if (hidden) {
        addf(g, DIM, "... and %lld more: `orxaq units`", (long long)hidden);
        end_line(g);
    }
}

/* ---- What was said --------------------------------------------------------------------------- */

static void put_event(page *g, const orx_node *n) {
    addf(g, DIM, "%.8s ", strlen(text(n, "timestamp")) > 18 ? text(n, "timestamp") + 11 : "");
    if (*text(n, "lane_id"))
        addf(g, NULL, "%s ", text(n, "lane_id"));
    add(g, BOLD, text(n, "owner"));
    addf(g, NULL, " %s %s  ", text(n, "event_type"), text(n, "task_id"));
    add(g, DIM, text(n, "content"));
    end_line(g);
}

static void put_recent(page *g, const orx_node *events) {
    int64_t skip = events ? (int64_t)events->count : 0;
    int room = g->left - 2 < RECENT ? g->left - 2 : RECENT;
    if (!skip || room < 1)
        return;
    end_line(g);
    skip -= room;
    ORX_NODE_EACH(events, n)
    if (skip-- <= 0)
        put_event(g, n);
}

void orx_monitor_show(const orx_node *doc, const orx_monitor_page *p, orx_str *out) {
    page g = {.out = out, .cols = p->cols, .left = p->rows, .color = p->color};
    put_head(&g, doc);
    put_processes(&g, doc);
    put_tasks(&g, doc);
    put_findings(&g, doc);
    put_units(&g, orx_node_get(doc, "units"));
    put_recent(&g, orx_node_path(doc, "conversations.recent_events"));
    if (*text(doc, "latest_log_line") && g.left > 1) {
        end_line(&g);
        addf(&g, DIM, "log  %s", text(doc, "latest_log_line"));
        end_line(&g);
    }
    orx_str_free(&g.line);
}
