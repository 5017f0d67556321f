#include "run/subject.h"

#include "data/json.h"

/* Memory that goes from row to row. */
#define KEPT ((size_t)64 * 1024)

/* What was made of the row before, and of the attempt it is about. */
typedef struct memory {
    int64_t seq;
    const orx_node *body;
    orx_subject about; /* its attempt; without a body */
    int64_t attempt;
} memory;

static const orx_subject nothing = {
    .lane = "", .task = "", .title = "", .owner = "", .repo = "", .commit = ""};

static void read_attempt(orx_store *s, int64_t attempt, orx_arena *arena, orx_subject *u) {
    orx_sql *q;
    if (orx_sql_get(s,
                    "SELECT a.lane, a.task, t.title, t.owner, a.repo, a.sha, t.priority"
                    " FROM attempt a LEFT JOIN task t ON t.lane = a.lane AND t.id = a.task"
                    " WHERE a.id = ?1",
                    &q, NULL) < 0)
        return;
    orx_sql_int(q, 1, attempt);
    if (orx_sql_step(q, NULL) == 1) {
        const char **texts[] = {&u->lane, &u->task, &u->title, &u->owner, &u->repo, &u->commit};
        for (int i = 0; i < (int)ORX_ARRAY_LEN(texts); i++)
            *texts[i] = orx_arena_dup(arena, orx_sql_col_text(q, i));
        u->priority = orx_sql_col_int(q, 6);
    }
    orx_sql_reset(q);
}

static const orx_node *read_body(orx_store *s, const orx_event_row *e, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *body = NULL;
    if (orx_event_body(s, e, &text, NULL) == 0)
        (void)orx_json_parse(arena, "event", orx_str_view(&text), &orx_limits_data, &body, NULL);
    return body;
}

static void remember(orx_store *s, const orx_event_row *e, memory *m) {
    if (m->seq != e->seq) {
        orx_arena_reset(&e->memo->of_row, KEPT);
        m->body = read_body(s, e, &e->memo->of_row);
        m->seq = e->seq;
    }
    if (m->attempt != e->attempt) {
        orx_arena_reset(&e->memo->of_attempt, KEPT);
        m->about = nothing;
        read_attempt(s, e->attempt, &e->memo->of_attempt, &m->about);
        m->attempt = e->attempt;
    }
}

/* Several files show the same row, and most rows are about the attempt of the row before. */
static const memory *recall(orx_store *s, const orx_event_row *e) {
    if (!e->memo->made) {
        memory *m = orx_xcalloc(1, sizeof *m);
        m->about = nothing;
        e->memo->made = m;
    }
    remember(s, e, e->memo->made);
    return e->memo->made;
}

void orx_subject_of(orx_store *s, const orx_event_row *e, orx_subject *ret_subject) {
    orx_subject *u = ret_subject;
    *u = nothing;
    if (e->memo) {
        const memory *m = recall(s, e);
        *u = m->about;
        u->body = m->body;
        return;
    }
    u->body = read_body(s, e, &u->arena);
    read_attempt(s, e->attempt, &u->arena, u);
}

void orx_subject_free(orx_subject *u) {
    orx_arena_free(&u->arena);
}

const char *orx_subject_text(const orx_subject *u, const char *key) {
    return orx_node_str(orx_node_get(u->body, key), "");
}

void orx_subject_row(orx_str *out, const orx_node *row) {
    orx_json_write(out, row, ORX_JSON_PY_LINE);
    orx_str_addc(out, '\n');
}

const char *orx_subject_status(const orx_subject *u) {
    const char *verdict = orx_subject_text(u, "verdict");
    if (strcmp(verdict, "done") == 0 || strcmp(verdict, "blocked") == 0)
        return verdict;
    bool no_work = strcmp(verdict, "retry_later") == 0 ||
                   strcmp(orx_subject_text(u, "reason"), "interrupted") == 0 ||
                   strcmp(orx_subject_text(u, "reason"), "no_program") == 0;
    return no_work ? NULL : "partial";
}
