/* Commits with their trailers. Five NUL-separated fields each: id, parents, subject, task, attempt.
 * A trailer given more than once is separated by \x01. */
#include "git/cli.h"

#define FORMAT                                                                                     \
    "--format=tformat:%H%x00%P%x00%s%x00%(trailers:key=" ORX_GIT_TASK                              \
    ",valueonly,unfold,separator=%x01)%x00%(trailers:key=" ORX_GIT_ATTEMPT                         \
    ",valueonly,unfold,separator=%x01)"

typedef ORX_VEC(orx_git_commit) commits;

static size_t words(orx_view v) {
    size_t n = 0;
    for (size_t i = 0; i < v.len; i++)
        n += v.p[i] != ' ' && (i == 0 || v.p[i - 1] == ' ');
    return n;
}

static bool has_value(orx_view values, const char *want) {
    orx_view one;
    while (values.len && orx_view_split(&values, '\x01', &one))
        if (orx_view_is(orx_view_trim(one), want))
            return true;
    return false;
}

static const char *last_value(orx_view values, orx_arena *arena) {
    orx_view one = {0};
    while (values.len && orx_view_split(&values, '\x01', &one))
        ;
    one = orx_view_trim(one);
    return one.len ? orx_arena_dup(arena, one) : NULL;
}

/* Reads one commit; 0 at the end, 1 with *ret_attempts for the filter. */
static int next(orx_git *g, orx_view *rest, orx_arena *arena, orx_git_commit *c,
                orx_view *ret_attempts, orx_err *err) {
    orx_view f[5] = {{0}};
    if (!rest->len)
        return 0;
    for (int i = 0; i < 5; i++)
        if (!orx_git_field(rest, &f[i]))
            return orx_err_set(err, ORX_E_CHILD, "git log in %s broke off within a commit",
                               orx_git_where(g));
    if (!orx_git_is_sha(f[0]))
        return orx_err_set(err, ORX_E_CHILD, "git log in %s printed \"%.*s\" instead of an id",
                           orx_git_where(g), f[0].len > 60 ? 60 : (int)f[0].len, f[0].p);
    memcpy(c->sha, f[0].p, f[0].len);
    c->sha[f[0].len] = '\0';
    c->parents = words(f[1]);
    c->subject = orx_arena_dup(arena, f[2]);
    c->task = last_value(f[3], arena);
    c->attempt = last_value(f[4], arena);
    *ret_attempts = f[4];
    return 1;
}

static int parse(orx_git *g, const orx_git_query *q, orx_view text, orx_arena *arena, commits *list,
                 orx_err *err) {
    for (;;) {
        orx_git_commit c = {0};
        orx_view attempts;
        int rc = next(g, &text, arena, &c, &attempts, err);
        if (rc <= 0)
            return rc;
        if (!q->attempt || has_value(attempts, q->attempt))
            orx_vec_push(list, c);
    }
}

static void take(commits *list, size_t max, orx_arena *arena, orx_git_log *ret) {
    orx_git_log log = {.more = list->len > max};
    log.count = log.more ? max : list->len;
    log.commits = orx_arena_zalloc(arena, log.count + 1, sizeof *log.commits);
    if (log.count)
        memcpy(log.commits, list->items, log.count * sizeof *log.commits);
    *ret = log;
}

int orx_git_cli_log(orx_git *g, const orx_git_query *q, orx_arena *arena, orx_git_log *ret,
                    orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    const char *range = q->base ? orx_arena_printf(&a, "%s..%s", q->base, q->tip) : q->tip;
    const char *count = orx_arena_printf(&a, "--max-count=%zu", q->max + 1);
    const char *grep = q->attempt
                           ? orx_arena_printf(&a, "--grep=%s: %s", ORX_GIT_ATTEMPT, q->attempt)
                           : "--all-match";
    const char *args[] = {
        "log", "-z", FORMAT, "--no-show-signature", "--encoding=UTF-8", count, "-F", grep,
        range, "--", NULL};
    orx_git_cmd cmd = {.verb = "log", .args = args};
    commits list = {0};
    int rc = orx_git_run(g, &cmd, &out, err);
    if (rc == 0)
        rc = parse(g, q, orx_str_view(&out.out), arena, &list, err);
    if (rc == 0)
        take(&list, q->max, arena, ret);
    orx_vec_free(&list);
    return rc;
}
