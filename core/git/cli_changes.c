/* What lies between a commit and the worktree: git diff --raw --numstat -z for tracked files, and
 * the untracked ones from git ls-files. git-diff(1), "Raw output format" and "Other diff
 * formats". */
#include "git/cli.h"

/* Bytes of untracked files read to count their lines; beyond, a file counts as binary. */
enum { MEASURE_MAX = 256 << 20 };

typedef struct reader {
    orx_git *g;
    orx_arena *arena;
    orx_git_entries *out;
    size_t first; /* the next raw entry that a numstat record may belong to */
} reader;

static int bad(const reader *r, orx_view record, orx_err *err) {
    return orx_err_set(err, ORX_E_CHILD,
                       "git diff in %s printed a record that cannot be read: \"%.*s\"",
                       orx_git_where(r->g), record.len > 60 ? 60 : (int)record.len, record.p);
}

static bool octal(orx_view v, uint32_t *ret) {
    uint32_t n = 0;
    for (size_t i = 0; i < v.len; i++) {
        if (v.p[i] < '0' || v.p[i] > '7' || i > 6)
            return false;
        n = n * 8 + (uint32_t)(v.p[i] - '0');
    }
    *ret = n;
    return v.len > 0;
}

/* ":oldmode newmode oldsha newsha LETTER" NUL path */
static int raw(reader *r, orx_view record, orx_view path, orx_err *err) {
    orx_git_entry e = {.kind = ORX_GIT_MODIFIED};
    orx_view rest = {record.p + 1, record.len - 1};
    orx_view old_mode;
    orx_view mode;
    if (!orx_view_split(&rest, ' ', &old_mode) || !orx_view_split(&rest, ' ', &mode) ||
        !octal(old_mode, &e.old_mode) || !octal(mode, &e.mode))
        return bad(r, record, err);
    char letter = record.p[record.len - 1];
    if (letter == 'A')
        e.kind = ORX_GIT_ADDED;
    else if (letter == 'D')
        e.kind = ORX_GIT_DELETED;
    else if (letter == 'U')
        e.kind = ORX_GIT_CONFLICTED;
    e.path = orx_arena_dup(r->arena, path);
    return orx_git_entry_add(r->g, r->out, &e, err);
}

/* Both lists come in the same order, so a record's entry is at or shortly after the last one's. */
static orx_git_entry *entry_of(reader *r, orx_view path) {
    for (size_t i = r->first; i < r->out->len; i++)
        if (orx_view_is(path, r->out->items[i].path)) {
            r->first = i;
            return &r->out->items[i];
        }
    return NULL;
}

/* "added TAB deleted TAB path", "-" twice for a binary file */
static int numstat(reader *r, orx_view record, orx_err *err) {
    orx_view rest = record;
    orx_view added;
    orx_view deleted;
    if (!orx_view_split(&rest, '\t', &added) || !orx_view_split(&rest, '\t', &deleted))
        return bad(r, record, err);
    orx_git_entry *e = entry_of(r, rest);
    if (!e)
        return 0; /* the second record of an unmerged path */
    e->binary = orx_view_is(added, "-");
    if (!e->binary &&
        (!orx_view_to_i64(added, &e->added) || !orx_view_to_i64(deleted, &e->deleted)))
        return bad(r, record, err);
    return 0;
}

static int parse(reader *r, orx_view text, orx_err *err) {
    orx_view record;
    int rc = 0;
    while (rc == 0 && orx_git_field(&text, &record)) {
        orx_view path;
        if (!orx_view_starts(record, ":"))
            rc = numstat(r, record, err);
        else if (orx_git_field(&text, &path))
            rc = raw(r, record, path, err);
        else
            rc = bad(r, record, err);
    }
    return rc;
}

static int diff(orx_git *g, const char *base, reader *r, orx_err *err) {
    const char *args[] = {"diff",
                          "--raw",
                          "--numstat",
                          "-z",
                          "--no-renames",
                          "--no-ext-diff",
                          "--no-textconv",
                          "--no-color",
                          "--no-relative",
                          "--ignore-submodules=dirty",
                          base,
                          "--",
                          NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "diff", .args = args};
    int rc = orx_git_run(g, &cmd, &out, err);
    return rc < 0 ? rc : parse(r, orx_str_view(&out.out), err);
}

static int untracked(orx_git *g, reader *r, orx_err *err) {
    static const char *const args[] = {"ls-files", "--others", "--exclude-standard", "-z", NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "ls-files", .args = args};
    int rc = orx_git_run(g, &cmd, &out, err);
    orx_view rest = orx_str_view(&out.out);
    orx_view path;
    int64_t budget = MEASURE_MAX;
    while (rc == 0 && orx_git_field(&rest, &path)) {
        orx_git_entry e = {.kind = ORX_GIT_UNTRACKED, .path = orx_arena_dup(r->arena, path)};
        if (orx_view_ends(path, "/"))
            e.mode = ORX_GIT_MODE_GITLINK;
        else
            orx_git_measure(g, &e, &budget);
        rc = orx_git_entry_add(g, r->out, &e, err);
    }
    return rc;
}

const char *orx_git_empty_tree(const orx_git *g) {
    return g->sha_len == 64 ? "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
                            : "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
}

int orx_git_cli_changes(orx_git *g, const char *base, orx_arena *arena, orx_git_entries *out,
                        orx_err *err) {
    reader r = {.g = g, .arena = arena, .out = out};
    int rc = diff(g, *base ? base : orx_git_empty_tree(g), &r, err);
    return rc < 0 ? rc : untracked(g, &r, err);
}
