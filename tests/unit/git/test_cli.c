/* What only the real git has: hooks, identity, configuration that runs programs, prompts, remotes
 * that talk. */
#include "world.h"

#include <stdio.h>

static int deliver(world *w, orx_git *g, char sha[ORX_GIT_SHA]) {
    orx_git_delivery d = {.message = orx_view_of("m\n"), .task = "T", .attempt = "T#1"};
    w->err.msg[0] = '\0';
    return orx_git_commit_all(g, &d, sha, &w->err);
}

static void hook(world *w, const char *path, const char *script) {
    w_write_bytes(w, path, orx_view_of(orx_arena_printf(&w->arena, "#!/bin/sh\n%s\n", script)),
                  0755);
}

/* ---- Committing --------------------------------------------------------------------------- */

static void hooks_run_and_may_refuse(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA] = "kept";
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    hook(w, "repo/.git/hooks/pre-commit", "echo 'style: tabs found' >&2; exit 1");
    w_write(w, "repo/x", "x");
    assert_fails(w, ORX_E_CHILD, "style: tabs found", deliver(w, g, sha));
    assert_contains(w->err.msg, "git commit in ");
    assert_contains(w->err.msg, "exit code 1");
    assert_string_equal(sha, "kept");
    assert_string_equal(w_head(w, g), base);
    assert_true(w_status(w, g).entries[0].staged);
    hook(w, "repo/.git/hooks/pre-commit", "touch ran");
    assert_int_equal(deliver(w, g, sha), 1);
    assert_true(w_exists(w, "repo/ran"));
}

static void a_hook_that_hangs_meets_the_deadline(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    w_repo(w, "repo");
    hook(w, "repo/.git/hooks/pre-commit", "exec sleep 600");
    w_write(w, "repo/x", "x");
    w->options.slow_deadline_ns = 2 * ORX_SEC;
    orx_git *g = w_open(w, "repo");
    assert_fails(w, ORX_E_TIMEOUT, "git commit", deliver(w, g, sha));
}

static const char *author(world *w) {
    return W_RUN(w, w_path(w, "repo"), "git", "log", "-1", "--format=%an <%ae> %cn <%ce>");
}

static void the_configured_identity_commits(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git *g = w_repo(w, "repo");
    assert_string_equal(author(w), "orxaq <orxaq@localhost> orxaq <orxaq@localhost>\n");
    W_RUN(w, w_path(w, "repo"), "git", "config", "user.name", "Ada");
    orx_git *half = w_open(w, "repo");
    w_write(w, "repo/x", "1");
    assert_int_equal(deliver(w, half, sha), 1);
    assert_string_equal(author(w), "Ada <orxaq@localhost> Ada <orxaq@localhost>\n");
    W_RUN(w, w_path(w, "repo"), "git", "config", "user.email", "ada@example.org");
    orx_git *whole = w_open(w, "repo");
    w_write(w, "repo/x", "2");
    assert_int_equal(deliver(w, whole, sha), 1);
    assert_string_equal(author(w), "Ada <ada@example.org> Ada <ada@example.org>\n");
    w_write(w, "repo/x", "3");
    assert_int_equal(deliver(w, g, sha), 1); /* asked once per object */
}

static void the_message_arrives_byte_for_byte(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git *g = w_repo(w, "repo");
    W_RUN(w, w_path(w, "repo"), "git", "config", "commit.cleanup", "strip");
    W_RUN(w, w_path(w, "repo"), "git", "config", "commit.template", "/nowhere");
    w_write(w, "repo/x", "x");
    orx_git_delivery d = {.message = orx_view_of("Subject\n\n# no comment\n\n\n  two blank lines"),
                          .task = "T",
                          .attempt = "T#1"};
    assert_int_equal(orx_git_commit_all(g, &d, sha, &w->err), 1);
    assert_string_equal(W_RUN(w, w_path(w, "repo"), "git", "log", "-1", "--format=%B"),
                        "Subject\n\n# no comment\n\n\n  two blank lines\n\nOrxaq-Task: T\n"
                        "Orxaq-Attempt: T#1\n\n");
    assert_string_equal(W_RUN(w, w_path(w, "repo"), "git", "log", "-1",
                              "--format=%(trailers:key=Orxaq-Task,valueonly)"),
                        "T\n\n");
}

static void a_merge_in_progress_is_concluded(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git_log log;
    orx_git *g = w_repo(w, "repo");
    const char *repo = w_path(w, "repo");
    W_RUN(w, repo, "git", "checkout", "-q", "-b", "side");
    w_write(w, "repo/a.txt", "side\n");
    w_commit(w, g, "side");
    W_RUN(w, repo, "git", "checkout", "-q", "main");
    w_write(w, "repo/a.txt", "main\n");
    w_commit(w, g, "main");
    W_RUN_FAILS(w, 1, repo, "git", "merge", "side");
    assert_int_equal(orx_git_in_progress(g), ORX_GIT_IN_MERGE);
    orx_git_status s = w_status(w, g);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.entries[0].kind, ORX_GIT_CONFLICTED);
    orx_git_changes c = w_changes(w, g, "main");
    assert_int_equal(c.count, 1);
    assert_int_equal(c.entries[0].kind, ORX_GIT_MODIFIED);
    w_write(w, "repo/a.txt", "both\n");
    assert_int_equal(deliver(w, g, sha), 1);
    assert_ok(orx_git_log_of(g, NULL, NULL, 1, &w->arena, &log, &w->err), &w->err);
    assert_int_equal(log.commits[0].parents, 2);
}

static void staged_work_counts(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/new", "1\n2\n");
    W_RUN(w, w_path(w, "repo"), "git", "add", "new");
    W_RUN(w, w_path(w, "repo"), "git", "mv", "a.txt", "b.txt");
    orx_git_status s = w_status(w, g);
    assert_int_equal(s.count, 2);
    const orx_git_entry *moved = w_entry(s.entries, s.count, "b.txt");
    assert_int_equal(moved->kind, ORX_GIT_RENAMED);
    assert_string_equal(moved->from, "a.txt");
    assert_true(moved->staged);
    assert_int_equal(w_entry(s.entries, s.count, "new")->kind, ORX_GIT_ADDED);
    orx_git_changes c = w_changes(w, g, base);
    assert_int_equal(c.count, 3);
    assert_int_equal(w_entry(c.entries, c.count, "a.txt")->kind, ORX_GIT_DELETED);
    assert_int_equal(w_entry(c.entries, c.count, "new")->added, 2);
    W_RUN(w, w_path(w, "repo"), "git", "reset", "-q", "--hard");
    W_RUN(w, w_path(w, "repo"), "git", "rm", "-q", "--cached", "a.txt");
    w_write(w, "repo/a.txt", "changed\n");
    c = w_changes(w, g, base);
    assert_int_equal(c.count, 1);
    assert_int_equal(c.entries[0].kind, ORX_GIT_MODIFIED);
}

static void links_and_submodules_are_told_apart(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    W_RUN(w, w_path(w, "repo"), "ln", "-s", "/etc/passwd", "link");
    orx_git_changes c = w_changes(w, g, base);
    assert_int_equal(c.entries[0].mode, ORX_GIT_MODE_SYMLINK);
    assert_int_equal(c.entries[0].added, 1);
    w_commit(w, g, "link");
    c = w_changes(w, g, base);
    assert_int_equal(c.entries[0].mode, ORX_GIT_MODE_SYMLINK);
    assert_int_equal(c.entries[0].kind, ORX_GIT_ADDED);
}

/* ---- Configuration that would run or show something ---------------------------------------- */

static void git_runs_nothing_on_looking(void **state) {
    world *w = *state;
    orx_git_log log;
    orx_git *g = w_repo(w, "repo");
    const char *repo = w_path(w, "repo");
    const char *base = w_head(w, g);
    hook(w, "evil", "touch \"$(dirname \"$0\")/owned\"; cat >/dev/null");
    const char *evil = w_path(w, "evil");
    W_RUN(w, repo, "git", "config", "core.fsmonitor", evil);
    W_RUN(w, repo, "git", "config", "diff.external", evil);
    W_RUN(w, repo, "git", "config", "core.pager", evil);
    W_RUN(w, repo, "git", "config", "diff.evil.textconv", evil);
    W_RUN(w, repo, "git", "config", "log.showSignature", "true");
    W_RUN(w, repo, "git", "config", "gpg.program", evil);
    W_RUN(w, repo, "git", "config", "core.editor", evil);
    w_write(w, "repo/.git/info/attributes", "* diff=evil\n");
    w_write(w, "repo/a.txt", "changed\n");
    w_status(w, g);
    w_changes(w, g, base);
    assert_ok(orx_git_log_of(g, NULL, NULL, 5, &w->arena, &log, &w->err), &w->err);
    orx_str text = {0};
    orx_git_profile(g, &text);
    orx_str_free(&text);
    orx_git_worktrees all;
    assert_ok(orx_git_worktree_list(g, &w->arena, &all, &w->err), &w->err);
    w_commit(w, g, "with an evil editor");
    assert_false(w_exists(w, "owned"));
}

static void personal_settings_do_not_change_answers(void **state) {
    world *w = *state;
    orx_git_log log;
    orx_git *g = w_repo(w, "repo");
    const char *repo = w_path(w, "repo");
    const char *base = w_head(w, g);
    const char *settings[][2] = {
        {"diff.renames", "copies"},       {"diff.relative", "true"},
        {"diff.noprefix", "true"},        {"color.ui", "always"},
        {"status.relativePaths", "true"}, {"status.showUntrackedFiles", "no"},
        {"status.renames", "false"},      {"core.quotePath", "true"},
        {"log.decorate", "full"},         {"log.date", "relative"},
        {"format.pretty", "oneline"},     {"core.abbrev", "7"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(settings); i++)
        W_RUN(w, repo, "git", "config", settings[i][0], settings[i][1]);
    w_write(w, "repo/dir/\xc3\xbc", "1\n");
    W_RUN(w, repo, "git", "mv", "a.txt", "b.txt");
    orx_git_status s = w_status(w, g);
    assert_int_equal(s.count, 2);
    assert_int_equal(w_entry(s.entries, s.count, "b.txt")->kind, ORX_GIT_RENAMED);
    orx_git_changes c = w_changes(w, g, base);
    assert_int_equal(c.count, 3);
    assert_non_null(w_entry(c.entries, c.count, "dir/\xc3\xbc"));
    assert_ok(orx_git_log_of(g, NULL, NULL, 5, &w->arena, &log, &w->err), &w->err);
    assert_string_equal(log.commits[0].subject, "first");
    assert_string_equal(log.commits[0].sha, base);
}

static void replaced_objects_fool_nobody(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/a.txt", "two\n");
    const char *second = w_commit(w, g, "second");
    W_RUN(w, w_path(w, "repo"), "git", "replace", base, second);
    assert_int_equal(w_changes(w, g, base).count, 1);
}

/* The repository of a parent directory must never be taken for ours. */
static void a_lost_git_directory_finds_no_parent(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git *outer = w_repo(w, "outer");
    orx_git *inner = w_repo(w, "outer/inner");
    const char *base = w_head(w, inner);
    w_write(w, "outer/precious", "p");
    w_write(w, "outer/inner/x", "x");
    w_remove(w, "outer/inner/.git");
    orx_git_status s;
    orx_git_parked p;
    orx_git_park_spec spec = {.attempt = "a", .base = base};
    assert_fails(w, ORX_E_NOT_FOUND, "outer/inner",
                 orx_git_status_of(inner, &w->arena, &s, &w->err));
    assert_int_equal(orx_git_park(inner, &spec, &w->arena, &p, &w->err), ORX_E_NOT_FOUND);
    assert_int_equal(deliver(w, inner, sha), ORX_E_NOT_FOUND);
    assert_true(w_exists(w, "outer/precious"));
    assert_int_equal(w_status(w, outer).count, 3);
}

static void the_callers_environment_is_filtered(void **state) {
    world *w = *state;
    w_repo(w, "repo");
    orx_git *other = w_repo(w, "other");
    w_write(w, "other/only-here", "x");
    size_t n = 2;
    w->env[n++] = orx_arena_printf(&w->arena, "GIT_DIR=%s", orx_git_dir(other));
    w->env[n++] = orx_arena_printf(&w->arena, "GIT_WORK_TREE=%s", orx_git_root(other));
    w->env[n++] = "GIT_INDEX_FILE=/nowhere";
    w->env[n++] = "GIT_CONFIG_COUNT=1";
    w->env[n++] = "GIT_CONFIG_KEY_0=core.bare";
    w->env[n++] = "GIT_CONFIG_VALUE_0=true";
    w->env[n++] = "LC_ALL=xx";
    orx_git *g = w_open(w, "repo");
    assert_string_equal(orx_git_root(g), w_path(w, "repo"));
    assert_int_equal(w_status(w, g).count, 0);
}

static void an_environment_of_its_own_is_enough(void **state) {
    world *w = *state;
    w_repo(w, "repo");
    w->options.env = NULL;
    orx_git *g = w_open(w, "repo");
    assert_int_equal(w_status(w, g).count, 0);
}

static void a_missing_git_is_named(void **state) {
    world *w = *state;
    orx_git *g = NULL;
    w_repo(w, "repo");
    w->env[0] = "PATH=/nowhere";
    assert_fails(w, ORX_E_UNSUPPORTED, "install git",
                 orx_git_open(w->p, w_path(w, "repo"), &w->options, &g, &w->err));
}

static void output_is_bounded(void **state) {
    world *w = *state;
    orx_git_status s;
    w_repo(w, "repo");
    for (int i = 0; i < 300; i++)
        w_write(w, orx_arena_printf(&w->arena, "repo/%d-%0200d", i, 0), "");
    w->options.output_max = 4096;
    orx_git *g = w_open(w, "repo");
    assert_fails(w, ORX_E_LIMIT, "4096", orx_git_status_of(g, &w->arena, &s, &w->err));
    orx_str text = {0};
    orx_git_profile(g, &text);
    assert_string_equal(orx_str_cstr(&text), "Top file types: txt:1.");
    orx_str_free(&text);
}

static void core_worktree_elsewhere_is_refused(void **state) {
    world *w = *state;
    orx_git *g = NULL;
    w_repo(w, "repo");
    w_write(w, "home/precious", "p");
    W_RUN(w, w_path(w, "repo"), "git", "config", "core.worktree", w_path(w, "home"));
    assert_fails(w, ORX_E_INVALID, "core.worktree",
                 orx_git_open(w->p, w_path(w, "repo"), &w->options, &g, &w->err));
}

static void a_hooks_path_is_followed(void **state) {
    world *w = *state;
    char one[ORX_SHA256_HEX];
    char two[ORX_SHA256_HEX];
    w_repo(w, "repo");
    hook(w, "repo/tools/hooks/pre-commit", "exit 0");
    W_RUN(w, w_path(w, "repo"), "git", "config", "core.hooksPath", "tools/hooks");
    orx_git *g = w_open(w, "repo/tools");
    assert_string_equal(orx_git_hooks(g), w_path(w, "repo/tools/hooks"));
    assert_ok(orx_git_fingerprint(g, one, &w->err), &w->err);
    hook(w, "repo/tools/hooks/pre-commit", "exit 1");
    assert_ok(orx_git_fingerprint(g, two, &w->err), &w->err);
    assert_string_not_equal(one, two);
}

static void packed_refs_are_read(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *head = w_head(w, g);
    W_RUN(w, w_path(w, "repo"), "git", "pack-refs", "--all");
    assert_false(w_exists(w, "repo/.git/refs/heads/main"));
    assert_string_equal(w_head(w, g), head);
}

static void sha256_repositories_work(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    W_RUN(w, w->dir, "git", "init", "-q", "-b", "main", "--object-format=sha256",
          w_path(w, "repo"));
    orx_git *g = w_open(w, "repo");
    w_write(w, "repo/x", "1\n");
    assert_int_equal(w_changes(w, g, "").count, 1);
    assert_int_equal(deliver(w, g, sha), 1);
    assert_int_equal(strlen(sha), 64);
    w_write(w, "repo/x", "2\n");
    w_write(w, "repo/y", "2\n");
    orx_git_parked p;
    orx_git_park_spec spec = {.attempt = "a", .base = sha, .branch = "main"};
    assert_ok(orx_git_park(g, &spec, &w->arena, &p, &w->err), &w->err);
    assert_true(p.parked && p.clean);
    assert_int_equal(orx_git_find_attempt(g, NULL, NULL, "T#1", sha, &w->err), 1);
}

/* ---- Parking ------------------------------------------------------------------------------ */

static void what_was_only_staged_is_kept(void **state) {
    world *w = *state;
    orx_git_parked p;
    orx_git *g = w_repo(w, "repo");
    const char *repo = w_path(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/a.txt", "staged only\n");
    W_RUN(w, repo, "git", "add", "a.txt");
    w_write(w, "repo/a.txt", "in the worktree\n");
    orx_git_park_spec spec = {.attempt = "a", .base = base, .branch = "main"};
    assert_ok(orx_git_park(g, &spec, &w->arena, &p, &w->err), &w->err);
    assert_string_equal(W_RUN(w, repo, "git", "show", "orxaq/parked/a:a.txt"), "in the worktree\n");
    assert_string_equal(W_RUN(w, repo, "git", "show", "orxaq/parked/a^2:a.txt"), "staged only\n");
    assert_string_equal(w_read(w, "repo/a.txt"), "one\n");
}

static void parking_runs_no_hook(void **state) {
    world *w = *state;
    static const char *const hooks[] = {
        "pre-commit",        "post-checkout",         "commit-msg",
        "post-index-change", "reference-transaction", "post-commit"};
    orx_git_parked p;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    for (size_t i = 0; i < ORX_ARRAY_LEN(hooks); i++)
        hook(w, orx_arena_printf(&w->arena, "repo/.git/hooks/%s", hooks[i]),
             orx_arena_printf(&w->arena, "touch %s", w_path(w, "ran")));
    w_write(w, "repo/x", "x");
    orx_git_park_spec spec = {.attempt = "a", .base = base, .branch = "main"};
    assert_ok(orx_git_park(g, &spec, &w->arena, &p, &w->err), &w->err);
    assert_true(p.parked);
    assert_false(w_exists(w, "ran"));
}

static void an_untrusted_configuration_runs_nothing(void **state) {
    world *w = *state;
    orx_git_parked p;
    orx_git *g = w_repo(w, "repo");
    const char *repo = w_path(w, "repo");
    const char *base = w_head(w, g);
    hook(w, "evil", orx_arena_printf(&w->arena, "touch %s; cat", w_path(w, "ran")));
    w_write(w, "repo/.gitattributes", "* filter=evil\n*.two filter=more.evil\n");
    w_write(w, "repo/x", "x");
    w_write(w, "repo/y.two", "y");
    w_write(w, "repo/a.txt", "changed\n");
    const char *const names[] = {"filter.evil.clean", "filter.evil.smudge",
                                 "filter.more.evil.process", "core.fsmonitor"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        W_RUN(w, repo, "git", "config", names[i], w_path(w, "evil"));
    W_RUN(w, repo, "git", "config", "filter.evil.required", "true");
    W_RUN(w, repo, "git", "config", "core.worktree", w_path(w, "home"));
    w_write(w, "home/precious", "p");
    orx_git_park_spec spec = {.attempt = "a", .base = base, .branch = "main", .untrusted = true};
    assert_ok(orx_git_park(g, &spec, &w->arena, &p, &w->err), &w->err);
    assert_true(p.parked);
    assert_true(p.clean);
    assert_false(w_exists(w, "ran"));
    assert_true(w_exists(w, "home/precious"));
    assert_false(w_exists(w, "repo/x"));
    assert_string_equal(w_read(w, "repo/a.txt"), "one\n");
}

static void a_trusted_filter_does_its_work(void **state) {
    world *w = *state;
    orx_git_parked p;
    orx_git *g = w_repo(w, "repo");
    const char *repo = w_path(w, "repo");
    W_RUN(w, repo, "git", "config", "filter.up.clean", "tr a-z A-Z");
    W_RUN(w, repo, "git", "config", "filter.up.smudge", "tr A-Z a-z");
    w_write(w, "repo/.gitattributes", "*.up filter=up\n");
    w_write(w, "repo/x.up", "abc\n");
    const char *base = w_commit(w, g, "filtered");
    w_write(w, "repo/x.up", "def\n");
    orx_git_park_spec spec = {.attempt = "a", .base = base, .branch = "main"};
    assert_ok(orx_git_park(g, &spec, &w->arena, &p, &w->err), &w->err);
    assert_string_equal(W_RUN(w, repo, "git", "show", "orxaq/parked/a:x.up"), "DEF\n");
    assert_string_equal(w_read(w, "repo/x.up"), "abc\n");
}

static void what_cannot_be_saved_is_not_removed(void **state) {
    world *w = *state;
    orx_git_parked p = {.parked = true, .sha = "kept"};
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    W_RUN(w, w_path(w, "repo"), "git", "config", "filter.broken.clean", "false");
    W_RUN(w, w_path(w, "repo"), "git", "config", "filter.broken.required", "true");
    w_write(w, "repo/.gitattributes", "x filter=broken\n");
    w_write(w, "repo/x", "x");
    w_write(w, "repo/y", "y");
    orx_git_park_spec spec = {.attempt = "a", .base = base, .branch = "main"};
    assert_fails(w, ORX_E_CHILD, "git add", orx_git_park(g, &spec, &w->arena, &p, &w->err));
    assert_string_equal(p.sha, "kept");
    assert_true(w_exists(w, "repo/x") && w_exists(w, "repo/y"));
    assert_int_equal(orx_git_branch_exists(g, "orxaq/parked/a", &w->err), 0);
    assert_false(w_exists(w, "repo/.git/orxaq-park.index"));
}

static void a_conflict_is_parked_as_it_stands(void **state) {
    world *w = *state;
    orx_git_parked p;
    orx_git *g = w_repo(w, "repo");
    const char *repo = w_path(w, "repo");
    W_RUN(w, repo, "git", "checkout", "-q", "-b", "side");
    w_write(w, "repo/a.txt", "side\n");
    w_commit(w, g, "side");
    W_RUN(w, repo, "git", "checkout", "-q", "main");
    w_write(w, "repo/a.txt", "main\n");
    const char *base = w_commit(w, g, "main");
    W_RUN_FAILS(w, 1, repo, "git", "rebase", "side");
    assert_int_equal(orx_git_in_progress(g), ORX_GIT_IN_REBASE);
    orx_git_park_spec spec = {.attempt = "a", .base = base, .branch = "main"};
    assert_ok(orx_git_park(g, &spec, &w->arena, &p, &w->err), &w->err);
    assert_true(p.parked && p.clean);
    assert_int_equal(orx_git_in_progress(g), 0);
    assert_string_equal(w_status(w, g).branch, "main");
    assert_string_equal(w_head(w, g), base);
    assert_contains(W_RUN(w, repo, "git", "show", "orxaq/parked/a:a.txt"), "<<<<<<<");
}

static void nested_repositories_without_a_commit_do_no_harm(void **state) {
    world *w = *state;
    orx_git_parked p;
    orx_git *g = w_repo(w, "repo");
    w_init(w, "repo/sub*dir");
    w_write(w, "repo/sub*dir/f", "f");
    w_write(w, "repo/subXdir", "saved");
    orx_git_park_spec spec = {.attempt = "a", .base = w_head(w, g), .branch = "main"};
    assert_ok(orx_git_park(g, &spec, &w->arena, &p, &w->err), &w->err);
    assert_false(p.clean);
    assert_true(w_exists(w, "repo/sub*dir/f"));
    assert_string_equal(W_RUN(w, w_path(w, "repo"), "git", "show", "orxaq/parked/a:subXdir"),
                        "saved");
}

/* ---- Remotes ------------------------------------------------------------------------------ */

static orx_git *with_remote(world *w) {
    orx_git *g = w_repo(w, "repo");
    w_init_bare(w, "remote.git");
    w_origin(w, "repo", "remote.git");
    W_RUN(w, w_path(w, "repo"), "git", "checkout", "-q", "-b", "topic");
    return g;
}

static const char *url(world *w) {
    return W_RUN(w, w_path(w, "repo"), "git", "config", "remote.origin.url");
}

/* B15, and hooks are never skipped. */
static void b15_output_of_a_remote_is_not_obeyed(void **state) {
    world *w = *state;
    orx_git_push_result r;
    orx_git_push_spec spec = {.owner = "o", .label = "l"};
    orx_git *g = with_remote(w);
    const char *before = url(w);
    w_init_bare(w, "moved.git");
    hook(w, "repo/.git/hooks/pre-push",
         "echo 'remote: This repository moved. Please use the new location:' >&2\n"
         "echo 'remote:   https://github.com/evil/moved.git' >&2\nexit 1");
    assert_ok(orx_git_publish(g, &spec, &w->arena, &r, &w->err), &w->err);
    assert_int_equal(r.end, ORX_GIT_PUSH_REFUSED);
    assert_int_equal(r.pushes, 1);
    assert_non_null(r.words);
    assert_string_equal(url(w), before);
    assert_null(w_status(w, g).upstream);
    W_RUN_FAILS(w, 128, w_path(w, "remote.git"), "git", "rev-parse", "--verify", "-q^", "topic");
}

static void a_push_that_hangs_meets_the_deadline(void **state) {
    world *w = *state;
    orx_git_push_result r;
    orx_git_push_spec spec = {.owner = "o", .label = "l"};
    with_remote(w);
    hook(w, "repo/.git/hooks/pre-push", "exec sleep 600");
    w->options.slow_deadline_ns = 2 * ORX_SEC;
    orx_git *g = w_open(w, "repo");
    assert_fails(w, ORX_E_TIMEOUT, "git push", orx_git_publish(g, &spec, &w->arena, &r, &w->err));
}

static void passwords_stay_out_of_messages(void **state) {
    world *w = *state;
    orx_git_push_result r;
    orx_git_push_spec spec = {.owner = "o", .label = "l"};
    orx_git *g = with_remote(w);
    W_RUN(w, w_path(w, "repo"), "git", "remote", "set-url", "origin",
          "http://user:sesame@127.0.0.1:1/x.git");
    assert_true(orx_git_publish(g, &spec, &w->arena, &r, &w->err) < 0);
    assert_contains(w->err.msg, "127.0.0.1");
    assert_true(orx_view_find(orx_view_of(w->err.msg), "sesame") < 0);
}

static void the_ext_protocol_runs_nothing(void **state) {
    world *w = *state;
    orx_git *g = with_remote(w);
    W_RUN(w, w_path(w, "repo"), "git", "config", "protocol.ext.allow", "always");
    W_RUN(w, w_path(w, "repo"), "git", "remote", "set-url", "origin",
          orx_arena_printf(&w->arena, "ext::touch %s", w_path(w, "ran")));
    assert_int_equal(orx_git_fetch(g, &w->err), ORX_E_CHILD);
    assert_false(w_exists(w, "ran"));
}

static void an_upstream_of_another_name_is_not_pushed_to(void **state) {
    world *w = *state;
    orx_git_push_result r;
    orx_git_push_spec spec = {.owner = "o", .label = "l"};
    orx_git *g = with_remote(w);
    const char *repo = w_path(w, "repo");
    W_RUN(w, repo, "git", "push", "-q", "origin", "main");
    W_RUN(w, repo, "git", "branch", "-q", "--set-upstream-to=origin/main", "topic");
    W_RUN(w, repo, "git", "config", "push.default", "upstream");
    w_write(w, "repo/x", "x");
    w_commit(w, g, "x");
    assert_fails(w, ORX_E_CHILD, "git push", orx_git_publish(g, &spec, &w->arena, &r, &w->err));
    spec.spare_protected = true;
    assert_ok(orx_git_publish(g, &spec, &w->arena, &r, &w->err), &w->err);
    assert_string_equal(r.branch, "codex/o-l");
    assert_int_equal(r.end, ORX_GIT_PUSH_DONE);
}

static void a_lost_upstream_note_is_written_again(void **state) {
    world *w = *state;
    orx_git_push_result r;
    orx_git_push_spec spec = {.owner = "o", .label = "l"};
    orx_git *g = with_remote(w);
    /* Another lane holds config.lock while the push notes its upstream, and lets go then. */
    hook(w, "remote.git/hooks/post-receive",
         orx_arena_printf(&w->arena, "touch %s; (sleep 0.5; rm -f %s) >/dev/null 2>&1 &",
                          w_path(w, "repo/.git/config.lock"), w_path(w, "repo/.git/config.lock")));
    int rc = orx_git_publish(g, &spec, &w->arena, &r, &w->err);
    if (rc == 0) {
        assert_int_equal(r.end, ORX_GIT_PUSH_DONE);
        assert_non_null(w_status(w, g).upstream);
    } else {
        assert_int_equal(rc, ORX_E_BUSY);
    }
}

/* ---- Cost --------------------------------------------------------------------------------- */

/* A git in front of git that writes down each call. */
static orx_git *counted(world *w, const char *rel) {
    const char *real = W_RUN(w, w->dir, "sh", "-c", "command -v git");
    hook(w, "bin/git",
         orx_arena_printf(&w->arena, "echo \"$@\" >> %s\nexec %.*s \"$@\"", w_path(w, "calls"),
                          (int)strcspn(real, "\n"), real));
    w->env[0] = orx_arena_printf(&w->arena, "PATH=%s:%s", w_path(w, "bin"), w->env[0] + 5);
    return w_open(w, rel);
}

static int calls(world *w) {
    const char *text = w_read(w, "calls");
    int n = 0;
    for (; text && *text; text++)
        n += *text == '\n';
    w_remove(w, "calls");
    return n;
}

static void verbs_cost_what_the_header_says(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    char hex[ORX_SHA256_HEX];
    orx_git_parked p;
    orx_str name = {0};
    w_repo(w, "repo");
    orx_git *g = counted(w, "repo");
    assert_int_equal(calls(w), 1);
    const char *base = w_head(w, g);
    assert_ok(orx_git_fingerprint(g, hex, &w->err), &w->err);
    orx_git_branch(g, &name, &w->err);
    orx_git_in_progress(g);
    orx_str_clear(&name);
    orx_git_profile(g, &name);
    assert_string_equal(orx_str_cstr(&name), "Top file types: txt:1.");
    orx_str_free(&name);
    assert_int_equal(orx_git_is_ancestor(g, base, base, &w->err), 1);
    assert_int_equal(calls(w), 0);
    w_status(w, g);
    assert_int_equal(calls(w), 1);
    for (int i = 0; i < 2; i++) { /* the first commit also asks for the identity */
        w_write(w, "repo/x", i ? "b" : "a");
        assert_int_equal(w_changes(w, g, base).count, 1);
        assert_int_equal(calls(w), 2);
        assert_int_equal(deliver(w, g, sha), 1);
        assert_int_equal(calls(w), i ? 2 : 3);
    }
    orx_git_park_spec spec = {.attempt = "a", .base = sha, .branch = "main"};
    assert_ok(orx_git_park(g, &spec, &w->arena, &p, &w->err), &w->err);
    assert_int_equal(calls(w), 1);
    w_write(w, "repo/y", "y");
    assert_ok(orx_git_park(g, &spec, &w->arena, &p, &w->err), &w->err);
    assert_in_range(calls(w), 1, 9);
    assert_int_equal(orx_git_unpark(g, p.branch, sha, &w->err), 1);
    assert_int_equal(calls(w), 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(hooks_run_and_may_refuse),
        WORLD_TEST(a_hook_that_hangs_meets_the_deadline),
        WORLD_TEST(the_configured_identity_commits),
        WORLD_TEST(the_message_arrives_byte_for_byte),
        WORLD_TEST(a_merge_in_progress_is_concluded),
        WORLD_TEST(staged_work_counts),
        WORLD_TEST(links_and_submodules_are_told_apart),
        WORLD_TEST(git_runs_nothing_on_looking),
        WORLD_TEST(personal_settings_do_not_change_answers),
        WORLD_TEST(replaced_objects_fool_nobody),
        WORLD_TEST(a_lost_git_directory_finds_no_parent),
        WORLD_TEST(the_callers_environment_is_filtered),
        WORLD_TEST(an_environment_of_its_own_is_enough),
        WORLD_TEST(a_missing_git_is_named),
        WORLD_TEST(output_is_bounded),
        WORLD_TEST(core_worktree_elsewhere_is_refused),
        WORLD_TEST(a_hooks_path_is_followed),
        WORLD_TEST(packed_refs_are_read),
        WORLD_TEST(sha256_repositories_work),
        WORLD_TEST(what_was_only_staged_is_kept),
        WORLD_TEST(parking_runs_no_hook),
        WORLD_TEST(an_untrusted_configuration_runs_nothing),
        WORLD_TEST(a_trusted_filter_does_its_work),
        WORLD_TEST(what_cannot_be_saved_is_not_removed),
        WORLD_TEST(a_conflict_is_parked_as_it_stands),
        WORLD_TEST(nested_repositories_without_a_commit_do_no_harm),
        WORLD_TEST(b15_output_of_a_remote_is_not_obeyed),
        WORLD_TEST(a_push_that_hangs_meets_the_deadline),
        WORLD_TEST(passwords_stay_out_of_messages),
        WORLD_TEST(the_ext_protocol_runs_nothing),
        WORLD_TEST(an_upstream_of_another_name_is_not_pushed_to),
        WORLD_TEST(a_lost_upstream_note_is_written_again),
        WORLD_TEST(verbs_cost_what_the_header_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
