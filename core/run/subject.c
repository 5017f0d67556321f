#include "run/subject.h"

#include "data/json.h"

static void read_attempt(orx_store *s, int64_t attempt, orx_subject *u) {
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
            *texts[i] = orx_arena_dup(&u->arena, orx_sql_col_text(q, i));
        u->priority = orx_sql_col_int(q, 6);
    }
    orx_sql_reset(q);
}

void orx_subject_of(orx_store *s, const orx_event_row *e, orx_subject *ret_subject) {
    orx_subject *u = ret_subject;
    *u = (orx_subject){.lane = "", .task = "", .title = "", .owner = "", .repo = "", .commit = ""};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (orx_event_body(s, e, &text, NULL) == 0)
        (void)orx_json_parse(&u->arena, "event", orx_str_view(&text), &orx_limits_data, &u->body,
                             NULL);
    read_attempt(s, e->attempt, u);
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
