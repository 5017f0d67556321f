/* orxaq keys, keys-set: which key is there, from which page a missing one comes, and how one gets
 * into the env file without standing on a command line. */
#include "cli/keys.h"

#include "platform/terminal.h"

#define KEY_MAX 4096

/* ---- Which there are ------------------------------------------------------------------------- */

static orx_node *key_node(orx_cli *c, const orx_key_row *k, const char *where) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "name", k->name);
    orx_node_set_str(a, n, "vendor", k->vendor);
    orx_node_set_str(a, n, "opens", k->opens);
    orx_node_set_bool(a, n, "required", k->required);
    orx_node_set_bool(a, n, "set", where != NULL);
    orx_node_set_str(a, n, "where", where ? where : "");
    orx_node_set_str(a, n, "page", k->page);
    orx_node_set_str(a, n, "right", k->right);
    orx_node_set_str(a, n, "tested_by", k->tested);
    return n;
}

static void print_key(orx_cli *c, const orx_key_row *k, const char *where) {
    const char *state = where         ? orx_cli_paint(c, "32", where)
                        : k->required ? orx_cli_paint(c, "31", "missing")
                                      : orx_cli_paint(c, "33", "not set");
    orx_cli_printf("%-20s %-6s  %s\n", k->name, k->opens, state);
    if (!where)
        orx_cli_printf("    get it    %s\n    right     %s\n", k->page, k->right);
    orx_cli_printf("    test it   orxaq %s\n", k->tested);
}

int orx_cmd_keys(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_key_file_free) orx_key_file f = {0};
    orx_node *list = orx_node_new(&c->arena, ORX_ARRAY);
    int rc = orx_key_file_read(c, NULL, &f, err);
    for (const orx_key_row *k = orx_key_rows; rc == 0 && k->name; k++) {
        const char *where = orx_key_where(c, &f, k->name);
        if (c->json)
            orx_node_push(list, key_node(c, k, where));
        else
            print_key(c, k, where);
    }
    if (rc == 0 && c->json)
        orx_cli_json(c, list);
    else if (rc == 0)
        orx_cli_printf("\n`orxaq keys set NAME` puts one into %s without showing it.\n", f.path);
    return rc < 0 ? rc : ORX_EXIT_OK;
}

/* ---- Setting one ----------------------------------------------------------------------------- */

static void wipe(orx_str *text) {
    if (text->buf)
        explicit_bzero(text->buf, text->cap);
    orx_str_free(text);
}

static int ask(const char *name, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str prompt = {0};
    orx_str_addf(&prompt, "%s (not shown): ", name);
    (void)orx_str_reserve(out, KEY_MAX + 4097); /* one piece: what grows leaves copies behind */
    if (orx_stdin_read(KEY_MAX, out))
        return 0;
    if (!out->len && orx_terminal_ask_hidden(prompt.buf, KEY_MAX, out))
        return 0;
    return orx_err_set(err, ORX_E_INVALID,
                       "nothing was changed: expected a key of at most %d bytes at the terminal or "
                       "on standard input",
                       KEY_MAX);
}

static int check(const char *name, orx_view key, orx_err *err) {
    if (!key.len)
        return orx_err_set(err, ORX_E_INVALID, "nothing was changed: the key for %s is empty",
                           name);
    for (size_t i = 0; i < key.len; i++)
        if ((unsigned char)key.p[i] <= ' ' || (unsigned char)key.p[i] >= 0x7f)
            return orx_err_set(err, ORX_E_INVALID,
                               "nothing was changed: what was given for %s is no key: byte %zu is "
                               "white space or no printable ASCII",
                               name, i + 1);
    return 0;
}

int orx_cmd_keys_set(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_key_file_free) orx_key_file f = {0};
    ORX_CLEANUP(wipe) orx_str given = {0};
    const char *name = c->args[0];
    const orx_key_row *k = orx_key_row_of(name);
    if (!orx_env_name_ok(orx_view_of(name)))
        return orx_err_set(err, ORX_E_USAGE,
                           "expected the name of a variable, like OPENAI_API_KEY, found \"%s\"",
                           name);
    int rc = orx_key_file_read(c, NULL, &f, err);
    if (rc == 0 && k && !c->quiet)
        orx_cli_complain("%s comes from %s", name, k->page);
    if (rc == 0)
        rc = ask(name, &given, err);
    orx_view key = orx_view_trim(orx_str_view(&given));
    if (rc == 0)
        rc = check(name, key, err);
    if (rc < 0)
        return rc;
    orx_key_file_set(&f, name, key);
    rc = orx_key_file_write(c, &f, err);
    if (rc < 0)
        return rc;
    orx_cli_printf("%s is in %s\n", name, f.path);
    if (k)
        orx_cli_printf("try it: orxaq %s\n", k->tested);
    return ORX_EXIT_OK;
}
