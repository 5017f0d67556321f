/* Help and completions, generated from the table. */
#include "cli/cli.h"

#include "config/schema.h"

#include <stdio.h>

static void print_options(const orx_option *list) {
    for (; list && list->name; list++) {
        char left[80];
        (void)snprintf(left, sizeof left, "--%s%s%s", list->name, list->value_name ? " " : "",
                       list->value_name ? list->value_name : "");
        orx_cli_printf("  %-26s %s\n", left, list->help);
    }
}

static void print_flags(void) {
    orx_config_flag f;
    orx_cli_printf("\nFlags that set configuration keys for this run:\n");
    for (size_t i = 0; orx_config_flag_at(i, &f); i++) {
        char left[120];
        (void)snprintf(left, sizeof left, "--%s%s%s%s", f.value_name ? "" : "[no-]", f.name,
                       f.value_name ? " " : "", f.value_name ? f.value_name : "");
        orx_cli_printf(
            "  %-40s %s%s%s%s\n", left, f.help, f.fallback && *f.fallback ? " (default " : "",
            f.fallback && *f.fallback ? f.fallback : "", f.fallback && *f.fallback ? ")" : "");
    }
}

static const char *spoken(orx_cli *c, const char *name) {
    char *words = orx_arena_strdup(&c->arena, name);
    for (char *p = words; *p; p++)
        if (*p == '-')
            *p = ' ';
    return words;
}

static void overview(orx_cli *c) {
    orx_cli_printf(
        "orxaq runs AI coding agents unattended: it takes tasks from a queue, has an agent do "
        "each\nin a git repository, proves the result, commits it and keeps the books.\n\n"
        "usage: %s [options] COMMAND [options] [arguments]\n\nCommands:\n",
        c->program);
    const orx_command_row *r;
    for (size_t i = 0; (r = orx_command_at(i)) != NULL; i++) {
        if (r->hidden)
            continue;
        char left[80];
        (void)snprintf(left, sizeof left, "%s%s%s", spoken(c, r->name), r->args ? " " : "",
                       r->args ? r->args : "");
        orx_cli_printf("  %-26s %s\n", left, r->help);
    }
    orx_cli_printf("\nOptions of every command:\n");
    print_options(orx_global_options);
    orx_cli_printf(
        "\n`%s help COMMAND` says more about one. Exit codes: 0 fine, 1 failed, 2 usage, 3 cycle "
        "limit,\n4 blocked or waiting tasks are left, 75 another instance holds the lock, 130/143 "
        "interrupted.\n",
        c->program);
}

void orx_cli_help(const orx_cli *const_cli, const orx_command_row *row) {
    orx_cli c = *const_cli;
    c.arena = (orx_arena){0};
    if (!row) {
        overview(&c);
    } else {
        bool options = row->options && row->options->name;
        orx_cli_printf("usage: %s %s%s%s%s\n\n%s\n", c.program, spoken(&c, row->name),
                       options || row->run_flags ? " [options]" : "", row->args ? " " : "",
                       row->args ? row->args : "", row->help);
        if (row->more)
            orx_cli_printf("\n%s\n", row->more);
        if (options)
            orx_cli_printf("\nOptions:\n");
        print_options(row->options);
        orx_cli_printf("\nOptions of every command:\n");
        print_options(orx_global_options);
        if (row->run_flags)
            print_flags();
    }
    orx_arena_free(&c.arena);
}

int orx_cmd_help(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    for (int i = 0; i < c->arg_count; i++)
        orx_str_addf(&name, "%s%s", i ? "-" : "", c->args[i]);
    if (!name.len) {
        orx_cli_help(c, NULL);
        return ORX_EXIT_OK;
    }
    const orx_command_row *r;
    for (size_t i = 0; (r = orx_command_at(i)) != NULL; i++)
        if (strcmp(r->name, name.buf) == 0 || (r->alias && strcmp(r->alias, name.buf) == 0)) {
            orx_cli_help(c, r);
            return ORX_EXIT_OK;
        }
    return orx_err_set(err, ORX_E_USAGE, "no command \"%s\"; `%s help` lists them all", name.buf,
                       c->program);
}

/* ---- Completions ----------------------------------------------------------------------------- */

static void add_words(orx_str *out, const orx_option *list) {
    for (; list && list->name; list++)
        orx_str_addf(out, " --%s", list->name);
}

static void options_of(const orx_command_row *r, orx_str *out) {
    orx_config_flag f;
    add_words(out, r->options);
    for (size_t i = 0; r->run_flags && orx_config_flag_at(i, &f); i++) {
        orx_str_addf(out, " --%s", f.name);
        if (!f.value_name)
            orx_str_addf(out, " --no-%s", f.name);
    }
    add_words(out, orx_global_options);
}

static void bash_script(void) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_str_adds(&s, "# bash completion for orxaq: source <(orxaq completion bash)\n"
                     "_orxaq() {\n"
                     "    local cur=${COMP_WORDS[COMP_CWORD]} name= word\n"
                     "    local first=\"\"\n"
                     "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                     "        [[ $word == -* ]] && continue\n"
                     "        name=${name:+$name-}$word\n"
                     "    done\n"
                     "    case $name in\n");
    const orx_command_row *r;
    for (size_t i = 0; (r = orx_command_at(i)) != NULL; i++) {
        if (r->hidden)
            continue;
        orx_str_addf(&s, "    %s*) first=\"", r->name);
        options_of(r, &s);
        orx_str_adds(&s, "\" ;;\n");
    }
    orx_str_adds(&s, "    *) first=\"");
    for (size_t i = 0; (r = orx_command_at(i)) != NULL; i++)
        if (!r->hidden)
            orx_str_addf(&s, " %s", r->name);
    add_words(&s, orx_global_options);
    orx_str_adds(&s, "\" ;;\n    esac\n"
                     "    COMPREPLY=($(compgen -W \"$first\" -- \"$cur\"))\n"
                     "}\ncomplete -o default -F _orxaq orxaq orxaq-autonomy\n");
    orx_cli_print(orx_str_view(&s));
}

static void zsh_script(void) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_str_adds(&s, "#compdef orxaq orxaq-autonomy\n"
                     "# zsh completion for orxaq: put it as _orxaq into a folder of $fpath\n"
                     "_orxaq() {\n    local -a commands\n    commands=(\n");
    const orx_command_row *r;
    for (size_t i = 0; (r = orx_command_at(i)) != NULL; i++)
        if (!r->hidden)
            orx_str_addf(&s, "        '%s:%s'\n", r->name, r->help);
    orx_str_adds(&s, "    )\n    if (( CURRENT == 2 )); then\n"
                     "        _describe command commands\n        return\n    fi\n"
                     "    case $words[2] in\n");
    for (size_t i = 0; (r = orx_command_at(i)) != NULL; i++) {
        if (r->hidden)
            continue;
        orx_str_addf(&s, "    %s) compadd --", r->name);
        options_of(r, &s);
        orx_str_adds(&s, " ;;\n");
    }
    orx_str_adds(&s, "    esac\n    _files\n}\n_orxaq \"$@\"\n");
    orx_cli_print(orx_str_view(&s));
}

int orx_cmd_completion(orx_cli *c, orx_err *err) {
    if (strcmp(c->args[0], "bash") == 0)
        bash_script();
    else if (strcmp(c->args[0], "zsh") == 0)
        zsh_script();
    else
        return orx_err_set(err, ORX_E_USAGE, "completions exist for bash and zsh, not for \"%s\"",
                           c->args[0]);
    return ORX_EXIT_OK;
}
