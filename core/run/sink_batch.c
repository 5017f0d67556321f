/* Which events come next. */
#include "run/sink.h"

/* Rows looked at in one go: bounds how long the loop waits for a sink that wants little. */
#define SCAN_MAX 4096

typedef struct gathering {
    orx_sink *s;
    int scanned;
    bool full; /* stopped before the end of the journal */
} gathering;

static orxaq_view keep(orx_sink *s, orx_view v) {
    orx_view copy = orx_arena_view(&s->arena, v);
    s->bytes += v.len;
    return orxaq_view_of(copy.p, copy.len);
}

static void add(orx_sink *s, const orx_event_row *row) {
    const orxaq_record record = {
        .struct_size = sizeof record,
        .schema = row->schema,
        .seq = (uint64_t)row->seq,
        .wall_ns = row->wall_ns,
        .kind = keep(s, row->kind),
        .origin = keep(s, row->origin),
        .task = keep(s, row->task),
        .attempt = row->attempt,
        .call = row->call,
        .body = keep(s, row->body),
    };
    s->bytes += sizeof record;
    orx_vec_push(&s->records, record);
}

static bool fits(const orx_sink *s, const orx_event_row *row) {
    size_t more =
        sizeof(orxaq_record) + row->kind.len + row->origin.len + row->task.len + row->body.len;
    return s->records.len < ORX_SINK_RECORDS && s->bytes + more <= ORX_SINK_BYTES;
}

static bool wanted(orx_sink *s, orx_view kind) {
    char name[80];
    if (kind.len >= sizeof name)
        return false;
    memcpy(name, kind.p, kind.len);
    name[kind.len] = '\0';
    return orx_instance_wants(s->instance, name);
}

/* The numbers of events are without gaps, so a gap is what retention took away. */
static void look_for_gap(orx_sink *s, int64_t seq) {
    if (seq > s->seen + 1 && !s->fresh) {
        orx_sink_note(s, "sink.missed", NULL, s->seen + 1, seq - 1);
        orx_run_tell(s->r, ORX_NOTE_PROBLEM, NULL, false,
                     "sink %s: the events %lld to %lld left the journal before it took them; they "
                     "are in state/segments",
                     s->name, (long long)s->seen + 1, (long long)seq - 1);
    }
    s->fresh = false;
}

static bool on_event(const orx_event_row *row, void *user) {
    gathering *g = user;
    bool want = wanted(g->s, row->kind);
    if (g->scanned >= SCAN_MAX || (want && !fits(g->s, row))) {
        g->full = true;
        return false;
    }
    look_for_gap(g->s, row->seq);
    if (want)
        add(g->s, row);
    g->s->seen = row->seq;
    g->scanned++;
    return true;
}

void orx_sink_clear(orx_sink *s) {
    orx_arena_free(&s->arena);
    orx_vec_free(&s->records);
    s->bytes = 0;
}

int orx_sink_gather(orx_sink *s, orx_err *err) {
    gathering g = {.s = s};
    const orx_event_filter all = {.after_seq = s->seen};
    orx_sink_clear(s);
    int rc = orx_event_each(s->r->s, &all, on_event, &g, err);
    return rc < 0 ? rc : g.full;
}
