/* git status --porcelain=v2 --branch -z, parsed: git-status(1), "Porcelain Format Version 2". */
#include "git/cli.h"

typedef struct reader {
    orx_git *g;
    orx_arena *arena;
    orx_git_status *status;
    orx_git_entries entries;
    orx_view rest;
} reader;

/* The part of a record behind its n-th space. */
static bool behind_spaces(orx_view record, int n, orx_view *ret) {
    for (size_t i = 0; i < record.len; i++)
        if (record.p[i] == ' ' && --n == 0) {
            *ret = (orx_view){record.p + i + 1, record.len - i - 1};
            return true;
        }
    return false;
}

static int bad(const reader *r, orx_view record, orx_err *err) {
    return orx_err_set(err, ORX_E_CHILD,
                       "git status in %s printed a record that cannot be read: "
                       "\"%.*s\"",
                       orx_git_where(r->g), record.len > 60 ? 60 : (int)record.len, record.p);
}

static int header(reader *r, orx_view v, orx_err *err) {
    orx_git_status *s = r->status;
    orx_view value = {0};
    if (!behind_spaces(v, 2, &value))
        return 0;
    if (orx_view_starts(v, "# branch.oid ") && orx_git_is_sha(value)) {
        memcpy(s->head, value.p, value.len);
        s->head[value.len] = '\0';
    } else if (orx_view_starts(v, "# branch.head ") && !orx_view_is(value, "(detached)")) {
        s->branch = orx_arena_dup(r->arena, value);
    } else if (orx_view_starts(v, "# branch.upstream ")) {
        s->upstream = orx_arena_dup(r->arena, value);
    } else if (orx_view_starts(v, "# branch.ab ")) {
        orx_view ahead;
        orx_view behind;
        if (!orx_view_split(&value, ' ', &ahead) || !orx_view_split(&value, ' ', &behind) ||
            !orx_view_to_i64(ahead, &s->ahead) || !orx_view_to_i64(behind, &s->behind))
            return bad(r, v, err);
        s->behind = -s->behind;
        s->compared = true;
    }
    return 0;
}

/* XY: what the index did to HEAD's file, and the worktree to the index's. */
static orx_git_kind kind_of(char x, char y) {
    if (x == 'R' || y == 'R')
        return ORX_GIT_RENAMED;
    if (x == 'D' || y == 'D')
        return ORX_GIT_DELETED;
    if (x == 'A' || y == 'A' || x == 'C' || y == 'C')
        return ORX_GIT_ADDED;
    return ORX_GIT_MODIFIED;
}

/* "1 XY sub mH mI mW hH hI path", "2 ... Xscore path" NUL "from", "u XY sub m1 m2 m3 mW h1 h2 h3
 * path". */
static int changed(reader *r, orx_view v, orx_err *err) {
    orx_git_entry e = {0};
    orx_view path;
    int spaces = v.p[0] == '1' ? 8 : v.p[0] == '2' ? 9 : 10;
    if (v.len < 5 || !behind_spaces(v, spaces, &path) || !path.len)
        return bad(r, v, err);
    e.kind = v.p[0] == 'u' ? ORX_GIT_CONFLICTED : kind_of(v.p[2], v.p[3]);
    e.staged = v.p[2] != '.';
    e.path = orx_arena_dup(r->arena, path);
    if (v.p[0] == '2') {
        orx_view from;
        if (!orx_git_field(&r->rest, &from))
            return bad(r, v, err);
        e.from = e.kind == ORX_GIT_RENAMED ? orx_arena_dup(r->arena, from) : NULL;
    }
    return orx_git_entry_add(r->g, &r->entries, &e, err);
}

static int record(reader *r, orx_view v, orx_err *err) {
    if (v.len < 3)
        return bad(r, v, err);
    switch (v.p[0]) {
    case '#':
        return header(r, v, err);
    case '1':
    case '2':
    case 'u':
        return changed(r, v, err);
    case '?': {
        orx_git_entry e = {.kind = ORX_GIT_UNTRACKED,
                           .path = orx_arena_dup(r->arena, (orx_view){v.p + 2, v.len - 2})};
        return orx_git_entry_add(r->g, &r->entries, &e, err);
    }
    default:
        return 0; /* a kind of a newer git */
    }
}

int orx_git_cli_status(orx_git *g, orx_arena *arena, orx_git_status *ret, orx_err *err) {
    static const char *const args[] = {"status",
                                       "--porcelain=v2",
                                       "--branch",
                                       "-z",
                                       "--untracked-files=all",
                                       "--ignored=no",
                                       "--find-renames",
                                       "--ahead-behind",
                                       "--ignore-submodules=dirty",
                                       NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "status", .args = args};
    orx_git_status s = {0};
    int rc = orx_git_run(g, &cmd, &out, err);
    reader r = {.g = g, .arena = arena, .status = &s, .rest = orx_str_view(&out.out)};
    orx_view v;
    while (rc == 0 && orx_git_field(&r.rest, &v))
        rc = record(&r, v, err);
    if (rc == 0) {
        orx_git_entries_sort(&r.entries);
        s.count = r.entries.len;
        s.entries = orx_git_entries_take(&r.entries, arena);
        *ret = s;
    }
    orx_vec_free(&r.entries);
    return rc;
}
