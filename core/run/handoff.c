#include "run/handoff.h"

#include "data/ndjson.h"
#include "platform/files.h"
#include "run/subject.h"
#include "run/text.h"

#define ROWS 5

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

static orx_node *actions_of(orx_subject *u) {
    orx_node *list = orx_node_new(&u->arena, ORX_ARRAY);
    ORX_NODE_EACH(orx_node_get(u->body, "next_actions"), it) {
        ORX_CLEANUP(orx_str_free) orx_str line = {0};
        orx_text_line(orx_view_of(orx_node_str(it, "")), ACTION_MAX, &line);
        orx_node_push(list, orx_node_new_str(&u->arena, orx_str_view(&line)));
    }
    return list;
}

static void add_note(const orx_event_row *e, orx_subject *u, const char *status, orx_str *out) {
    char when[ORX_ISO_MAX];
    orx_iso_time(e->wall_ns, when);
    orx_node *row = orx_node_new(&u->arena, ORX_OBJECT);
    orx_node_set_str(&u->arena, row, "timestamp", when);
    orx_node_set_str(&u->arena, row, "task_id", u->task);
    orx_node_set_str(&u->arena, row, "owner", u->owner);
    orx_node_set_str(&u->arena, row, "status", status);
    set_cut(&u->arena, row, "summary", orx_subject_text(u, "summary"), SUMMARY_MAX);
    set_cut(&u->arena, row, "blocker", orx_subject_text(u, "error"), BLOCKER_MAX);
    orx_node_set(&u->arena, row, "next_actions", actions_of(u));
    orx_node_set_str(&u->arena, row, "commit", u->commit);
    orx_subject_row(out, row);
}

static void project(orx_store *s, const orx_event_row *e, bool to_gemini, orx_str *out) {
    if (!orx_view_is(e->kind, "attempt.settled"))
        return;
    orx_subject u;
    orx_subject_of(s, e, &u);
    bool ours = to_gemini ? writes_to_gemini(u.owner) : strcmp(u.owner, "gemini") == 0;
    const char *status = ours ? orx_subject_status(&u) : NULL;
    if (status)
        add_note(e, &u, status, out);
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

void orx_handoff_read(orx_store *s, const char *dir, const char *owner, orx_str *out) {
    const char *name = inbox_of(owner);
    if (!name)
        return;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node **rows = NULL;
    /* The rows of the attempts before this one may not be in the file yet. */
    (void)orx_projection_flush(s, true, NULL);
    const char *path = orx_path_join(&arena, orx_store_root(s), orx_path_join(&arena, dir, name));
    int n = orx_ndjson_tail(orx_store_platform(s), path, ROWS, &arena, &rows, NULL);
    if (n > 0)
        tell_rows(rows, n, out);
}
