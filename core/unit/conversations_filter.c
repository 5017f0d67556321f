/* Documents of what was read, and of what passes a filter. Pure. */
#include "unit/conversations.h"

/* ---- Documents ------------------------------------------------------------------------------- */

orx_node *orx_talks_owners(const orx_talk_event *events, size_t count, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < count; i++) {
        const char *owner = orx_node_str(orx_node_get(events[i].node, "owner"), "unknown");
        orx_node_set_int(a, n, owner, orx_node_int(orx_node_get(n, owner), 0) + 1);
    }
    return n;
}

static orx_node *source_doc(const orx_talk_source *s, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "path", s->path);
    orx_node_set_str(a, n, "resolved_path", s->resolved_path);
    orx_node_set_str(a, n, "kind", s->kind);
    orx_node_set_str(a, n, "resolved_kind", s->resolved_kind);
    orx_node_set_str(a, n, "lane_id", s->lane_id);
    orx_node_set_str(a, n, "owner", s->owner);
    orx_node_set_bool(a, n, "ok", s->ok);
    orx_node_set_bool(a, n, "missing", s->missing);
    orx_node_set_bool(a, n, "recoverable_missing", s->recoverable_missing);
    orx_node_set_bool(a, n, "fallback_used", s->fallback_used);
    orx_node_set_str(a, n, "error", s->error);
    orx_node_set_int(a, n, "event_count", s->event_count);
    return n;
}

static const char *error_text(const orx_talk_source *s, orx_arena *a) {
    const char *who = *s->lane_id                           ? s->lane_id
                      : strcmp(s->kind, "lane_config") == 0 ? "lanes_file"
                                                            : "primary";
    return orx_arena_printf(a, "%s: %s", who, s->error);
}

/* A filter that nothing was asked of. */
static const orx_talk_filter everything = {"", "", "", "", 0};

/* ---- Which sources count --------------------------------------------------------------------- */

static bool is_lane(const orx_talk_source *s, const char *lane) {
    return *s->lane_id && orx_view_ieq(orx_view_of(s->lane_id), orx_view_of(lane));
}

static bool lane_is_well(const orx_talks *t, const char *lane) {
    for (size_t i = 0; i < t->source_count; i++)
        if (is_lane(&t->sources[i], lane))
            return t->sources[i].ok;
    return false;
}

/* [K] Asked for one lane, nobody wants to hear of the others, nor of the primary log's trouble when
 * the lane's own log is well. */
static bool is_suppressed(const orx_talks *t, const orx_talk_source *s, const char *lane) {
    if (!*lane || is_lane(s, lane))
        return false;
    if (*s->lane_id)
        return true;
    return !s->ok && lane_is_well(t, lane);
}

/* ---- Which events pass ----------------------------------------------------------------------- */

static const char *text_of(const orx_node *n, const char *key) {
    return orx_node_str(orx_node_get(n, key), "");
}

static bool is_wanted(const char *value, const char *wanted) {
    return !*wanted || orx_view_ieq(orx_view_of(value), orx_view_of(wanted));
}

static bool holds(orx_view text, orx_view part) {
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (orx_view_ieq((orx_view){text.p + i, part.len}, part))
            return true;
    return part.len == 0;
}

static bool mentions(const orx_node *n, const char *part) {
    static const char *const keys[] = {"timestamp", "owner",      "lane_id",
                                       "task_id",   "event_type", "content"};
    for (size_t i = 0; *part && i < ORX_ARRAY_LEN(keys); i++)
        if (holds(orx_view_of(text_of(n, keys[i])), orx_view_of(part)))
            return true;
    return !*part;
}

static bool passes(const orx_talk_event *e, const orx_talk_filter *f) {
    return is_wanted(text_of(e->node, "owner"), f->owner) &&
           is_wanted(text_of(e->node, "lane_id"), f->lane) &&
           is_wanted(text_of(e->node, "event_type"), f->event_type) &&
           mentions(e->node, f->contains);
}

static size_t select_events(const orx_talks *t, const orx_talk_filter *f, orx_arena *a,
                            const orx_talk_event **ret_events) {
    orx_talk_event *kept = orx_arena_zalloc(a, t->event_count + 1, sizeof *kept);
    size_t count = 0;
    for (size_t i = 0; i < t->event_count; i++)
        if (passes(&t->events[i], f))
            kept[count++] = t->events[i];
    size_t tail = f->tail > 0 && (uint64_t)f->tail < count ? (size_t)f->tail : count;
    *ret_events = kept + (count - tail);
    return tail;
}

/* ---- The whole ------------------------------------------------------------------------------- */

typedef struct parts {
    orx_node *files;
    orx_node *sources;
    orx_node *errors;
    orx_node *other_sources;
    orx_node *other_errors;
    bool ok;
} parts;

static void add_source(parts *p, const orx_talks *t, const orx_talk_source *s, const char *lane,
                       orx_arena *a) {
    bool other = is_suppressed(t, s, lane);
    orx_node_push(other ? p->other_sources : p->sources, source_doc(s, a));
    if (*s->error)
        orx_node_push(other ? p->other_errors : p->errors,
                      orx_node_new_str(a, orx_view_of(error_text(s, a))));
    if (other)
        return;
    p->ok = p->ok && s->ok;
    if (!s->missing || s->fallback_used)
        orx_node_push(p->files, orx_node_new_str(a, orx_view_of(s->resolved_path)));
}

static parts split(const orx_talks *t, const char *lane, orx_arena *a) {
    parts p = {.files = orx_node_new(a, ORX_ARRAY),
               .sources = orx_node_new(a, ORX_ARRAY),
               .errors = orx_node_new(a, ORX_ARRAY),
               .other_sources = orx_node_new(a, ORX_ARRAY),
               .other_errors = orx_node_new(a, ORX_ARRAY),
               .ok = true};
    for (size_t i = 0; i < t->source_count; i++)
        add_source(&p, t, &t->sources[i], lane, a);
    return p;
}

static orx_node *filters_doc(const orx_talk_filter *f, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "owner", f->owner);
    orx_node_set_str(a, n, "lane", f->lane);
    orx_node_set_str(a, n, "event_type", f->event_type);
    orx_node_set_str(a, n, "contains", f->contains);
    orx_node_set_int(a, n, "tail", f->tail);
    return n;
}

static orx_node *document(const orx_talks *t, const orx_talk_filter *f, const parts *p,
                          int64_t wall_ns, orx_arena *a) {
    char now[ORX_ISO_MAX];
    const orx_talk_event *events = NULL;
    size_t count = select_events(t, f, a, &events);
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < count; i++)
        orx_node_push(list, orx_node_copy(a, events[i].node));
    orx_iso_time(wall_ns, now);
    orx_node_set_str(a, n, "timestamp", now);
    orx_node_set(a, n, "conversation_files", p->files);
    orx_node_set_int(a, n, "total_events", (int64_t)count);
    orx_node_set(a, n, "events", list);
    orx_node_set(a, n, "owner_counts", orx_talks_owners(events, count, a));
    orx_node_set(a, n, "sources", p->sources);
    orx_node_set_bool(a, n, "partial", !p->ok);
    orx_node_set_bool(a, n, "ok", p->ok);
    orx_node_set(a, n, "errors", p->errors);
    return n;
}

orx_node *orx_talks_doc(const orx_talks *t, int64_t wall_ns, orx_arena *a) {
    parts p = split(t, "", a);
    return document(t, &everything, &p, wall_ns, a);
}

orx_node *orx_talks_filtered_doc(const orx_talks *t, const orx_talk_filter *f, int64_t wall_ns,
                                 orx_arena *a) {
    parts p = split(t, f->lane, a);
    orx_node *n = document(t, f, &p, wall_ns, a);
    orx_node_set(a, n, "suppressed_sources", p.other_sources);
    orx_node_set_int(a, n, "suppressed_source_count", p.other_sources->count);
    orx_node_set(a, n, "suppressed_source_errors", p.other_errors);
    orx_node_set_int(a, n, "suppressed_source_error_count", p.other_errors->count);
    orx_node_set_int(a, n, "unfiltered_total_events", (int64_t)t->event_count);
    orx_node_set(a, n, "filters", filters_doc(f, a));
    return n;
}
