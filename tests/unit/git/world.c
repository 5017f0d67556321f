#include "world.h"

#include "platform/proc.h"

#ifdef ORX_WORLD_SIM
#include "platform/sim/sim.h"
#endif

#include <stdio.h>
#include <unistd.h>

#ifndef ORX_WORLD
#define ORX_WORLD WORLD_CLI
#endif

world_kind world_ground(void) {
    return ORX_WORLD;
}

static void make_real(world *w) {
    const char *tmp = getenv("TMPDIR");
    char name[200];
    snprintf(name, sizeof name, "%s/orxaq-git.XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(name));
    assert_ok(orx_platform_uv_new(&w->p, &w->err), &w->err);
    orx_str real = {0};
    assert_ok(orx_realpath(w->p, name, &real, &w->err), &w->err);
    snprintf(w->dir, sizeof w->dir, "%s", orx_str_cstr(&real));
    orx_str_free(&real);
}

static void make_simulated(world *w) {
#ifdef ORX_WORLD_SIM
    w->sim = orx_sim_new(7);
    w->p = orx_sim_platform(orx_sim_add_host(w->sim, "host"));
    snprintf(w->dir, sizeof w->dir, "/w");
    assert_ok(orx_mkdirs(w->p, w->dir, false, &w->err), &w->err);
#else
    (void)w;
    fail_msg("this program was built without the simulation");
#endif
}

int world_setup(void **state) {
    world *w = calloc(1, sizeof *w);
    size_t n = 0;
    w->kind = world_ground();
    if (w->kind == WORLD_SIM)
        make_simulated(w);
    else
        make_real(w);
    const char *path = getenv("PATH");
    w->env[n++] = orx_arena_printf(&w->arena, "PATH=%s", path ? path : "/usr/bin:/bin");
    w->env[n++] = orx_arena_printf(&w->arena, "HOME=%s", w->dir);
    w->options.env = w->env;
    w_write(w, ".gitconfig", "[core]\n\tfsync = none\n"); /* these disks need not survive */
    w->options.deadline_ns = 60 * ORX_SEC;
    w->options.slow_deadline_ns = 60 * ORX_SEC;
    *state = w;
    return 0;
}

int world_teardown(void **state) {
    world *w = *state;
    for (size_t i = 0; i < w->open_count; i++)
        orx_git_close(w->open[i]);
    if (w->kind != WORLD_SIM) {
        orx_remove_tree(w->p, w->dir, NULL);
        orx_platform_free(w->p);
    }
#ifdef ORX_WORLD_SIM
    orx_sim_free(w->sim);
#endif
    orx_arena_free(&w->arena);
    free(w);
    return 0;
}

/* ---- Files -------------------------------------------------------------------------------- */

const char *w_path(world *w, const char *rel) {
    return orx_arena_printf(&w->arena, "%s/%s", w->dir, rel);
}

void w_write_bytes(world *w, const char *rel, orx_view bytes, uint32_t mode) {
    const char *path = w_path(w, rel);
    char *dir = orx_arena_strdup(&w->arena, path);
    *strrchr(dir, '/') = '\0';
    assert_ok(orx_mkdirs(w->p, dir, false, &w->err), &w->err);
    assert_ok(orx_write_replace(w->p, path, bytes, mode, &w->err), &w->err);
}

void w_write(world *w, const char *rel, const char *text) {
    w_write_bytes(w, rel, orx_view_of(text), 0644);
}

void w_remove(world *w, const char *rel) {
    assert_ok(orx_remove_tree(w->p, w_path(w, rel), &w->err), &w->err);
}

bool w_exists(world *w, const char *rel) {
    return orx_exists(w->p, w_path(w, rel));
}

const char *w_read(world *w, const char *rel) {
    orx_str text = {0};
    if (orx_read_file(w->p, w_path(w, rel), 1 << 20, &text, &w->err) < 0)
        return NULL;
    const char *copy = orx_arena_dup(&w->arena, orx_str_view(&text));
    orx_str_free(&text);
    return copy;
}

/* ---- Repositories ------------------------------------------------------------------------- */

void w_init(world *w, const char *rel) {
    const char *path = w_path(w, rel);
    if (w->kind == WORLD_CLI)
        W_RUN(w, w->dir, "git", "init", "-q", "-b", "main", path);
    else
        assert_ok(orx_git_twin_init(w->p, path, false, &w->err), &w->err);
}

void w_init_bare(world *w, const char *rel) {
    const char *path = w_path(w, rel);
    if (w->kind == WORLD_CLI)
        W_RUN(w, w->dir, "git", "init", "-q", "--bare", "-b", "main", path);
    else
        assert_ok(orx_git_twin_init(w->p, path, true, &w->err), &w->err);
}

void w_origin(world *w, const char *rel, const char *remote) {
    const char *url = w_path(w, remote);
    if (w->kind == WORLD_CLI)
        W_RUN(w, w_path(w, rel), "git", "remote", "add", "origin", url);
    else
        assert_ok(orx_git_twin_set_origin(w->p, w_path(w, rel), url, &w->err), &w->err);
}

orx_git *w_open(world *w, const char *rel) {
    orx_git *g = NULL;
    const char *path = w_path(w, rel);
    assert_true(w->open_count < ORX_ARRAY_LEN(w->open));
    if (w->kind == WORLD_TWIN)
        assert_ok(orx_git_open_twin(w->p, path, &w->options, &g, &w->err), &w->err);
    else
        assert_ok(orx_git_open(w->p, path, &w->options, &g, &w->err), &w->err);
    w->open[w->open_count++] = g;
    return g;
}

orx_git *w_repo(world *w, const char *rel) {
    w_init(w, rel);
    w_write(w, orx_arena_printf(&w->arena, "%s/a.txt", rel), "one\n");
    orx_git *g = w_open(w, rel);
    w_commit(w, g, "first");
    return g;
}

const char *w_commit(world *w, orx_git *g, const char *message) {
    char sha[ORX_GIT_SHA];
    orx_git_delivery d = {.message = orx_view_of(message)};
    int rc = orx_git_commit_all(g, &d, sha, &w->err);
    assert_ok(rc, &w->err);
    assert_int_equal(rc, 1);
    return orx_arena_strdup(&w->arena, sha);
}

const char *w_head(world *w, orx_git *g) {
    char sha[ORX_GIT_SHA];
    assert_ok(orx_git_head(g, sha, &w->err), &w->err);
    return orx_arena_strdup(&w->arena, sha);
}

const char *w_run(world *w, int code, const char *dir, const char *const *args) {
    orx_capture out = {.head_max = 1 << 20};
    orx_capture errs = {.tail_max = 4096};
    orx_proc_result r = {0};
    orx_str text = {0};
    const char *env[] = {w->env[0],
                         w->env[1],
                         "GIT_AUTHOR_NAME=Test",
                         "GIT_AUTHOR_EMAIL=test@example.org",
                         "GIT_COMMITTER_NAME=Test",
                         "GIT_COMMITTER_EMAIL=test@example.org",
                         NULL};
    orx_proc_spec spec = {.argv = args, .env = env, .cwd = dir, .total_timeout_ns = 60 * ORX_SEC};
    assert_ok(orx_proc_run(w->p, &spec, &out, &errs, &r, &w->err), &w->err);
    orx_capture_text(&errs, &text);
    if (r.code != code)
        fail_msg("%s %s: code %d: %s", args[0], args[1], r.code, orx_str_cstr(&text));
    const char *copy = orx_arena_dup(&w->arena, orx_str_view(&out.head));
    orx_capture_free(&out);
    orx_capture_free(&errs);
    orx_str_free(&text);
    return copy;
}

const orx_git_entry *w_entry(const orx_git_entry *entries, size_t count, const char *path) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].path, path) == 0)
            return &entries[i];
    return NULL;
}

orx_git_status w_status(world *w, orx_git *g) {
    orx_git_status s = {0};
    assert_ok(orx_git_status_of(g, &w->arena, &s, &w->err), &w->err);
    return s;
}

orx_git_changes w_changes(world *w, orx_git *g, const char *base) {
    orx_git_changes c = {0};
    assert_ok(orx_git_changes_since(g, base, &w->arena, &c, &w->err), &w->err);
    return c;
}
