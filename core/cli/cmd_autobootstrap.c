/* orxaq provider-autobootstrap: the env file with every key that is known, and then the checks. */
#include "cli/keys.h"

#include <stdlib.h>

/* [K] The file's value stays, else the environment's is taken, else a placeholder. */
static const char *fill(orx_key_file *f, const orx_key_row *k) {
    const orx_envvar *var = orx_envfile_get(&f->parsed, k->name);
    const char *env = getenv(k->name);
    if (var && orx_secret_is_set(var->value))
        return "kept";
    if (orx_secret_is_set(env)) {
        orx_key_file_set(f, k->name, orx_view_of(env));
        return "taken from the environment";
    }
    if (!var || strcmp(var->value, k->placeholder) != 0)
        orx_key_file_set(f, k->name, orx_view_of(k->placeholder));
    return NULL;
}

/* Returns how many of the required keys are missing. */
static int fill_all(orx_cli *c, orx_key_file *f) {
    int missing = 0;
    for (const orx_key_row *k = orx_key_rows; k->name; k++) {
        const char *what = k->placeholder ? fill(f, k) : NULL;
        if (what)
            orx_cli_printf("%-20s %s\n", k->name, what);
        else if (k->required)
            orx_cli_printf("%-20s %s: get one at %s\n", k->name, orx_cli_paint(c, "31", "missing"),
                           k->page);
        missing += !what && k->required;
    }
    return missing;
}

static int run(orx_cli *c, int (*command)(orx_cli *c, orx_err *err), orx_err *err) {
    int rc = command(c, err);
    orx_cli_close(c);
    return rc;
}

int orx_cmd_provider_autobootstrap(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_key_file_free) orx_key_file f = {0};
    const char *given = c->arg_count ? c->args[0] : NULL;
    int rc = orx_key_file_read(c, given, &f, err);
    if (rc < 0)
        return rc;
    int missing = fill_all(c, &f);
    rc = orx_key_file_write(c, &f, err);
    if (rc < 0)
        return rc;
    if (missing) {
        orx_cli_printf(
            "%d of the required keys are missing: enter them with `orxaq keys set NAME`, "
            "then run this again for the checks\n",
            missing);
        return ORX_EXIT_OK;
    }
    c->env_file = f.path;
    rc = run(c, orx_cmd_preflight_autonomy, err);
    return rc == ORX_EXIT_OK ? run(c, orx_cmd_connectivity, err) : rc;
}
