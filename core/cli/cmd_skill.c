/* orxaq init-skill-protocol: the shipped skill protocol as a file, to be changed. */
#include "cli/cli.h"

#include "cli/init_files.h"
#include "platform/files.h"

#define PROTOCOL "config/skill_protocol.json"

static orx_view shipped(void) {
    for (const orx_init_file *f = orx_init_files; f->path; f++)
        if (strcmp(f->path, PROTOCOL) == 0)
            return orx_view_mem(f->bytes, f->len);
    return (orx_view){0};
}

/* Relative to the root, like the paths of the configuration. */
static const char *target(orx_cli *c) {
    const char *given = orx_cli_option(c, "output");
    if (!given)
        return c->cfg->paths.skill_protocol_file;
    return *given == '/' ? given : orx_path_join(&c->arena, c->cfg->root, given);
}

/* Somebody's own protocol is not lost by asking for the shipped one. */
static int check_existing(orx_cli *c, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    if (!orx_exists(c->p, path) || orx_cli_option(c, "force"))
        return 0;
    int rc = orx_read_file(c->p, path, orx_limits_config.max_bytes, &bytes, err);
    if (rc == 0 && !orx_view_eq(orx_str_view(&bytes), shipped()))
        rc = orx_err_set(err, ORX_E_EXISTS,
                         "%s is there and is not the shipped one; --force replaces it", path);
    return rc;
}

static int write_it(orx_cli *c, const char *path, orx_err *err) {
    char *parent = orx_arena_strdup(&c->arena, path);
    char *slash = strrchr(parent, '/');
    if (slash && slash != parent)
        *slash = '\0';
    int rc = orx_mkdirs(c->p, parent, false, err);
    return rc < 0 ? rc : orx_write_atomic(c->p, path, shipped(), 0644, err);
}

int orx_cmd_init_skill_protocol(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    const char *path = rc == 0 ? target(c) : NULL;
    if (rc == 0 && !path)
        rc = orx_err_set(err, ORX_E_USAGE,
                         "paths.skill_protocol_file is empty: say where with --output");
    if (rc == 0)
        rc = check_existing(c, path, err);
    if (rc == 0)
        rc = write_it(c, path, err);
    if (rc < 0)
        return rc;
    orx_cli_printf("wrote skill protocol: %s\n", path);
    return ORX_EXIT_OK;
}
