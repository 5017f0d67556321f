#include "run/handoff.h"

#include "data/ndjson.h"
#include "platform/files.h"
#include "run/subject.h"
#include "run/text.h"

#define ROWS 5

/* Attempts of lanes; not each of them has something to say. */
#define LOOKED_AT 20

#define SUMMARY_MAX 320
#define BLOCKER_MAX 360
#define ACTION_MAX  180

#define TOLD_MAX         220
#define TOLD_ACTIONS_MAX 260
#define BLOCK_MAX        5000

/* ---- Writing --------------------------------------------------------------------------------- */

static bool writes_to_gemini(const char *owner) {
    return strcmp(owner, "codex") == 0 || strcmp(owner, "claude") == 0;
}

static void set_cut(orx_arena *arena, orx_node *row, const char *key, const char *text,
                    size_t max) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    orx_text_line(orx_view_of(text), max, &line);
    orx_node_set_str(arena, row, key, orx_str_cstr(&line));
}

static orx_node *actions_of(const orx_subject *u, orx_arena *a) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    ORX_NODE_EACH(orx_node_get(u->body, "next_actions"), it) {
        ORX_CLEANUP(orx_str_free) orx_str line = {0};
        orx_text_line(orx_view_of(orx_node_str(it, "")), ACTION_MAX, &line);
        orx_node_push(list, orx_node_new_str(a, orx_str_view(&line)));
    }
    return list;
}

static orx_node *note_of(const orx_event_row *e, const orx_subject *u, const char *status,
                         orx_arena *a) {
    char when[ORX_ISO_MAX];
    orx_iso_time(e->wall_ns, when);
    orx_node *row = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, row, "timestamp", when);
    orx_node_set_str(a, row, "task_id", u->task);
    orx_node_set_str(a, row, "owner", u->owner);
    orx_node_set_str(a, row, "status", status);
    set_cut(a, row, "summary", orx_subject_text(u, "summary"), SUMMARY_MAX);
    set_cut(a, row, "blocker", orx_subject_text(u, "error"), BLOCKER_MAX);
    orx_node_set(a, row, "next_actions", actions_of(u, a));
    orx_node_set_str(a, row, "commit", u->commit);
    return row;
}

static void project(orx_store *s, const orx_event_row *e, bool to_gemini, orx_str *out) {
    if (!orx_view_is(e->kind, "attempt.settled"))
        return;
    orx_subject u;
    orx_subject_of(s, e, &u);
    bool ours = to_gemini ? writes_to_gemini(u.owner) : strcmp(u.owner, "gemini") == 0;
    const char *status = ours ? orx_subject_status(&u) : NULL;
    if (status)
        orx_subject_row(out, note_of(e, &u, status, &u.arena));
    orx_subject_free(&u);
}

int orx_project_to_gemini(orx_store *s, void *user ORX_UNUSED, const orx_event_row *event,
                          orx_str *out, orx_err *err ORX_UNUSED) {
    project(s, event, true, out);
    return 0;
}

int orx_project_to_codex(orx_store *s, void *user ORX_UNUSED, const orx_event_row *event,
                         orx_str *out, orx_err *err ORX_UNUSED) {
    project(s, event, false, out);
    return 0;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static const char *inbox_of(const char *owner) {
    if (strcmp(owner, "gemini") == 0)
        return "to_gemini.ndjson";
    return writes_to_gemini(owner) ? "to_codex.ndjson" : NULL;
}

static const char *text_of(const orx_node *row, const char *key) {
    return orx_node_str(orx_node_get(row, key), "");
}

static void tell(orx_str *out, const char *title, const char *text, size_t max) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    orx_text_line(orx_view_of(text), max, &line);
    if (line.len)
        orx_str_addf(out, "  %s: %s\n", title, line.buf);
}

static void tell_row(orx_str *out, const orx_node *row) {
    ORX_CLEANUP(orx_str_free) orx_str head = {0};
    ORX_CLEANUP(orx_str_free) orx_str actions = {0};
    orx_str_addf(&head, "%s (%s, %s)", text_of(row, "task_id"), text_of(row, "owner"),
                 text_of(row, "status"));
    ORX_NODE_EACH(orx_node_get(row, "next_actions"), it)
    orx_str_addf(&actions, "%s%s", actions.len ? "; " : "", orx_node_str(it, ""));
    orx_str_adds(out, "- ");
    orx_text_line(orx_str_view(&head), TOLD_MAX, out);
    orx_str_addc(out, '\n');
    tell(out, "summary", text_of(row, "summary"), TOLD_MAX);
    tell(out, "blocker", text_of(row, "blocker"), TOLD_MAX);
    tell(out, "next", orx_str_cstr(&actions), TOLD_ACTIONS_MAX);
    tell(out, "commit", text_of(row, "commit"), TOLD_MAX);
}

/* Leaves out the oldest rows until the rest fits. */
static void tell_rows(const orx_node **rows, int count, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int first = 0; first < count; first++) {
        orx_str_clear(&text);
        for (int i = first; i < count; i++)
            tell_row(&text, rows[i]);
        if (text.len <= BLOCK_MAX)
            break;
    }
    orx_str_addv(out, orx_str_view(&text));
}

/* What is to be told: rows of the inbox, behind them those of lanes. */
typedef struct telling {
    orx_store *s;
    orx_arena *arena;
    const orx_node *rows[2 * ROWS];
    int count;
} telling;

/* ---- Of lanes -------------------------------------------------------------------------------- */

/* Attempts, the newest first. */
typedef struct newest {
    int64_t ids[LOOKED_AT];
    int count;
} newest;

static void keep(newest *n, int64_t id) {
    int at = n->count;
    while (at > 0 && n->ids[at - 1] < id)
        at--;
    if (at == LOOKED_AT)
        return;
    n->count += n->count < LOOKED_AT;
    memmove(&n->ids[at + 1], &n->ids[at], (size_t)(n->count - 1 - at) * sizeof *n->ids);
    n->ids[at] = id;
}

static void find_newest(orx_store *s, const char *lane, newest *n) {
    orx_sql *q;
    if (orx_sql_get(s,
                    "SELECT id FROM attempt WHERE lane = ?1 AND verdict <> '' ORDER BY id DESC"
                    " LIMIT ?2",
                    &q, NULL) < 0)
        return;
    orx_sql_str(q, 1, lane);
    orx_sql_int(q, 2, LOOKED_AT);
    while (orx_sql_step(q, NULL) == 1)
        keep(n, orx_sql_col_int(q, 0));
    orx_sql_reset(q);
}

static bool take_note(const orx_event_row *e, void *user) {
    telling *t = user;
    orx_subject u;
    orx_subject_of(t->s, e, &u);
    const char *status = orx_subject_status(&u);
    if (status)
        t->rows[t->count++] = note_of(e, &u, status, t->arena);
    orx_subject_free(&u);
    return false;
}

static void turn_round(const orx_node **rows, int count) {
    for (int i = 0; i < count / 2; i++) {
        const orx_node *row = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = row;
    }
}

static void add_lanes(telling *t, const orx_strings *lanes) {
    newest n = {.count = 0};
    int before = t->count;
    for (size_t i = 0; i < lanes->count; i++)
        find_newest(t->s, lanes->items[i], &n);
    for (int i = 0; i < n.count && t->count < before + ROWS; i++) {
        const orx_event_filter filter = {.kind_prefix = "attempt.settled", .attempt = n.ids[i]};
        (void)orx_event_each(t->s, &filter, take_note, t, NULL);
    }
    turn_round(t->rows + before, t->count - before);
}

/* ---- Of roles -------------------------------------------------------------------------------- */

static void add_inbox(telling *t, const char *dir, const char *name) {
    const orx_node **rows = NULL;
    /* The rows of the attempts before this one may not be in the file yet. */
    (void)orx_projection_flush(t->s, true, NULL);
    const char *path =
        orx_path_join(t->arena, orx_store_root(t->s), orx_path_join(t->arena, dir, name));
    int n = orx_ndjson_tail(orx_store_platform(t->s), path, ROWS, t->arena, &rows, NULL);
    for (int i = 0; i < n; i++)
        t->rows[t->count++] = rows[i];
}

static bool is_same(const orx_node *a, const orx_node *b) {
    return strcmp(text_of(a, "timestamp"), text_of(b, "timestamp")) == 0 &&
           strcmp(text_of(a, "task_id"), text_of(b, "task_id")) == 0;
}

/* Notes that came both ways are told as those of their lane. */
static void drop_twins(telling *t, int inbox) {
    int kept = 0;
    for (int i = 0; i < t->count; i++) {
        bool twin = false;
        for (int k = inbox; i < inbox && k < t->count; k++)
            twin = twin || is_same(t->rows[i], t->rows[k]);
        if (!twin)
            t->rows[kept++] = t->rows[i];
    }
    t->count = kept;
}

void orx_handoff_read(orx_store *s, const orx_handoff_reader *reader, orx_str *out) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    telling t = {.s = s, .arena = &arena};
    const char *name = inbox_of(reader->owner);
    if (name)
        add_inbox(&t, reader->dir, name);
    int inbox = t.count;
    if (reader->lanes)
        add_lanes(&t, reader->lanes);
    drop_twins(&t, inbox);
    if (t.count > 0)
        tell_rows(t.rows, t.count, out);
}
