/* Git and its twin in lockstep: the same random work in both, the same answers from both. */
#include "world.h"

#include <stdio.h>

enum { STEPS = 45 };

typedef struct pair {
    world *w;
    orx_git *git;
    orx_git *twin;
    uint64_t state;
    unsigned seed;
    int step;
    char git_base[ORX_GIT_SHA]; /* commits have other ids in each, so both sides keep their own */
    char twin_base[ORX_GIT_SHA];
    int parked;
} pair;

/* xorshift64 */
static unsigned draw(pair *d, unsigned bound) {
    d->state ^= d->state << 13;
    d->state ^= d->state >> 7;
    d->state ^= d->state << 17;
    return (unsigned)(d->state % bound);
}

static const char *const pool[] = {"a.txt",  "b.txt",     "dir/c.txt", "dir/deep/d.txt",
                                   "x.o",    "dir/y.o",   "build/out", "dir",
                                   "sp ace", ".gitignore"};

static const char *in(pair *d, const char *side, const char *path) {
    return orx_arena_printf(&d->w->arena, "%s/%s", side, path);
}

static const char *random_text(pair *d) {
    orx_str text = {0};
    unsigned lines = draw(d, 9);
    for (unsigned i = 0; i < lines; i++)
        orx_str_addf(&text, "line %u\n", draw(d, 14));
    if (lines && draw(d, 5) == 0)
        orx_str_truncate(&text, text.len - 1);
    if (draw(d, 12) == 0)
        orx_str_addc(&text, '\0');
    char *copy = orx_arena_zalloc(&d->w->arena, text.len + 3, 1);
    memcpy(copy + 2, text.len ? text.buf : "", text.len);
    copy[0] = (char)(text.len & 0x7f);
    copy[1] = (char)(text.len >> 7);
    orx_str_free(&text);
    return copy;
}

/* Makes sure that no file is where a directory must be, nor the other way round. */
static void clear_way(pair *d, const char *side, const char *path) {
    if (strcmp(path, "dir") == 0 || orx_view_starts(orx_view_of(path), "dir/")) {
        orx_file_info info;
        const char *dir = w_path(d->w, in(d, side, "dir"));
        bool is_dir = orx_stat(d->w->p, dir, &info, NULL) == 0 && info.kind == ORX_FILE_DIRECTORY;
        if (is_dir == (strcmp(path, "dir") == 0))
            w_remove(d->w, in(d, side, "dir"));
    }
}

static void write_both(pair *d) {
    const char *path = pool[draw(d, ORX_ARRAY_LEN(pool))];
    const char *text = random_text(d);
    orx_view bytes = {text + 2, (size_t)text[0] + ((size_t)text[1] << 7)};
    uint32_t mode = draw(d, 6) == 0 ? 0755 : 0644;
    static const char *const ignores[] = {"*.o\n", "build/\n", "/b.txt\n*.o\n", "", "deep\n"};
    if (strcmp(path, ".gitignore") == 0)
        bytes = orx_view_of(ignores[draw(d, ORX_ARRAY_LEN(ignores))]);
    clear_way(d, "g", path);
    clear_way(d, "t", path);
    w_write_bytes(d->w, in(d, "g", path), bytes, mode);
    w_write_bytes(d->w, in(d, "t", path), bytes, mode);
}

static void remove_both(pair *d) {
    const char *path = pool[draw(d, ORX_ARRAY_LEN(pool))];
    w_remove(d->w, in(d, "g", path));
    w_remove(d->w, in(d, "t", path));
}

static void commit_both(pair *d) {
    char g[ORX_GIT_SHA];
    char t[ORX_GIT_SHA];
    const char *attempt = orx_arena_printf(&d->w->arena, "A#%d", d->step);
    orx_git_delivery delivery = {.message = orx_view_of("Work"), .task = "A", .attempt = attempt};
    int a = orx_git_commit_all(d->git, &delivery, g, &d->w->err);
    assert_ok(a, &d->w->err);
    int b = orx_git_commit_all(d->twin, &delivery, t, &d->w->err);
    assert_ok(b, &d->w->err);
    if (a != b)
        fail_msg("seed %u step %d: git committed %d, the twin %d", d->seed, d->step, a, b);
    if (a && draw(d, 2)) {
        memcpy(d->git_base, g, sizeof g);
        memcpy(d->twin_base, t, sizeof t);
    }
}

static orx_git_parked park_one(pair *d, orx_git *g, const char *base) {
    orx_git_parked p = {0};
    orx_git_park_spec spec = {.attempt = "P", .base = base, .branch = "main"};
    assert_ok(orx_git_park(g, &spec, &d->w->arena, &p, &d->w->err), &d->w->err);
    return p;
}

/* Git's edit is not always the shortest, the twin's is; both make the same file. */
static bool same_counts(const orx_git_entry *git, const orx_git_entry *twin) {
    return git->added - git->deleted == twin->added - twin->deleted && git->added >= twin->added &&
           git->added <= twin->added + 3;
}

static void same_entries(pair *d, const char *what, const orx_git_entry *x, size_t n,
                         const orx_git_entry *y, size_t m) {
    for (size_t i = 0; i < n || i < m; i++) {
        const orx_git_entry none = {.path = "(none)"};
        const orx_git_entry *a = i < n ? &x[i] : &none;
        const orx_git_entry *b = i < m ? &y[i] : &none;
        bool same = strcmp(a->path, b->path) == 0 && a->kind == b->kind && a->binary == b->binary &&
                    a->old_mode == b->old_mode && a->mode == b->mode && same_counts(a, b);
        if (!same)
            fail_msg("seed %u step %d, %s: git %s %s %o %o +%d -%d, twin %s %s %o %o +%d -%d",
                     d->seed, d->step, what, a->path, orx_git_kind_name(a->kind), a->old_mode,
                     a->mode, (int)a->added, (int)a->deleted, b->path, orx_git_kind_name(b->kind),
                     b->old_mode, b->mode, (int)b->added, (int)b->deleted);
    }
}

static void compare(pair *d) {
    orx_git_status gs = w_status(d->w, d->git);
    orx_git_status ts = w_status(d->w, d->twin);
    same_entries(d, "status", gs.entries, gs.count, ts.entries, ts.count);
    orx_git_changes gc = w_changes(d->w, d->git, d->git_base);
    orx_git_changes tc = w_changes(d->w, d->twin, d->twin_base);
    same_entries(d, "changes", gc.entries, gc.count, tc.entries, tc.count);
}

/* What two parked branches hold is compared as the difference to the clean worktrees. */
static void park_both(pair *d) {
    orx_git_parked g = park_one(d, d->git, d->git_base);
    orx_git_parked t = park_one(d, d->twin, d->twin_base);
    if (g.parked != t.parked || g.clean != t.clean)
        fail_msg("seed %u step %d: git parked %d clean %d, the twin %d %d", d->seed, d->step,
                 g.parked, g.clean, t.parked, t.clean);
    if (!g.parked)
        return;
    assert_string_equal(g.branch, t.branch);
    orx_git_changes gc = w_changes(d->w, d->git, g.branch);
    orx_git_changes tc = w_changes(d->w, d->twin, t.branch);
    same_entries(d, "parked", gc.entries, gc.count, tc.entries, tc.count);
    d->parked++;
}

static void compare_history(pair *d) {
    orx_git_log x;
    orx_git_log y;
    orx_str a = {0};
    orx_str b = {0};
    assert_ok(orx_git_log_of(d->git, NULL, NULL, 100, &d->w->arena, &x, &d->w->err), &d->w->err);
    assert_ok(orx_git_log_of(d->twin, NULL, NULL, 100, &d->w->arena, &y, &d->w->err), &d->w->err);
    assert_int_equal(x.count, y.count);
    for (size_t i = 0; i + 1 < x.count; i++)
        assert_string_equal(x.commits[i].attempt, y.commits[i].attempt);
    orx_git_profile(d->git, &a);
    orx_git_profile(d->twin, &b);
    assert_string_equal(orx_str_cstr(&a), orx_str_cstr(&b));
    orx_str_free(&a);
    orx_str_free(&b);
}

static void start(pair *d) {
    world *w = d->w;
    w_init(w, "g");
    assert_ok(orx_git_twin_init(w->p, w_path(w, "t"), false, &w->err), &w->err);
    w_write(w, "g/a.txt", "one\n");
    w_write(w, "t/a.txt", "one\n");
    d->git = w_open(w, "g");
    assert_ok(orx_git_open_twin(w->p, w_path(w, "t"), &w->options, &d->twin, &w->err), &w->err);
    memcpy(d->git_base, w_commit(w, d->git, "first"), 41);
    memcpy(d->twin_base, w_commit(w, d->twin, "first"), 41);
}

static void lockstep(world *w, unsigned seed) {
    pair d = {.w = w, .seed = seed, .state = seed * UINT64_C(0x9e3779b97f4a7c15)};
    start(&d);
    for (d.step = 0; d.step < STEPS; d.step++) {
        unsigned what = draw(&d, 20);
        if (what < 12)
            write_both(&d);
        else if (what < 15)
            remove_both(&d);
        else if (what < 18)
            commit_both(&d);
        else
            park_both(&d);
        if (draw(&d, 3) == 0)
            compare(&d);
    }
    compare(&d);
    park_both(&d);
    compare_history(&d);
    assert_true(d.parked > 0);
    orx_git_close(d.twin);
}

static void one_seed(void **state) {
    lockstep(*state, 1);
}

/* ORX_SEED=n runs that one; a failure names its seed. */
static void the_seed_of_the_caller(void **state) {
    const char *seed = getenv("ORX_SEED");
    lockstep(*state, seed ? (unsigned)strtoul(seed, NULL, 10) : 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(one_seed),
        WORLD_TEST(the_seed_of_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
