/* orxaq plugin new: a driver to begin with, copied from the kit. */
#include "cli/cli.h"

#include "base/nearest.h"
#include "platform/files.h"

#define NAME_MAX_LEN 64
#define FILE_MAX     ((size_t)1 << 20)

/* The word that stands for the plugin's name in the files of a template, and in their own names. */
#define PLACE       "example"
#define PLACE_UPPER "EXAMPLE"

static const char *const kinds[] = {"provider", "router", "sink", NULL};
static const char *const files[] = {"CMakeLists.txt", "README.md", PLACE ".c",
                                    "tests/test_" PLACE ".c", NULL};

/* What is being made. */
typedef struct making {
    orx_cli *c;
    const char *kind;
    const char *name;
    const char *upper; /* the name as part of an environment variable */
    const char *from;
    const char *dir;
} making;

/* ---- What is asked for ----------------------------------------------------------------------- */

static int check_kind(const char *kind, orx_err *err) {
    orx_nearest near = {0};
    for (const char *const *k = kinds; *k; k++) {
        if (strcmp(*k, kind) == 0)
            return 0;
        orx_nearest_try(&near, orx_view_of(kind), *k);
    }
    return orx_err_set(
        err, ORX_E_USAGE, "a plugin is a provider, a router or a sink, not \"%s\"%s%s%s", kind,
        near.best ? "; did you mean \"" : "", near.best ? near.best : "", near.best ? "\"?" : "");
}

/* The rule for ids of plugin.h, and names that a build system keeps for itself. */
static int check_name(const char *name, orx_err *err) {
    static const char *const taken[] = {"all",           "clean",   "depend",  "edit_cache",
                                        "help",          "install", "package", "package_source",
                                        "rebuild_cache", "test",    NULL};
    size_t len = strnlen(name, NAME_MAX_LEN + 1);
    bool good = len > 0 && len <= NAME_MAX_LEN && name[0] >= 'a' && name[0] <= 'z';
    for (const char *ch = name; good && *ch; ch++)
        good = (*ch >= 'a' && *ch <= 'z') || (*ch >= '0' && *ch <= '9') || strchr("-_.", *ch);
    if (!good)
        return orx_err_set(err, ORX_E_USAGE,
                           "the name of a plugin is a letter followed by a-z, 0-9, '-', '_' or "
                           "'.', at most %d in all, not \"%.80s\"",
                           NAME_MAX_LEN, name);
    for (const char *const *t = taken; *t; t++)
        if (strcmp(*t, name) == 0)
            return orx_err_set(err, ORX_E_USAGE,
                               "a plugin cannot be called \"%s\": CMake has a target of that name",
                               name);
    return 0;
}

/* Ids are unique among the plugins that are loaded, so that of one that is there is no use. */
static int check_free(const making *m, orx_err *err) {
    for (const char *const *d = orx_plugin_dirs(&m->c->arena, m->c->exe); *d; d++) {
        const char *file = orx_arena_printf(&m->c->arena, "%s/%s.so", *d, m->name);
        if (orx_exists(m->c->p, file))
            return orx_err_set(err, ORX_E_EXISTS,
                               "there is a plugin \"%s\" already (%s): choose another name",
                               m->name, file);
    }
    return 0;
}

/* ---- Where things are ------------------------------------------------------------------------ */

/* The directory above the one that holds this program. */
static const char *prefix(orx_cli *c) {
    char *path = orx_arena_strdup(&c->arena, c->exe);
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');
        if (slash)
            *slash = '\0';
    }
    return path;
}

static int find_template(making *m, orx_err *err) {
    m->from = orx_arena_printf(&m->c->arena, "%s/%s/orxaq/sdk/template/%s", prefix(m->c),
                               ORX_DATADIR, m->kind);
    if (orx_exists(m->c->p, m->from))
        return 0;
    return orx_err_set(err, ORX_E_NOT_FOUND,
                       "the template is not where it belongs (%s): install orxaq with its SDK, "
                       "`make install` does",
                       m->from);
}

/* text with both spellings of the place taken by the name. */
static void fill(const making *m, orx_view text, orx_str *out) {
    for (;;) {
        int64_t lower = orx_view_find(text, PLACE);
        int64_t upper = orx_view_find(text, PLACE_UPPER);
        bool is_upper = upper >= 0 && (lower < 0 || upper < lower);
        int64_t at = is_upper ? upper : lower;
        if (at < 0)
            break;
        orx_str_add(out, text.p, (size_t)at);
        orx_str_adds(out, is_upper ? m->upper : m->name);
        size_t skip = (size_t)at + sizeof PLACE - 1;
        text = orx_view_mem(text.p + skip, text.len - skip);
    }
    orx_str_addv(out, text);
}

static const char *target(const making *m, const char *file) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    fill(m, orx_view_of(file), &name);
    return orx_arena_printf(&m->c->arena, "%s/%s", m->dir, orx_str_cstr(&name));
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* All or nothing: half a driver among somebody's files would be worse than none. */
static int check_empty(const making *m, orx_err *err) {
    for (const char *const *f = files; *f; f++)
        if (orx_exists(m->c->p, target(m, *f)))
            return orx_err_set(err, ORX_E_EXISTS,
                               "%s exists and is not overwritten: choose another folder with --dir",
                               target(m, *f));
    return 0;
}

static int write_one(const making *m, const char *file, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str from = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *source = orx_path_join(&m->c->arena, m->from, file);
    const char *path = target(m, file);
    char *parent = orx_arena_strdup(&m->c->arena, path);
    *strrchr(parent, '/') = '\0';
    int rc = orx_read_file(m->c->p, source, FILE_MAX, &from, err);
    if (rc >= 0)
        rc = orx_mkdirs(m->c->p, *parent ? parent : "/", false, err);
    if (rc < 0)
        return rc;
    fill(m, orx_str_view(&from), &text);
    return orx_write_new(m->c->p, path, orx_str_view(&text), 0644, err);
}

/* ---- What to do next ------------------------------------------------------------------------- */

/* A word as a shell reads it. */
static const char *quoted(orx_cli *c, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./+=:@,-";
    if (*word && word[strspn(word, plain)] == '\0')
        return word;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_str_addc(&s, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            orx_str_adds(&s, "'\\'");
        orx_str_addc(&s, *word);
    }
    orx_str_addc(&s, '\'');
    return orx_arena_strdup(&c->arena, orx_str_cstr(&s));
}

/* Three commands; the first names the place of the SDK when CMake does not look there by itself. */
static void next_steps(const making *m, const char *steps[3]) {
    orx_arena *a = &m->c->arena;
    const char *dir = quoted(m->c, m->dir);
    const char *build = quoted(m->c, orx_path_join(a, m->dir, "build"));
    const char *at = prefix(m->c);
    bool known = strcmp(at, "/usr") == 0 || strcmp(at, "/usr/local") == 0;
    bool installed = orx_exists(m->c->p, orx_path_join(a, at, "include/orxaq/abi.h"));
    const char *where = known ? ""
                        : installed
                            ? orx_arena_printf(a, " -DCMAKE_PREFIX_PATH=%s", quoted(m->c, at))
                            : " -DCMAKE_PREFIX_PATH=PREFIX";
    steps[0] = orx_arena_printf(a, "cmake -S %s -B %s%s", dir, build, where);
    steps[1] = orx_arena_printf(a, "cmake --build %s", build);
    steps[2] = orx_arena_printf(a, "ctest --test-dir %s --output-on-failure", build);
    if (!known && !installed && !m->c->quiet)
        orx_cli_complain("this orxaq runs from its build tree; PREFIX below is where you install "
                         "it: `make install PREFIX=DIR`");
}

static void print_json(const making *m, const char *const steps[3]) {
    orx_arena *a = &m->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *made = orx_node_new(a, ORX_ARRAY);
    orx_node *next = orx_node_new(a, ORX_ARRAY);
    orx_node_set_str(a, n, "kind", m->kind);
    orx_node_set_str(a, n, "name", m->name);
    orx_node_set_str(a, n, "dir", m->dir);
    for (const char *const *f = files; *f; f++)
        orx_node_push(made, orx_node_new_str(a, orx_view_of(target(m, *f))));
    for (int i = 0; i < 3; i++)
        orx_node_push(next, orx_node_new_str(a, orx_view_of(steps[i])));
    orx_node_set(a, n, "files", made);
    orx_node_set(a, n, "next", next);
    orx_cli_json(m->c, n);
}

static void print_text(const making *m, const char *const steps[3]) {
    if (m->c->quiet)
        return;
    for (const char *const *f = files; *f; f++)
        orx_cli_printf("  written %s\n", target(m, *f));
    orx_cli_printf("\nNext:\n  %s\n  %s\n  %s\n", steps[0], steps[1], steps[2]);
}

static const char *upper_of(orx_cli *c, const char *name) {
    char *upper = orx_arena_strdup(&c->arena, name);
    for (char *ch = upper; *ch; ch++) {
        if (*ch >= 'a' && *ch <= 'z')
            *ch = (char)(*ch - 'a' + 'A');
        else if (*ch == '-' || *ch == '.')
            *ch = '_';
    }
    return upper;
}

int orx_cmd_plugin_new(orx_cli *c, orx_err *err) {
    const char *dir = orx_cli_option(c, "dir");
    making m = {.c = c, .kind = c->args[0], .name = c->args[1], .dir = dir ? dir : c->args[1]};
    const char *steps[3];
    int rc = check_kind(m.kind, err);
    if (rc >= 0)
        rc = check_name(m.name, err);
    if (rc >= 0 && !*m.dir)
        rc = orx_err_set(err, ORX_E_USAGE, "--dir needs the name of a folder");
    if (rc >= 0)
        rc = check_free(&m, err);
    if (rc >= 0)
        rc = find_template(&m, err);
    m.upper = upper_of(c, m.name);
    if (rc >= 0)
        rc = check_empty(&m, err);
    for (const char *const *f = files; rc >= 0 && *f; f++)
        rc = write_one(&m, *f, err);
    if (rc < 0)
        return rc;
    next_steps(&m, steps);
    if (c->json)
        print_json(&m, steps);
    else
        print_text(&m, steps);
    return ORX_EXIT_OK;
}
