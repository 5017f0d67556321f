/* Configuration, journal and plugins for a command. */
#include "cli/lanes.h"

#include "agent/steps.h"
#include "cli/init_files.h"
#include "money/ingest_rows.h"
#include "platform/files.h"
#include "unit/keeper.h"

#include <stdlib.h>

const orx_store_room *const orx_cli_rooms[] = {
    &orx_task_room,  &orx_money_room, &orx_ingest_room, &orx_route_room,
    &orx_agent_room, &orx_run_room,   &orx_unit_room,   NULL};

static void show_warnings(const orx_cli *c, const orx_diags *d) {
    if (c->quiet)
        return;
    for (const orx_diag *i = d->first; i; i = i->next)
        if (i->severity == ORX_DIAG_WARNING)
            orx_cli_complain("%s: warning: %s", i->where, i->text);
}

/* A root of the predecessor's has none of the files that we ship. */
static const char *built_in(orx_cli *c, const char *overlay) {
    for (const orx_init_file *f = orx_init_files; f->path; f++) {
        orx_view name = orx_view_of(f->path);
        if (orx_view_starts(name, "config/overlays/") && orx_view_ends(name, ".yaml") &&
            name.len == strlen(overlay) + 21 && memcmp(name.p + 16, overlay, name.len - 21) == 0)
            return orx_arena_dup(&c->arena, orx_view_mem((const char *)f->bytes, f->len));
    }
    return NULL;
}

orx_config_options orx_cli_config_options(orx_cli *c) {
    return (orx_config_options){.root = c->root,
                                .env_file = c->env_file,
                                .config_file = c->config_file,
                                .strict = c->strict,
                                .overlay = c->overlay,
                                .overlay_text = c->overlay ? built_in(c, c->overlay) : NULL};
}

int orx_cli_config_into(orx_cli *c, orx_diags *diags, orx_err *err) {
    orx_flag_value *flags = orx_arena_zalloc(&c->arena, c->option_count + 1, sizeof *flags);
    size_t n = 0;
    for (size_t i = 0; c->command->run_flags && i < c->option_count; i++) {
        bool own = false;
        for (const orx_option *o = c->command->options; o && o->name; o++)
            own = own || strcmp(o->name, c->options[i].name) == 0;
        if (!own)
            flags[n++] = (orx_flag_value){c->options[i].name, c->options[i].value};
    }
    orx_config_options options = orx_cli_config_options(c);
    options.flags = flags;
    options.flag_count = n;
    int rc = orx_config_load(c->p, &options, &c->cfg, diags, err);
    if (rc < 0 || !*c->cfg->lane || strcmp(orx_run_lane(c->cfg), "primary") == 0)
        return rc;
    orx_diags_free(diags); /* what is wrong is found again */
    return orx_cli_take_lane(c, &options, diags, err);
}

int orx_cli_config(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    int rc = orx_cli_config_into(c, &diags, err);
    show_warnings(c, &diags);
    return rc;
}

static const char *journal_path(orx_cli *c) {
    return orx_path_join(&c->arena, c->cfg->paths.state_dir, "orxaq.db");
}

int orx_cli_store(orx_cli *c, int flags, orx_err *err) {
    if (flags & ORX_STORE_READ_ONLY) {
        const char *db = journal_path(c);
        if (!orx_exists(c->p, db))
            return orx_err_set(
                err, ORX_E_NOT_FOUND,
                "%s has no journal yet (%s): nothing was run here. `orxaq init` prepares "
                "a root, `orxaq run` starts",
                c->cfg->root, db);
    }
    return orx_store_open(c->p, c->cfg->root,
                          flags & ORX_STORE_READ_ONLY ? NULL : orx_run_origin(c->cfg, &c->arena),
                          orx_cli_rooms, flags, &c->store, err);
}

int orx_cli_store_for_plan(orx_cli *c, orx_err *err) {
    if (orx_exists(c->p, journal_path(c)))
        return orx_cli_store(c, ORX_STORE_CREATE, err);
    uint64_t bits;
    orx_random(c->p, &bits, sizeof bits);
    const char *tmp = orx_config_env(c->cfg, "TMPDIR");
    const char *folder =
        orx_arena_printf(&c->arena, "%s/orxaq-plan-%016llx", tmp && *tmp == '/' ? tmp : "/tmp",
                         (unsigned long long)bits);
    int rc = orx_mkdirs(c->p, folder, true, err);
    if (rc < 0)
        return rc;
    c->scratch = folder;
    return orx_store_open(c->p, folder, orx_run_origin(c->cfg, &c->arena), orx_cli_rooms,
                          ORX_STORE_CREATE, &c->store, err);
}

static int secret(void *user, const char *reference, orx_str *ret_value, orx_err *err) {
    const orx_cli *c = user;
    const char *value =
        strncmp(reference, "env:", 4) == 0 ? orx_config_env(c->cfg, reference + 4) : NULL;
    if (!value)
        return orx_err_set(err, ORX_E_NOT_FOUND, "the secret %s is not set", reference);
    orx_str_adds(ret_value, value);
    return 0;
}

int orx_cli_plugins(orx_cli *c, orx_err *err ORX_UNUSED) {
    const char **probe = orx_arena_zalloc(&c->arena, 4, sizeof *probe);
    probe[0] = c->exe;
    probe[1] = "plugin";
    probe[2] = "probe-internal";
    const orx_plugin_setup setup = {
        .root = c->cfg ? c->cfg->root : NULL,
        .dirs = orx_plugin_dirs(&c->arena, c->exe),
        .cache_file =
            c->cfg ? orx_path_join(&c->arena, c->cfg->paths.state_dir, "plugin-verdicts.json")
                   : NULL,
        .probe = probe,
        .secret = c->cfg ? secret : NULL,
        .user = c,
    };
    c->plugins = orx_plugins_new(c->p, &setup);
    return 0;
}

/* Somebody waits for the command: it must not wait long for whoever works in the repository. */
#define GIT_NS (10 * ORX_SEC)

int orx_cli_open_repo(orx_cli *c, const char *path, orx_git **ret_git, orx_err *err) {
    const char *const *env = NULL;
    const orx_child_env child = {0};
    int rc = orx_config_env_for_child(c->cfg, &child, &c->arena, &env, err);
    const orx_git_options options = {.env = env, .deadline_ns = GIT_NS};
    return rc < 0 ? rc : orx_git_open(c->p, path, &options, ret_git, err);
}

void orx_cli_close(orx_cli *c) {
    orx_store_close(c->store);
    if (c->scratch)
        (void)orx_remove_tree(c->p, c->scratch, NULL);
    orx_plugins_free(c->plugins);
    orx_config_free(c->cfg);
    orx_config_free(c->root_cfg);
    c->store = NULL;
    c->scratch = NULL;
    c->plugins = NULL;
    c->cfg = c->root_cfg = NULL;
}
