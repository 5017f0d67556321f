#include "run/merges.h"

#include "run/text.h"

#define TOLD_MAX  600
#define FILES_MAX 20 /* in an event, so that it stays small */

/* values: the parameters, NULL-terminated. */
static int run_with(orx_store *s, const char *sql, const char *const *values, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, sql, &q, err);
    if (rc < 0)
        return rc;
    for (int i = 0; values[i]; i++)
        orx_sql_str(q, i + 1, values[i]);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

/* ---- Events ---------------------------------------------------------------------------------- */

static orx_node *body_of(orx_arena *a, const char *repo, const char *target,
                         const orx_merge_part *part) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "repo", repo);
    orx_node_set_str(a, n, "target", target);
    if (part) {
        orx_node_set_str(a, n, "lane", part->lane);
        orx_node_set_str(a, n, "branch", part->branch);
        orx_node_set_str(a, n, "tip", part->tip);
    }
    return n;
}

static int append(orx_store *s, const char *kind, const orx_node *body, orx_err *err) {
    const orx_event e = {.kind = kind, .schema = 1, .body = body};
    return orx_event_append(s, &e, NULL, err);
}

static int append_landing(orx_store *s, const orx_merge_landing *l, const char *kind,
                          const orx_merge_part *part, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *n = body_of(&a, l->repo, l->target, part);
    orx_node_set_str(&a, n, "before", l->before);
    orx_node_set_str(&a, n, "after", l->after);
    return append(s, kind, n, err);
}

static int ended(orx_store *s, int rc, orx_err *err) {
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

/* ---- Landing --------------------------------------------------------------------------------- */

static int forget(orx_store *s, const char *repo, orx_err *err) {
    const char *const values[] = {repo, NULL};
    int rc = run_with(s, "DELETE FROM merge_landing WHERE repo = ?1", values, err);
    return rc < 0 ? rc : run_with(s, "DELETE FROM merge_part WHERE repo = ?1", values, err);
}

static int insert(orx_store *s, const orx_merge_landing *l, orx_err *err) {
    const char *const values[] = {l->repo, l->target, l->before, l->after, NULL};
    int rc = run_with(s,
                      "INSERT INTO merge_landing(repo, target, before, after)"
                      " VALUES(?1, ?2, ?3, ?4)",
                      values, err);
    for (size_t i = 0; rc == 0 && i < l->count; i++) {
        const orx_merge_part *p = &l->parts[i];
        const char *const part[] = {l->repo, p->lane, p->branch, p->tip, NULL};
        rc = run_with(s, "INSERT INTO merge_part(repo, lane, branch, tip) VALUES(?1, ?2, ?3, ?4)",
                      part, err);
    }
    return rc;
}

int orx_merges_begin(orx_store *s, const orx_merge_landing *l, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = forget(s, l->repo, err);
    if (rc == 0)
        rc = insert(s, l, err);
    if (rc == 0)
        rc = append_landing(s, l, "merge.landing", NULL, err);
    return ended(s, rc, err);
}

static const char *text(orx_sql *q, int column, orx_arena *arena) {
    return orx_arena_dup(arena, orx_sql_col_text(q, column));
}

static int read_parts(orx_store *s, const char *repo, orx_arena *arena, orx_merge_landing *l,
                      orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT count(*) FROM merge_part WHERE repo = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, repo);
    size_t room = orx_sql_step(q, err) == 1 ? (size_t)orx_sql_col_int(q, 0) : 0;
    orx_sql_reset(q);
    l->parts = orx_arena_zalloc(arena, room + 1, sizeof *l->parts);
    rc = orx_sql_get(s, "SELECT lane, branch, tip FROM merge_part WHERE repo = ?1 ORDER BY lane",
                     &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, repo);
    while ((rc = orx_sql_step(q, err)) == 1 && l->count < room)
        l->parts[l->count++] =
            (orx_merge_part){text(q, 0, arena), text(q, 1, arena), text(q, 2, arena)};
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

int orx_merges_begun(orx_store *s, const char *repo, orx_arena *arena,
                     orx_merge_landing *ret_landing, orx_err *err) {
    orx_merge_landing l = {.repo = orx_arena_strdup(arena, repo)};
    orx_sql *q;
    int rc =
        orx_sql_get(s, "SELECT target, before, after FROM merge_landing WHERE repo = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, repo);
    int there = orx_sql_step(q, err);
    if (there == 1) {
        l.target = text(q, 0, arena);
        l.before = text(q, 1, arena);
        l.after = text(q, 2, arena);
    }
    orx_sql_reset(q);
    rc = there == 1 ? read_parts(s, repo, arena, &l, err) : there;
    if (rc < 0 || there != 1)
        return rc;
    *ret_landing = l;
    return 1;
}

static int set_merged(orx_store *s, const char *repo, const char *lane, const char *tip,
                      const char *as, orx_err *err) {
    const char *const values[] = {repo, lane, tip, as, NULL};
    return run_with(s,
                    "INSERT INTO merge_lane(repo, lane, merged_tip, merged_as)"
                    " VALUES(?1, ?2, ?3, ?4) ON CONFLICT(repo, lane) DO UPDATE SET"
                    " merged_tip = excluded.merged_tip, merged_as = excluded.merged_as,"
                    " refused_tip = '', reason = '', note = ''",
                    values, err);
}

int orx_merges_end(orx_store *s, const orx_merge_landing *l, bool landed, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = forget(s, l->repo, err);
    for (size_t i = 0; rc == 0 && landed && i < l->count; i++) {
        rc = set_merged(s, l->repo, l->parts[i].lane, l->parts[i].tip, l->after, err);
        if (rc == 0)
            rc = append_landing(s, l, "merge.merged", &l->parts[i], err);
    }
    if (rc == 0 && !landed)
        rc = append_landing(s, l, "merge.abandoned", NULL, err);
    return ended(s, rc, err);
}

int orx_merges_nothing(orx_store *s, const char *repo, const char *lane, const char *tip,
                       const char *as, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    return rc < 0 ? rc : ended(s, set_merged(s, repo, lane, tip, as, err), err);
}

/* ---- Refusing -------------------------------------------------------------------------------- */

static int append_refusal(orx_store *s, const orx_merge_refusal *r, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *n = body_of(&a, r->repo, r->target, &r->part);
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    orx_text_line(orx_view_of(r->text), TOLD_MAX, &line);
    orx_node_set_str(&a, n, "reason", r->reason);
    orx_node_set_str(&a, n, "text", orx_str_cstr(&line));
    orx_node *files = orx_node_new(&a, ORX_ARRAY);
    for (size_t i = 0; r->files && r->files[i] && i < FILES_MAX; i++)
        orx_node_push(files, orx_node_new_str(&a, orx_view_of(r->files[i])));
    orx_node_set(&a, n, "files", files);
    return append(s, "merge.refused", n, err);
}

int orx_merges_refuse(orx_store *s, const orx_merge_refusal *r, orx_err *err) {
    const char *const values[] = {r->repo, r->part.lane, r->part.tip, r->reason, r->text, NULL};
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = run_with(s,
                  "INSERT INTO merge_lane(repo, lane, refused_tip, reason, note)"
                  " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(repo, lane) DO UPDATE SET"
                  " refused_tip = excluded.refused_tip, reason = excluded.reason,"
                  " note = excluded.note",
                  values, err);
    if (rc == 0)
        rc = append_refusal(s, r, err);
    return ended(s, rc, err);
}

/* The mark that a query with these parameters finds. */
static int read_mark(orx_store *s, const char *sql, const char *const *values, orx_arena *arena,
                     orx_merge_mark *ret_mark, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, sql, &q, err);
    if (rc < 0)
        return rc;
    for (int i = 0; values[i]; i++)
        orx_sql_str(q, i + 1, values[i]);
    rc = orx_sql_step(q, err);
    *ret_mark = (orx_merge_mark){"", "", "", "", ""};
    if (rc == 1)
        *ret_mark = (orx_merge_mark){text(q, 0, arena), text(q, 1, arena), text(q, 2, arena),
                                     text(q, 3, arena), text(q, 4, arena)};
    orx_sql_reset(q);
    return rc;
}

int orx_merges_mark(orx_store *s, const char *repo, const char *lane, orx_arena *arena,
                    orx_merge_mark *ret_mark, orx_err *err) {
    const char *const values[] = {repo, lane, NULL};
    return read_mark(s,
                     "SELECT merged_tip, merged_as, refused_tip, reason, note FROM merge_lane"
                     " WHERE repo = ?1 AND lane = ?2",
                     values, arena, ret_mark, err);
}

int orx_merges_refused(orx_store *s, const char *lane, orx_arena *arena, orx_merge_mark *ret_mark,
                       orx_err *err) {
    const char *const values[] = {lane, NULL};
    return read_mark(s,
                     "SELECT merged_tip, merged_as, refused_tip, reason, note FROM merge_lane"
                     " WHERE lane = ?1 AND reason <> ''",
                     values, arena, ret_mark, err);
}

void orx_merges_tell(orx_store *s, const char *repo, const char *lane, orx_str *out) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_merge_mark mark;
    if (orx_merges_mark(s, repo, lane, &arena, &mark, NULL) != 1 || !*mark.reason)
        return;
    orx_str_addf(out, "- the merge queue did not take the commits of this branch up to %.12s: ",
                 mark.refused_tip);
    orx_text_line(orx_view_of(mark.note), TOLD_MAX, out);
    orx_str_addc(out, '\n');
}
