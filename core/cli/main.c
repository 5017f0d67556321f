/* orxaq: the entry: take the command line apart, run the command, say what went wrong, end with the
 * documented exit code. */
#include "cli/cli.h"

#include "platform/terminal.h"

#include <stdio.h>
#include <stdlib.h>

static int exit_code(int rc) {
    switch (rc) {
    case ORX_E_USAGE:
        return ORX_EXIT_USAGE;
    case ORX_E_BUSY:
        return ORX_EXIT_BUSY;
    default:
        return ORX_EXIT_FAILED;
    }
}

static bool wants(const orx_cli *c, const char *option) {
    for (size_t i = 0; i < c->option_count; i++)
        if (strcmp(c->options[i].name, option) == 0)
            return true;
    return false;
}

static int dispatch(orx_cli *c, int argc, char **argv, orx_err *err) {
    int rc = orx_cli_parse(c, argc, argv, err);
    if (rc < 0)
        return rc;
    if (wants(c, "version"))
        return orx_cmd_version(c, err);
    if (wants(c, "help") || !c->command) {
        orx_cli_help(c, c->command);
        return c->command || wants(c, "help") ? ORX_EXIT_OK : ORX_EXIT_USAGE;
    }
    return c->command->run(c, err);
}

static void find_self(orx_cli *c, const char *argv0) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    const char *slash = strrchr(argv0, '/');
    orx_self_path(&path);
    c->program = slash ? slash + 1 : argv0;
    c->exe = path.len ? orx_arena_strdup(&c->arena, path.buf) : argv0;
}

static void release(orx_cli *c) {
    orx_cli_close(c);
    orx_platform_free(c->p);
    orx_arena_free(&c->arena);
}

int main(int argc, char **argv) {
    orx_cli c = {0};
    orx_err err = ORX_ERR_INIT;
    find_self(&c, argc ? argv[0] : "orxaq");
    /* Called as the predecessor was it prints what that did, on a terminal, too. */
    c.terminal = orx_stdout_is_terminal() && strcmp(c.program, "orxaq-autonomy") != 0;
    c.color = c.terminal && !getenv("NO_COLOR");
    int rc = orx_platform_uv_new(&c.p, &err);
    if (rc == 0)
        rc = dispatch(&c, argc, argv, &err);
    if (rc < 0) {
        orx_cli_complain("%s", err.msg);
        rc = exit_code(rc);
    }
    release(&c);
    if (fflush(stdout) != 0 && rc == 0)
        rc = ORX_EXIT_FAILED;
    return rc;
}
