/* orxaq init: what a root needs to begin with. Never overwrites. */
#include "cli/cli.h"

#include "cli/init_files.h"
#include "config/schema.h"
#include "platform/files.h"

typedef struct writing {
    orx_cli *c;
    const char *dir;
    int written;
    int kept;
} writing;

static int write_one(writing *w, const char *path, orx_view bytes, orx_err *err) {
    char *full = orx_path_join(&w->c->arena, w->dir, path);
    char *parent = orx_arena_strdup(&w->c->arena, full);
    char *slash = strrchr(parent, '/');
    if (slash && slash != parent)
        *slash = '\0';
    int rc = orx_mkdirs(w->c->p, parent, false, err);
    if (rc == 0)
        rc = orx_write_new(w->c->p, full, bytes, 0644, err);
    bool kept = rc == ORX_E_EXISTS;
    if (rc < 0 && !kept)
        return rc;
    w->written += !kept;
    w->kept += kept;
    if (!w->c->quiet)
        orx_cli_printf("  %s %s\n", kept ? "kept   " : "written", path);
    return 0;
}

static int write_all(writing *w, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str yaml = {0};
    orx_config_example(&yaml, false);
    int rc = write_one(w, "orxaq.yaml", orx_str_view(&yaml), err);
    for (const orx_init_file *f = orx_init_files; rc == 0 && f->path; f++)
        rc = write_one(w, f->path, orx_view_mem(f->bytes, f->len), err);
    return rc;
}

int orx_cmd_init(orx_cli *c, orx_err *err) {
    writing w = {.c = c, .dir = c->arg_count ? c->args[0] : c->root ? c->root : "."};
    int rc = orx_mkdirs(c->p, w.dir, false, err);
    if (rc == 0)
        rc = write_all(&w, err);
    if (rc < 0)
        return rc;
    if (!c->quiet)
        orx_cli_printf(
            "%d file%s written, %d kept. Next: set repos.impl in orxaq.yaml, put tasks into "
            "config/tasks.json, then `%s --root %s config check` and `%s --root %s run`.\n",
            w.written, w.written == 1 ? "" : "s", w.kept, c->program, w.dir, c->program, w.dir);
    return ORX_EXIT_OK;
}
