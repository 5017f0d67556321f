/* What happened to lanes: events.ndjson of each [K], and what may mean work. */
#include "lane/internal.h"

#include "data/json.h"

#include <stdlib.h>

#define TAIL ((size_t)8 << 10)

/* ---- One line -------------------------------------------------------------------------------- */

/* How a state that was entered is called. */
typedef struct naming {
    const char *state;
    const char *from;  /* NULL = any */
    const char *cause; /* NULL = any */
    const char *type;
} naming;

static const naming names[] = {
    {"starting", NULL, "there is work", "auto_started"},
    {"starting", NULL, "the wait is over", "auto_restarted"},
    {"starting", NULL, "its configuration changed", "auto_restarted"},
    {"ready", NULL, NULL, "started"},
    {"idle", NULL, "held back", "start_skipped"},
    {"idle", NULL, NULL, "stopped"},
    {"backoff", "starting", NULL, "start_failed"},
    {"fatal", "starting", NULL, "start_failed"},
    {"backoff", NULL, NULL, "stopped"},
    {"fatal", NULL, NULL, "ensure_failed"},
    {"draining", NULL, NULL, "stop_requested"},
    {"stopping", NULL, NULL, "stop_requested"},
    {"stopped", NULL, NULL, "stopped"},
    {"paused", NULL, NULL, "stopped"},
};

static const char *const scalings[][2] = {{"lane.scale_up", "scale_up"},
                                          {"lane.scale_down", "scale_down"},
                                          {"lane.scale_hold", "scale_hold"}};

static bool fits(const char *expected, const char *found) {
    return !expected || strcmp(expected, found) == 0;
}

static const char *type_of(orx_view kind, const orx_node *body) {
    const char *state = orx_node_str(orx_node_get(body, "state"), "");
    const char *from = orx_node_str(orx_node_get(body, "from"), "");
    const char *cause = orx_node_str(orx_node_get(body, "cause"), "");
    const char *wish = orx_node_str(orx_node_get(body, "wish"), "");
    for (size_t i = 0; i < ORX_ARRAY_LEN(scalings); i++)
        if (orx_view_is(kind, scalings[i][0]))
            return scalings[i][1];
    if (orx_view_is(kind, "merge.merged"))
        return "merged";
    if (orx_view_is(kind, "merge.refused"))
        return "merge_refused";
    if (orx_view_is(kind, "unit.asked"))
        return strcmp(wish, "start") == 0 || strcmp(wish, "resume") == 0 ? "start_requested" : NULL;
    for (size_t i = 0; orx_view_is(kind, "unit.state") && i < ORX_ARRAY_LEN(names); i++)
        if (fits(names[i].state, state) && fits(names[i].from, from) && fits(names[i].cause, cause))
            return names[i].type;
    return NULL;
}

/* [K] the predecessor's words for the causes it knew. */
static const char *reason_of(const orx_node *body) {
    static const char *const words[][2] = {
        {"asked to stop", "manual"},         {"asked to stop at once", "manual"},
        {"asked to pause", "manual"},        {"asked to drain", "manual"},
        {"no progress", "stale_heartbeat"},  {"its configuration changed", "build_update"},
        {"failed", "process_exited_early"},  {"there is work", "not_running"},
        {"crashed", "process_exited_early"}, {"the wait is over", "not_running"},
    };
    const char *cause = orx_node_str(orx_node_get(body, "cause"), "");
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (strcmp(words[i][0], cause) == 0)
            return words[i][1];
    return cause;
}

static const orx_node *body_of(const orx_event_row *row, orx_arena *arena) {
    const orx_node *body = NULL;
    if (orx_json_parse(arena, "event", row->body, &orx_limits_data, &body, NULL) < 0)
        return NULL;
    return body;
}

/* Kinds of events that have a line. */
static bool is_shown(orx_view kind) {
    return orx_view_starts(kind, "unit.") || orx_view_starts(kind, "merge.") ||
           orx_view_starts(kind, "lane.scale_");
}

bool orx_lane_event_line(const orx_event_row *row, orx_arena *a, const char **ret_lane,
                         orx_str *out) {
    char time[ORX_ISO_MAX];
    const orx_node *body = is_shown(row->kind) ? body_of(row, a) : NULL;
    const char *type = body ? type_of(row->kind, body) : NULL;
    if (!type)
        return false;
    bool of_unit = orx_view_starts(row->kind, "unit.");
    *ret_lane = orx_node_str(orx_node_get(body, of_unit ? "unit" : "lane"), "");
    orx_node *payload = orx_node_copy(a, body);
    if (of_unit)
        orx_node_set_str(a, payload, "reason", reason_of(body));
    orx_node_set_int(a, payload, "seq", row->seq);
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_iso_time(row->wall_ns, time);
    orx_node_set_str(a, n, "timestamp", time);
    orx_node_set_str(a, n, "lane_id", *ret_lane);
    orx_node_set_str(a, n, "event_type", type);
    orx_node_set(a, n, "payload", payload);
    orx_json_write(out, n, ORX_JSON_PY_LINE);
    return true;
}

/* ---- The file -------------------------------------------------------------------------------- */

/* The end of a file, without the part of a line in front and behind; *ret_whole is where the last
 * whole line ends. */
static int read_tail(orx_platform *p, orx_file *f, orx_str *out, int64_t *ret_whole) {
    orx_file_info info;
    if (orx_file_info_of(p, f, &info, NULL) < 0)
        return -1;
    int64_t at = info.size > (int64_t)TAIL ? info.size - (int64_t)TAIL : 0;
    char *to = orx_str_reserve(out, TAIL);
    int64_t n = orx_file_read(p, f, at, to, TAIL, NULL);
    if (n < 0)
        return -1;
    out->len = (size_t)n;
    while (out->len && out->buf[out->len - 1] != '\n')
        out->len--;
    *ret_whole = at + (int64_t)out->len;
    return *ret_whole < info.size;
}

static int64_t seq_in(orx_view tail) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *n = NULL;
    tail = orx_view_last_lines(orx_view_trim(tail), 1);
    if (!tail.len || orx_json_parse(&a, "line", tail, &orx_limits_data, &n, NULL) < 0)
        return 0;
    return orx_node_int(orx_node_path(n, "payload.seq"), 0);
}

void orx_lane_history_open(orx_lane_kept *kept) {
    ORX_CLEANUP(orx_str_free) orx_str tail = {0};
    orx_platform *p = kept->fleet->office->p;
    orx_file *f = NULL;
    int64_t whole = 0;
    if (orx_file_open(p, kept->events_file, ORX_OPEN_READ | ORX_OPEN_WRITE, 0, &f, NULL) < 0)
        return;
    /* A line that was cut off by a crash is written anew. */
    if (read_tail(p, f, &tail, &whole) > 0)
        (void)orx_file_truncate(p, f, whole, NULL);
    orx_file_close(p, f);
    kept->shown_seq = seq_in(orx_str_view(&tail));
    int64_t last = orx_event_last(kept->fleet->office->store);
    if (kept->shown_seq > last) /* of a journal that is no more */
        kept->shown_seq = last;
    /* Lines are written in the order of the journal: what is older is in some file. */
    if (kept->shown_seq > kept->fleet->looked_seq)
        kept->fleet->looked_seq = kept->shown_seq;
}

/* ---- Looking --------------------------------------------------------------------------------- */

static void show(orx_lane_fleet *f, const orx_event_row *row) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    const char *id = NULL;
    if (!orx_lane_event_line(row, &a, &id, &line))
        return;
    orx_lane_kept *kept = orx_map_get(&f->lanes, orx_view_of(id));
    if (!kept || row->seq <= kept->shown_seq)
        return;
    orx_str_addc(&line, '\n');
    if (orx_append_file(f->office->p, kept->events_file, orx_str_view(&line), false, NULL) == 0)
        kept->shown_seq = row->seq;
}

static void take_news(orx_lane_fleet *f, const orx_event_row *row) {
    size_t n = strlen(ORX_ORIGIN_LANE);
    if (!orx_event_is_of_tasks(row) || !orx_view_starts(row->origin, ORX_ORIGIN_LANE))
        return;
    orx_lane_kept *kept =
        orx_map_get(&f->lanes, (orx_view){row->origin.p + n, row->origin.len - n});
    if (kept)
        kept->news_seq = row->seq;
}

static bool look_at(const orx_event_row *row, void *user) {
    orx_lane_fleet *f = user;
    if (is_shown(row->kind))
        show(f, row);
    else
        take_news(f, row);
    f->looked_seq = row->seq;
    return true;
}

void orx_lane_history_look(orx_lane_fleet *f) {
    const orx_event_filter filter = {.after_seq = f->looked_seq};
    if (orx_event_last(f->office->store) > f->looked_seq)
        (void)orx_event_each(f->office->store, &filter, look_at, f, NULL);
}

/* ---- Anew ------------------------------------------------------------------------------------ */

typedef struct writing {
    orx_map lines; /* of orx_str, by lane */
} writing;

static bool add_line(const orx_event_row *row, void *user) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    writing *w = user;
    const char *id = NULL;
    orx_str *all =
        orx_lane_event_line(row, &a, &id, &line) ? orx_map_get(&w->lines, orx_view_of(id)) : NULL;
    if (all) {
        orx_str_addv(all, orx_str_view(&line));
        orx_str_addc(all, '\n');
    }
    return true;
}

static int write_lines(orx_platform *p, const orx_lane *lane, const orx_str *lines, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *path = orx_lane_file(lane, ORX_LANE_EVENTS_FILE, &a);
    int rc = orx_mkdirs_unsynced(p, lane->runtime_dir, true, err);
    return rc < 0 ? rc : orx_write_replace(p, path, orx_str_view(lines), 0644, err);
}

int orx_lanes_write_history(orx_platform *p, orx_store *s, const orx_lanes *lanes, orx_err *err) {
    const orx_event_filter filter = {0};
    orx_str *texts = orx_xcalloc(lanes->count + 1, sizeof *texts);
    writing w = {.lines = {0}};
    int files = 0;
    for (size_t i = 0; i < lanes->count; i++)
        if (!lanes->items[i].problem)
            orx_map_put(&w.lines, orx_view_of(lanes->items[i].id), &texts[i]);
    int rc = orx_event_each(s, &filter, add_line, &w, err);
    for (size_t i = 0; i < lanes->count; i++) {
        if (rc == 0 && texts[i].len) {
            rc = write_lines(p, &lanes->items[i], &texts[i], err);
            files += rc == 0;
        }
        orx_str_free(&texts[i]);
    }
    orx_map_free(&w.lines);
    free(texts);
    return rc < 0 ? rc : files;
}
