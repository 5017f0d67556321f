/* Taking the command line apart. */
#include "cli/cli.h"

#include "base/nearest.h"
#include "config/schema.h"

#include <string.h>

/* ---- Commands -------------------------------------------------------------------------------- */

static const orx_command_row *find_command(const char *name) {
    const orx_command_row *r;
    for (size_t i = 0; (r = orx_command_at(i)) != NULL; i++)
        if (strcmp(r->name, name) == 0 || (r->alias && strcmp(r->alias, name) == 0))
            return r;
    return NULL;
}

/* The command that the longest run of leading words names; *ret_used says how many. */
static const orx_command_row *longest(const char *const *words, int count, int *ret_used) {
    const orx_command_row *best = NULL;
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    for (int i = 0; i < count && i < 4; i++) {
        if (i)
            orx_str_addc(&name, '-');
        orx_str_adds(&name, words[i]);
        const orx_command_row *row = find_command(orx_str_cstr(&name));
        if (row) {
            best = row;
            *ret_used = i + 1;
        }
    }
    return best;
}

static int unknown_command(orx_cli *c, const char *const *words, int count, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    for (int i = 0; i < count && i < 2; i++)
        orx_str_addf(&name, "%s%s", i ? "-" : "", words[i]);
    orx_nearest near = {0};
    const orx_command_row *r;
    for (size_t i = 0; (r = orx_command_at(i)) != NULL; i++) {
        if (r->hidden)
            continue;
        orx_nearest_try(&near, orx_str_view(&name), r->name);
        orx_nearest_try(&near, orx_view_of(words[0]), r->alias ? r->alias : r->name);
    }
    const char *best = near.best;
    return orx_err_set(err, ORX_E_USAGE, "unknown command \"%s\"%s%s%s; `%s help` lists them all",
                       words[0], best ? "; did you mean \"" : "", best ? best : "",
                       best ? "\"" : "", c->program);
}

/* ---- Options --------------------------------------------------------------------------------- */

static const orx_option *find_option(const orx_option *list, const char *name) {
    for (; list && list->name; list++)
        if (strcmp(list->name, name) == 0)
            return list;
    return NULL;
}

/* A flag of the configuration schema: 1 takes a value, 0 a switch, -1 unknown. */
static int schema_flag(const char *name) {
    orx_config_flag f;
    for (size_t i = 0; orx_config_flag_at(i, &f); i++) {
        if (strcmp(f.name, name) == 0)
            return f.value_name != NULL;
        if (!f.value_name && strncmp(name, "no-", 3) == 0 && strcmp(f.name, name + 3) == 0)
            return 0;
    }
    return -1;
}

static int unknown_option(const orx_cli *c, const char *name, orx_err *err) {
    orx_nearest near = {0};
    for (const orx_option *o = orx_global_options; o->name; o++)
        orx_nearest_try(&near, orx_view_of(name), o->name);
    for (const orx_option *o = c->command ? c->command->options : NULL; o && o->name; o++)
        orx_nearest_try(&near, orx_view_of(name), o->name);
    orx_config_flag f;
    for (size_t i = 0; c->command && c->command->run_flags && orx_config_flag_at(i, &f); i++)
        orx_nearest_try(&near, orx_view_of(name), f.name);
    const char *best = near.best;
    return orx_err_set(err, ORX_E_USAGE,
                       "unknown option --%s%s%s%s; `%s help%s%s` lists the options", name,
                       best ? "; did you mean --" : "", best ? best : "", best ? "?" : "",
                       c->program, c->command ? " " : "", c->command ? c->command->name : "");
}

static int set_color(orx_cli *c, const char *when, orx_err *err) {
    if (strcmp(when, "always") == 0)
        c->color = true;
    else if (strcmp(when, "never") == 0)
        c->color = false;
    else if (strcmp(when, "auto") != 0)
        return orx_err_set(err, ORX_E_USAGE, "--color is auto, always or never, not \"%s\"", when);
    return 0;
}

static int set_global(orx_cli *c, const char *name, const char *value, orx_err *err) {
    if (strcmp(name, "root") == 0)
        c->root = value;
    else if (strcmp(name, "env-file") == 0)
        c->env_file = value;
    else if (strcmp(name, "config") == 0)
        c->config_file = value;
    else if (strcmp(name, "overlay") == 0)
        c->overlay = value;
    else if (strcmp(name, "strict") == 0)
        c->strict = true;
    else if (strcmp(name, "json") == 0)
        c->json = true;
    else if (strcmp(name, "quiet") == 0)
        c->quiet = true;
    else if (strcmp(name, "color") == 0)
        return set_color(c, value ? value : "", err);
    else if (strcmp(name, "help") == 0)
        c->options[c->option_count++] = (orx_given){"help", NULL};
    else
        c->options[c->option_count++] = (orx_given){"version", NULL};
    return 0;
}

/* One "--name[=value]"; *i moves over a value that is a word of its own. */
static int take_option(orx_cli *c, int argc, char **argv, int *i, orx_err *err) {
    const char *word = argv[*i] + 2;
    const char *eq = strchr(word, '=');
    const char *name =
        orx_arena_dup(&c->arena, orx_view_mem(word, eq ? (size_t)(eq - word) : strlen(word)));
    const orx_option *global = find_option(orx_global_options, name);
    const orx_option *own = c->command ? find_option(c->command->options, name) : NULL;
    int flag = c->command && c->command->run_flags ? schema_flag(name) : -1;
    if (!global && !own && flag < 0)
        return unknown_option(c, name, err);
    bool takes = own ? own->value_name != NULL : global ? global->value_name != NULL : flag == 1;
    const char *value = eq ? eq + 1 : NULL;
    if (!takes && value)
        return orx_err_set(err, ORX_E_USAGE, "--%s takes no value", name);
    if (takes && !value) {
        if (*i + 1 >= argc)
            return orx_err_set(err, ORX_E_USAGE, "--%s needs a value", name);
        value = argv[++*i];
    }
    if (!own && global)
        return set_global(c, name, value, err);
    c->options[c->option_count++] = (orx_given){name, value};
    return 0;
}

/* The words before the first option and those behind options that are known to be global, so that
 * `orxaq --root X status` and `orxaq status --root X` are the same. */
static void leading_words(int argc, char **argv, const char **words, int *ret_count) {
    int n = 0;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            words[n++] = argv[i];
            continue;
        }
        if (n)
            break;
        const orx_option *o = find_option(orx_global_options, argv[i] + 2);
        if (o && o->value_name)
            i++;
    }
    *ret_count = n;
}

static int check_count(const orx_cli *c, orx_err *err) {
    const orx_command_row *r = c->command;
    for (size_t i = 0; i < c->option_count; i++)
        if (strcmp(c->options[i].name, "help") == 0)
            return 0;
    if (c->arg_count < r->min_args)
        return orx_err_set(err, ORX_E_USAGE, "usage: %s %s %s", c->program, r->name, r->args);
    if (r->max_args >= 0 && c->arg_count > r->max_args)
        return orx_err_set(err, ORX_E_USAGE, "%s: unexpected argument \"%s\"; usage: %s %s %s",
                           r->name, c->args[r->max_args], c->program, r->name,
                           r->args ? r->args : "");
    return 0;
}

int orx_cli_parse(orx_cli *c, int argc, char **argv, orx_err *err) {
    const char **words = orx_arena_zalloc(&c->arena, (size_t)argc + 1, sizeof *words);
    c->args = orx_arena_zalloc(&c->arena, (size_t)argc + 1, sizeof *c->args);
    c->options = orx_arena_zalloc(&c->arena, (size_t)argc + 1, sizeof *c->options);
    int count = 0;
    int used = 0;
    leading_words(argc, argv, words, &count);
    c->command = longest(words, count, &used);
    if (!c->command && count)
        return unknown_command(c, words, count, err);
    c->overlay = c->command ? c->command->overlay : NULL;
    bool only_args = false;
    int seen = 0;
    for (int i = 1; i < argc; i++) {
        if (!only_args && strcmp(argv[i], "--") == 0) {
            only_args = true;
        } else if (!only_args && strncmp(argv[i], "--", 2) == 0) {
            int rc = take_option(c, argc, argv, &i, err);
            if (rc < 0)
                return rc;
        } else if (!only_args && argv[i][0] == '-' && argv[i][1]) {
            return orx_err_set(err, ORX_E_USAGE, "unknown option %s; options begin with two dashes",
                               argv[i]);
        } else if (seen++ >= used) {
            c->args[c->arg_count++] = argv[i];
        }
    }
    return c->command ? check_count(c, err) : 0;
}

const char *orx_cli_option(const orx_cli *c, const char *name) {
    const char *value = NULL;
    for (size_t i = 0; i < c->option_count; i++)
        if (strcmp(c->options[i].name, name) == 0)
            value = c->options[i].value ? c->options[i].value : "";
    return value;
}
