/* Reading and ordering. */
#include "unit/conversations.h"

#include "data/json.h"
#include "data/ndjson.h"
#include "platform/files.h"

#include <stdlib.h>

/* ---- One row --------------------------------------------------------------------------------- */

static bool is_empty(const orx_node *row, const char *key) {
    return !*orx_node_str(orx_node_get(row, key), "");
}

/* The member with the smallest name behind `after` (NULL = the smallest of all). */
static const orx_node *next_member(const orx_node *object, const orx_node *after) {
    const orx_node *best = NULL;
    ORX_NODE_EACH(object, n)
    if ((!after || orx_view_cmp(n->key, after->key) > 0) &&
        (!best || orx_view_cmp(n->key, best->key) < 0))
        best = n;
    return best;
}

/* [K] "type: key=value, ..." with sorted keys, for events of lanes that carry no text. */
static const char *content_of(const orx_node *row, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *payload = orx_node_get(row, "payload");
    const orx_node *n = NULL;
    const char *sep = ": ";
    orx_str_adds(&text, orx_node_str(orx_node_get(row, "event_type"), "event"));
    while (payload && payload->kind == ORX_OBJECT && (n = next_member(payload, n))) {
        orx_str_addf(&text, "%s%s=", sep, n->key.p);
        sep = ", ";
        if (n->kind == ORX_STRING)
            orx_str_addv(&text, n->u.s);
        else
            orx_json_write(&text, n, ORX_JSON_PY_LINE);
    }
    return orx_arena_dup(arena, orx_str_view(&text));
}

orx_node *orx_talk_normal(const orx_node *row, const orx_talk_source *from, orx_arena *arena) {
    orx_node *n = orx_node_copy(arena, row);
    orx_node_set_str(arena, n, "source", from->resolved_path);
    orx_node_set_str(arena, n, "source_kind", from->resolved_kind);
    if (is_empty(n, "lane_id"))
        orx_node_set_str(arena, n, "lane_id", from->lane_id);
    if (is_empty(n, "owner"))
        orx_node_set_str(arena, n, "owner", *from->owner ? from->owner : "unknown");
    if (strcmp(from->resolved_kind, "lane_events") == 0 && is_empty(n, "content"))
        orx_node_set_str(arena, n, "content", content_of(n, arena));
    return n;
}

/* ---- One source ------------------------------------------------------------------------------ */

typedef struct reading {
    orx_platform *p;
    orx_arena *arena;
    int lines;
    orx_talks *t;
    size_t room;
} reading;

static void keep(reading *r, const orx_node *row, const orx_talk_source *from) {
    orx_talks *t = r->t;
    int64_t at;
    if (t->event_count == r->room) {
        size_t room = r->room ? 2 * r->room : 256;
        orx_talk_event *more = orx_arena_zalloc(r->arena, room, sizeof *more);
        if (t->event_count)
            memcpy(more, t->events, t->event_count * sizeof *more);
        t->events = more;
        r->room = room;
    }
    orx_talk_event *e = &t->events[t->event_count];
    *e = (orx_talk_event){orx_talk_normal(row, from, r->arena), INT64_MIN, t->event_count};
    t->event_count++;
    if (orx_iso_parse(orx_view_of(orx_node_str(orx_node_get(row, "timestamp"), "")), &at))
        e->at_ns = at;
}

/* The newest lines of one file; false when it cannot be read, and then says why. */
static bool read_rows(reading *r, const char *path, const orx_node ***ret_rows, int *ret_count,
                      const char **ret_error) {
    orx_err err = ORX_ERR_INIT;
    int n = orx_ndjson_tail(r->p, path, r->lines, r->arena, ret_rows, &err);
    *ret_count = n > 0 ? n : 0;
    if (n < 0)
        *ret_error = orx_arena_strdup(r->arena, err.msg);
    return n >= 0;
}

static void take_rows(reading *r, orx_talk_source *s, const orx_node **rows, int count) {
    s->event_count = count;
    for (int i = 0; i < count; i++)
        keep(r, rows[i], s);
}

static void fall_back(reading *r, orx_talk_source *s, const char *events) {
    const orx_node **rows = NULL;
    const char *ignored;
    int count = 0;
    if (!orx_exists(r->p, events) || !read_rows(r, events, &rows, &count, &ignored))
        return;
    s->fallback_used = true;
    s->resolved_path = events;
    s->resolved_kind = "lane_events";
    take_rows(r, s, rows, count);
}

/* events: what stands in for the log of a lane; NULL = nothing does. */
static void read_source(reading *r, orx_talk_source *s, const char *events) {
    const orx_node **rows = NULL;
    int count = 0;
    s->resolved_path = s->path;
    s->resolved_kind = s->kind;
    s->error = "";
    s->missing = !orx_exists(r->p, s->path);
    s->recoverable_missing = s->missing && events != NULL;
    s->ok = s->missing || read_rows(r, s->path, &rows, &count, &s->error);
    if (s->ok && !s->missing)
        take_rows(r, s, rows, count);
    else if (events)
        fall_back(r, s, events);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b) {
    const orx_talk_event *x = a;
    const orx_talk_event *y = b;
    if (x->at_ns != y->at_ns)
        return x->at_ns < y->at_ns ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

void orx_talks_order(orx_talks *t, int lines) {
    if (t->event_count)
        qsort(t->events, t->event_count, sizeof *t->events, by_time);
    if (t->event_count > (size_t)lines) {
        t->events += t->event_count - (size_t)lines;
        t->event_count = (size_t)lines;
    }
}

static orx_talk_source *next_source(orx_talks *t) {
    return &t->sources[t->source_count++];
}

static void read_lane(reading *r, const orx_talk_lane *lane) {
    orx_talk_source *s = next_source(r->t);
    *s = (orx_talk_source){
        .path = lane->log, .kind = "lane", .lane_id = lane->id, .owner = lane->owner};
    read_source(r, s, lane->events);
}

static void take_problem(reading *r, const orx_talk_place *place, const orx_talk_problem *why) {
    *next_source(r->t) = (orx_talk_source){.path = place->lanes_file,
                                           .resolved_path = place->lanes_file,
                                           .kind = "lane_config",
                                           .resolved_kind = "lane_config",
                                           .lane_id = why->lane_id,
                                           .owner = why->owner,
                                           .error = why->text};
}

void orx_talks_read(orx_platform *p, const orx_talk_place *place, int lines, orx_arena *arena,
                    orx_talks *ret_talks) {
    size_t count = 1 + place->lane_count + place->problem_count;
    lines = lines < 1 ? 1 : lines > ORX_TALK_LINES_MAX ? ORX_TALK_LINES_MAX : lines;
    reading r = {.p = p, .arena = arena, .lines = lines, .t = ret_talks};
    *ret_talks = (orx_talks){.sources = orx_arena_zalloc(arena, count, sizeof(orx_talk_source))};
    orx_talk_source *primary = next_source(ret_talks);
    *primary = (orx_talk_source){.path = place->log, .kind = "primary", .lane_id = "", .owner = ""};
    read_source(&r, primary, NULL);
    for (size_t i = 0; i < place->lane_count; i++)
        read_lane(&r, &place->lanes[i]);
    for (size_t i = 0; i < place->problem_count; i++)
        take_problem(&r, place, &place->problems[i]);
    orx_talks_order(ret_talks, lines);
}
