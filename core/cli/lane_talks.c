#include "cli/lane_talks.h"

/* ---- One lane -------------------------------------------------------------------------------- */

orx_lane_talk orx_lane_talk_of(const orx_talks *talks, const char *lane) {
    orx_lane_talk t = {.owner = ""};
    for (size_t i = 0; i < talks->source_count; i++) {
        const orx_talk_source *s = &talks->sources[i];
        if (strcmp(s->lane_id, lane) != 0)
            continue;
        t.sources++;
        t.ok += s->ok;
        t.errors += *s->error != '\0';
        t.missing += s->missing;
        t.recoverable += s->recoverable_missing;
        t.fallbacks += s->fallback_used;
        t.events += s->event_count;
        t.owner = *t.owner ? t.owner : s->owner;
    }
    for (size_t i = 0; i < talks->event_count; i++) {
        const orx_node *n = talks->events[i].node;
        if (strcmp(orx_node_str(orx_node_get(n, "lane_id"), ""), lane) == 0)
            t.latest = n;
    }
    t.owner = orx_node_str(orx_node_get(t.latest, "owner"), *t.owner ? t.owner : "unknown");
    return t;
}

static const char *state_of(const orx_lane_talk *t) {
    return !t->sources ? "unreported" : t->ok == t->sources ? "ok" : "error";
}

static orx_node *latest_of(const orx_lane_talk *t, orx_arena *a) {
    return t->latest ? orx_node_copy(a, t->latest) : orx_node_new(a, ORX_NULL);
}

void orx_lane_talk_put(const orx_lane_talk *t, orx_node *row, orx_arena *a) {
    orx_node_set_int(a, row, "conversation_event_count", t->events);
    orx_node_set_int(a, row, "conversation_source_count", t->sources);
    orx_node_set_str(a, row, "conversation_source_state", state_of(t));
    orx_node_set_bool(a, row, "conversation_source_ok", t->sources && t->ok == t->sources);
    orx_node_set_int(a, row, "conversation_source_error_count", t->errors);
    orx_node_set_int(a, row, "conversation_source_missing_count", t->missing);
    orx_node_set_int(a, row, "conversation_source_recoverable_missing_count", t->recoverable);
    orx_node_set_int(a, row, "conversation_source_fallback_count", t->fallbacks);
    orx_node_set(a, row, "latest_conversation_event", latest_of(t, a));
}

orx_node *orx_lane_talk_row(const orx_lane_talk *t, const char *lane, orx_arena *a) {
    orx_node *row = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, row, "id", lane);
    orx_node_set_str(a, row, "owner", t->owner);
    orx_node_set_str(a, row, "health", "unknown");
    orx_node_set_bool(a, row, "running", false);
    orx_node_set(a, row, "pid", orx_node_new(a, ORX_NULL));
    orx_node_set_int(a, row, "heartbeat_age_sec", -1);
    orx_node_set_bool(a, row, "conversation_lane_fallback", true);
    return row;
}

/* The same as an entry of conversation_by_lane. */
static orx_node *entry_of(const orx_lane_talk *t, const char *lane, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "lane_id", lane);
    orx_node_set_str(a, n, "owner", t->owner);
    orx_node_set_int(a, n, "source_count", t->sources);
    orx_node_set_bool(a, n, "source_ok", t->sources && t->ok == t->sources);
    orx_node_set_str(a, n, "source_state", state_of(t));
    orx_node_set_int(a, n, "event_count", t->events);
    orx_node_set_int(a, n, "source_error_count", t->errors);
    orx_node_set_int(a, n, "missing_count", t->missing);
    orx_node_set_int(a, n, "recoverable_missing_count", t->recoverable);
    orx_node_set_int(a, n, "fallback_count", t->fallbacks);
    orx_node_set(a, n, "latest_event", latest_of(t, a));
    return n;
}

/* ---- All lanes ------------------------------------------------------------------------------- */

static bool has_row(const orx_node *doc, const char *lane) {
    ORX_NODE_EACH(orx_node_get(doc, "lanes"), row)
    if (strcmp(orx_node_str(orx_node_get(row, "id"), ""), lane) == 0)
        return true;
    return false;
}

static void add_to(orx_node *n, const char *key, orx_arena *a) {
    orx_node_set_int(a, n, key, orx_node_int(orx_node_get(n, key), 0) + 1);
}

/* Counts a recovered row as the others are counted. */
static void count(orx_node *doc, const orx_lane_talk *t, orx_arena *a) {
    orx_node *owners = (orx_node *)orx_node_get(doc, "owner_counts");
    orx_node *owner = (orx_node *)orx_node_get(owners, t->owner);
    if (!owner) {
        owner = orx_node_new(a, ORX_OBJECT);
        orx_node_set_int(a, owner, "running", 0);
        orx_node_set_int(a, owner, "healthy", 0);
        orx_node_set(a, owners, t->owner, owner);
    }
    add_to(owner, "total", a);
    add_to(owner, "degraded", a);
    add_to((orx_node *)orx_node_get(doc, "health_counts"), "unknown", a);
    add_to(doc, "total_count", a);
}

static void recover(orx_node *doc, const orx_lane_talk *t, const char *lane, orx_node *recovered,
                    orx_arena *a) {
    orx_node_push((orx_node *)orx_node_get(doc, "lanes"), orx_lane_talk_row(t, lane, a));
    orx_node_push(recovered, orx_node_new_str(a, orx_view_of(lane)));
    count(doc, t, a);
}

static void put_state(const orx_talks *talks, orx_node *doc, int64_t now_ns, orx_arena *a) {
    const orx_node *whole = orx_talks_doc(talks, now_ns, a);
    static const char *const keys[] = {"ok", "partial", "errors"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++)
        orx_node_set(a, doc, orx_arena_printf(a, "conversation_%s", keys[i]),
                     orx_node_copy(a, orx_node_get(whole, keys[i])));
}

void orx_lane_talks_put(const orx_talks *talks, const char *only, orx_node *doc, int64_t now_ns,
                        orx_arena *a) {
    orx_node *by_lane = orx_node_new(a, ORX_OBJECT);
    orx_node *recovered = orx_node_new(a, ORX_ARRAY);
    bool ok = orx_node_bool(orx_node_get(doc, "ok"), false);
    for (size_t i = 0; i < talks->source_count; i++) {
        const char *lane = talks->sources[i].lane_id;
        if (!*lane || orx_node_get(by_lane, lane))
            continue;
        const orx_lane_talk t = orx_lane_talk_of(talks, lane);
        orx_node_add(a, by_lane, lane, entry_of(&t, lane, a));
        bool meant = !only || strcmp(only, lane) == 0;
        if (!ok && meant && t.events && !has_row(doc, lane))
            recover(doc, &t, lane, recovered, a);
    }
    ORX_NODE_EACH(orx_node_get(doc, "lanes"), row) {
        const orx_lane_talk t = orx_lane_talk_of(talks, orx_node_str(orx_node_get(row, "id"), ""));
        orx_lane_talk_put(&t, (orx_node *)row, a);
    }
    orx_node_set(a, doc, "conversation_by_lane", by_lane);
    put_state(talks, doc, now_ns, a);
    orx_node_set(a, doc, "recovered_lanes", recovered);
    orx_node_set_int(a, doc, "recovered_lane_count", recovered->count);
}

orx_node *orx_lane_talks_only(const orx_talks *talks, const char *lane, const char *lanes_file,
                              int64_t now_ns, orx_arena *a) {
    const orx_lane_talk t = orx_lane_talk_of(talks, lane);
    orx_node *doc = orx_node_new(a, ORX_OBJECT);
    orx_node *errors = orx_node_new(a, ORX_ARRAY);
    char now[ORX_ISO_MAX];
    if (!t.events)
        return NULL;
    orx_iso_time(now_ns, now);
    orx_node_set_str(a, doc, "timestamp", now);
    orx_node_set_str(a, doc, "lanes_file", lanes_file);
    orx_node_set_str(a, doc, "requested_lane", lane);
    orx_node_set_int(a, doc, "running_count", 0);
    orx_node_set_int(a, doc, "total_count", 0);
    orx_node_set(a, doc, "lanes", orx_node_new(a, ORX_ARRAY));
    orx_node_set(a, doc, "health_counts", orx_node_new(a, ORX_OBJECT));
    orx_node_set(a, doc, "owner_counts", orx_node_new(a, ORX_OBJECT));
    orx_node_push(errors, orx_node_new_str(a, orx_view_of(orx_arena_printf(
                                                  a,
                                                  "lane %s is in no file of lanes: it is known by "
                                                  "its conversations alone",
                                                  lane))));
    orx_node_set(a, doc, "errors", errors);
    orx_node_set(a, doc, "suppressed_errors", orx_node_new(a, ORX_ARRAY));
    orx_node_set_bool(a, doc, "partial", true);
    orx_node_set_bool(a, doc, "ok", false);
    orx_lane_talks_put(talks, lane, doc, now_ns, a);
    return doc;
}
