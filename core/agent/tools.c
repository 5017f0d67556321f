#include "agent/tools.h"

#include "base/command.h"
#include "base/vec.h"
#include "data/json.h"
#include "platform/platform.h"
#include "platform/tools_protocol.h"

#include <stdlib.h>

enum { PARAMS_MAX = 6, WORDS_MAX = 1000 };

/* The server's own limits are shorter. */
#define FILES_NS (120 * ORX_SEC)
/* What ending a command's processes may take beyond its time. */
#define ENDING_NS (30 * ORX_SEC)

typedef enum kind { TEXT, INTEGER, BOOLEAN, COMMAND, STATUS, TEXTS } kind;

typedef struct param {
    const char *name;
    kind kind;
    bool required;
    const char *help;
} param;

/* The parameters of what the server does stand in the order of its fields. */
typedef struct tool {
    const char *name;
    uint32_t op; /* 0 = finish */
    const char *help;
    param params[PARAMS_MAX];
} tool;

static const tool tools[] = {
    {"read_file",
     ORX_TOOLS_READ,
     "Reads a text file. Long files come in parts; the last line says where to go on.",
     {{"path", TEXT, true, "File, relative to the working tree."},
      {"offset", INTEGER, false, "First line, from 1."},
      {"limit", INTEGER, false, "How many lines."}}},
    {"list_dir",
     ORX_TOOLS_LIST,
     "Lists a folder.",
     {{"path", TEXT, false, "Folder, relative to the working tree; without it the tree itself."},
      {"depth", INTEGER, false, "How many levels, 1 to 16."}}},
    {"search",
     ORX_TOOLS_SEARCH,
     "Finds the lines of all files that contain a text.",
     {{"pattern", TEXT, true, "The text, or with regex a POSIX extended regular expression."},
      {"path", TEXT, false, "Folder or file to search; without it everything."},
      {"glob", TEXT, false, "Only files with such a name, like *.c."},
      {"regex", BOOLEAN, false, "Whether the pattern is a regular expression."}}},
    {"write_file",
     ORX_TOOLS_WRITE,
     "Writes a whole file, and makes its folders. What was in it is gone; to change a part of a "
     "file use apply_patch.",
     {{"path", TEXT, true, "File, relative to the working tree."},
      {"content", TEXT, true, "All of its text."}}},
    {"apply_patch",
     ORX_TOOLS_PATCH,
     "Applies a unified diff (--- a/FILE, +++ b/FILE, @@ -1,3 +1,3 @@, lines with ' ', '-', '+') "
     "to "
     "one or several files, all or none. Give at least two lines of context.",
     {{"patch", TEXT, true, "The diff."}}},
    {"run_command",
     ORX_TOOLS_RUN,
     "Runs a command in the working tree and tells its output and exit code. Nothing goes on in "
     "the background, and nothing is there to answer questions.",
     {{"command", COMMAND, true, "The command line."},
      {"timeout", INTEGER, false, "Seconds it may take."}}},
    {"finish",
     0,
     "Ends the work. Call it once, when everything is done, or when you cannot go on.",
     {{"status", STATUS, true, "done, partial or blocked."},
      {"summary", TEXT, true, "What you did, in a sentence or two."},
      {"validations", TEXTS, false, "Commands you ran, with their outcome."},
      {"next_actions", TEXTS, false, "What is left to do."},
      {"blocker", TEXT, false, "Why, if blocked."}}},
};

static bool offered(const orx_tool_rules *rules, const tool *t) {
    return t->op != ORX_TOOLS_RUN || rules->commands != ORX_COMMANDS_OFF;
}

static size_t param_count(const tool *t) {
    size_t n = 0;
    while (n < PARAMS_MAX && t->params[n].name)
        n++;
    return n;
}

/* ---- What is offered ------------------------------------------------------------------------- */

static const char *const kind_schemas[] = {
    [TEXT] = "{\"type\":\"string\"",
    [INTEGER] = "{\"type\":\"integer\"",
    [BOOLEAN] = "{\"type\":\"boolean\"",
    [COMMAND] = "{\"type\":\"string\"",
    [STATUS] = "{\"type\":\"string\",\"enum\":[\"done\",\"partial\",\"blocked\"]",
    [TEXTS] = "{\"type\":\"array\",\"items\":{\"type\":\"string\"}",
};

static void add_help(const orx_tool_rules *rules, const param *p, orx_str *out) {
    orx_str_adds(out, p->help);
    if (p->kind != COMMAND)
        return;
    if (rules->commands == ORX_COMMANDS_SHELL) {
        orx_str_adds(out, " It is run by sh -c.");
        return;
    }
    orx_str_adds(out,
                 " No shell: no pipes, variables or redirections. It has to begin with one of:");
    for (size_t i = 0; rules->listed && rules->listed[i]; i++)
        orx_str_addf(out, "%s %s", i ? "," : "", rules->listed[i]);
}

static void add_schema(const orx_tool_rules *rules, const tool *t, orx_str *out) {
    const char *sep = "";
    orx_str_adds(out, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < param_count(t); i++) {
        ORX_CLEANUP(orx_str_free) orx_str help = {0};
        add_help(rules, &t->params[i], &help);
        orx_str_addf(out, "%s\"%s\":%s,\"description\":", sep, t->params[i].name,
                     kind_schemas[t->params[i].kind]);
        orx_json_quote(out, orx_str_view(&help), false);
        orx_str_addc(out, '}');
        sep = ",";
    }
    orx_str_adds(out, "},\"required\":[");
    sep = "";
    for (size_t i = 0; i < param_count(t); i++) {
        if (!t->params[i].required)
            continue;
        orx_str_addf(out, "%s\"%s\"", sep, t->params[i].name);
        sep = ",";
    }
    orx_str_adds(out, "]}");
}

const orxaq_tool *orx_tools_offer(const orx_tool_rules *rules, orx_arena *arena,
                                  uint32_t *ret_count) {
    orxaq_tool *list = orx_arena_zalloc(arena, ORX_ARRAY_LEN(tools), sizeof *list);
    uint32_t n = 0;
    for (size_t i = 0; i < ORX_ARRAY_LEN(tools); i++) {
        if (!offered(rules, &tools[i]))
            continue;
        ORX_CLEANUP(orx_str_free) orx_str schema = {0};
        add_schema(rules, &tools[i], &schema);
        list[n++] = (orxaq_tool){
            .struct_size = sizeof *list,
            .name = orxaq_str(tools[i].name),
            .help = orxaq_str(tools[i].help),
            .parameters = orxaq_view_of(orx_arena_dup(arena, orx_str_view(&schema)), schema.len)};
    }
    *ret_count = n;
    return list;
}

void orx_tools_describe(const orx_tool_rules *rules, orx_str *out) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(tools); i++) {
        if (!offered(rules, &tools[i]))
            continue;
        orx_str_addf(out, "%s: %s\n    ", tools[i].name, tools[i].help);
        add_schema(rules, &tools[i], out);
        orx_str_addc(out, '\n');
    }
}

/* ---- What comes back ------------------------------------------------------------------------- */

typedef struct reading {
    const orx_tool_rules *rules;
    const tool *tool;
    const orx_node *object;
    orx_arena *arena;
    ORX_VEC(orx_view) fields;
    int64_t command_ns;
    orx_str *out;
} reading;

/* What this tool wants: {"path": text, "offset": whole number (may be left out)}. */
static bool wrong(const reading *r, const char *name, const char *what) {
    static const char *const words[] = {"text",
                                        "whole number",
                                        "true or false",
                                        "text",
                                        "\"done\", \"partial\" or \"blocked\"",
                                        "list of texts"};
    orx_str_addf(r->out, "%s: \"%s\" is %s; the arguments are {", r->tool->name, name, what);
    for (size_t i = 0; i < param_count(r->tool); i++) {
        const param *p = &r->tool->params[i];
        orx_str_addf(r->out, "%s\"%s\": %s%s", i ? ", " : "", p->name, words[p->kind],
                     p->required ? "" : " (may be left out)");
    }
    orx_str_adds(r->out, "}\n");
    return false;
}

static bool take_integer(reading *r, const orx_node *n, const char *name, orx_view *ret) {
    int64_t value;
    if (n->kind == ORX_INT)
        value = n->u.i;
    else if (n->kind == ORX_DOUBLE && n->u.d >= -1e15 && n->u.d <= 1e15 &&
             n->u.d == (double)(int64_t)n->u.d)
        value = (int64_t)n->u.d;
    else if (n->kind != ORX_STRING || !orx_view_to_i64(orx_view_trim(n->u.s), &value))
        return wrong(r, name, "no whole number");
    *ret = orx_view_of(orx_arena_printf(r->arena, "%lld", (long long)value));
    return true;
}

static bool take_boolean(reading *r, const orx_node *n, const char *name, orx_view *ret) {
    bool quoted = n->kind == ORX_STRING;
    bool yes = quoted ? orx_view_ieq(n->u.s, orx_view_of("true")) : n->kind == ORX_BOOL && n->u.b;
    if (n->kind != ORX_BOOL && !(quoted && (yes || orx_view_ieq(n->u.s, orx_view_of("false")))))
        return wrong(r, name, "neither true nor false");
    *ret = orx_view_of(yes ? "1" : "");
    return true;
}

static bool take_texts(reading *r, const orx_node *n, const char *name) {
    bool good = n->kind == ORX_ARRAY || n->kind == ORX_STRING;
    ORX_NODE_EACH(n->kind == ORX_ARRAY ? n : NULL, it) good = good && it->kind == ORX_STRING;
    return good || wrong(r, name, "no list of texts");
}

static bool take_status(reading *r, const orx_node *n) {
    static const char *const words[] = {"done", "partial", "blocked"};
    for (size_t i = 0; n->kind == ORX_STRING && i < ORX_ARRAY_LEN(words); i++)
        if (orx_view_ieq(orx_view_trim(n->u.s), orx_view_of(words[i])))
            return true;
    return wrong(r, "status", "none of the three words");
}

static bool take(reading *r, const param *p) {
    const orx_node *n = orx_node_get(r->object, p->name);
    orx_view value = {"", 0};
    bool good = true;
    if (!n || n->kind == ORX_NULL) {
        if (p->required)
            return wrong(r, p->name, "missing");
    } else if (p->kind == TEXT) {
        if (n->kind != ORX_STRING)
            return wrong(r, p->name, "no text");
        value = n->u.s;
    } else if (p->kind == INTEGER) {
        good = take_integer(r, n, p->name, &value);
    } else if (p->kind == BOOLEAN) {
        good = take_boolean(r, n, p->name, &value);
    } else if (p->kind == STATUS) {
        good = take_status(r, n);
    } else if (p->kind == TEXTS) {
        good = take_texts(r, n, p->name);
    }
    orx_vec_push(&r->fields, value);
    return good;
}

/* ---- Commands -------------------------------------------------------------------------------- */

static bool begins_with(const char *const *argv, const char *entry, orx_arena *arena) {
    orx_command want;
    if (orx_command_parse(arena, entry, &want, NULL) < 0)
        return false;
    for (size_t i = 0; want.argv[i]; i++)
        if (!argv[i] || strcmp(argv[i], want.argv[i]) != 0)
            return false;
    return true;
}

static bool is_listed(const reading *r, const char *const *argv) {
    for (size_t i = 0; r->rules->listed && r->rules->listed[i]; i++)
        if (begins_with(argv, r->rules->listed[i], r->arena))
            return true;
    return false;
}

static bool take_listed(reading *r, orx_view line) {
    orx_command c;
    orx_err err = ORX_ERR_INIT;
    if (orx_command_parse(r->arena, orx_arena_dup(r->arena, line), &c, &err) < 0) {
        orx_str_addf(r->out, "run_command: %s\n", err.msg);
        return false;
    }
    if (c.env[0] || !is_listed(r, c.argv)) {
        orx_str_addf(r->out,
                     "run_command: \"%s\" is not allowed here; a command begins with one of:",
                     c.env[0] ? c.env[0] : c.argv[0]);
        for (size_t i = 0; r->rules->listed && r->rules->listed[i]; i++)
            orx_str_addf(r->out, "%s %s", i ? "," : "", r->rules->listed[i]);
        orx_str_addc(r->out, '\n');
        return false;
    }
    for (size_t i = 0; c.argv[i] && i < WORDS_MAX; i++)
        orx_vec_push(&r->fields, orx_view_of(c.argv[i]));
    return true;
}

static void take_shell(reading *r, orx_view line) {
    orx_vec_push(&r->fields, orx_view_of("/bin/sh"));
    orx_vec_push(&r->fields, orx_view_of("-c"));
    orx_vec_push(&r->fields, line);
}

/* Some models give the words instead of a line. They are words then, never a line. */
static bool take_words(reading *r, const orx_node *n) {
    const char **argv = orx_arena_zalloc(r->arena, (size_t)n->count + 1, sizeof *argv);
    size_t count = 0;
    bool good = n->count > 0 && n->count < WORDS_MAX;
    ORX_NODE_EACH(n, it) {
        good = good && it->kind == ORX_STRING && strlen(it->u.s.p) == it->u.s.len;
        if (good)
            argv[count++] = it->u.s.p;
    }
    if (!good || !*argv[0])
        return wrong(r, "command", "no list of words");
    if (r->rules->commands == ORX_COMMANDS_LISTED && !is_listed(r, argv)) {
        orx_str_addf(r->out, "run_command: \"%s\" is not allowed here\n", argv[0]);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        orx_vec_push(&r->fields, orx_view_of(argv[i]));
    return true;
}

static bool take_time(reading *r) {
    const orx_node *n = orx_node_get(r->object, "timeout");
    orx_view text = {0};
    int64_t seconds = 0;
    r->command_ns = r->rules->command_ns;
    if (n && n->kind != ORX_NULL) {
        if (!take_integer(r, n, "timeout", &text))
            return false;
        (void)orx_view_to_i64(text, &seconds);
        if (seconds > 0 && seconds < r->command_ns / ORX_SEC)
            r->command_ns = seconds * ORX_SEC;
    }
    orx_vec_push(&r->fields, orx_view_of(orx_arena_printf(r->arena, "%lld",
                                                          (long long)(r->command_ns / ORX_MS))));
    return true;
}

static bool take_command(reading *r) {
    const orx_node *n = orx_node_get(r->object, "command");
    if (!take_time(r))
        return false;
    if (!n || n->kind == ORX_NULL)
        return wrong(r, "command", "missing");
    if (n->kind == ORX_ARRAY)
        return take_words(r, n);
    if (n->kind != ORX_STRING || strlen(n->u.s.p) != n->u.s.len)
        return wrong(r, "command", "no text");
    if (!orx_view_trim(n->u.s).len)
        return wrong(r, "command", "empty");
    if (r->rules->commands == ORX_COMMANDS_LISTED)
        return take_listed(r, n->u.s);
    take_shell(r, n->u.s);
    return true;
}

/* ---- The whole ------------------------------------------------------------------------------- */

static bool parse(reading *r, orx_view arguments) {
    orx_err err = ORX_ERR_INIT;
    orx_view text = orx_view_trim(arguments);
    const orx_doc_limits limits = {ORX_TOOLS_REQUEST_MAX, 16, 10000};
    if (!text.len)
        text = orx_view_of("{}");
    if (orx_json_parse(r->arena, "arguments", text, &limits, &r->object, &err) < 0) {
        orx_str_addf(r->out, "%s: the arguments are no JSON object: %s\n", r->tool->name, err.msg);
        return false;
    }
    return r->object->kind == ORX_OBJECT || wrong(r, "arguments", orx_kind_name(r->object->kind));
}

static bool read_all(reading *r, orx_view arguments) {
    if (!parse(r, arguments))
        return false;
    if (r->tool->op == ORX_TOOLS_RUN)
        return take_command(r);
    for (size_t i = 0; i < param_count(r->tool); i++)
        if (!take(r, &r->tool->params[i]))
            return false;
    return true;
}

static const tool *find(const orx_tool_rules *rules, orx_view name) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(tools); i++)
        if (orx_view_is(orx_view_trim(name), tools[i].name) && offered(rules, &tools[i]))
            return &tools[i];
    return NULL;
}

static bool unknown(const orx_tool_rules *rules, orx_view name, orx_str *out) {
    orx_view shown = {name.p, name.len < 100 ? name.len : 100};
    orx_str_addf(out, "there is no tool \"%.*s\"; there are:", ORX_VIEW_ARG(shown));
    for (size_t i = 0; i < ORX_ARRAY_LEN(tools); i++)
        if (offered(rules, &tools[i]))
            orx_str_addf(out, " %s", tools[i].name);
    orx_str_addc(out, '\n');
    return false;
}

bool orx_tools_understand(const orx_tool_rules *rules, orx_view name, orx_view arguments,
                          orx_arena *arena, orx_tool_request *ret_request, orx_str *out) {
    const tool *t = find(rules, name);
    if (!t)
        return unknown(rules, name, out);
    reading r = {.rules = rules, .tool = t, .arena = arena, .out = out};
    bool good = read_all(&r, arguments);
    if (good) {
        orx_view *fields = orx_arena_zalloc(arena, r.fields.len + 1, sizeof *fields);
        if (r.fields.len)
            memcpy(fields, r.fields.items, r.fields.len * sizeof *fields);
        *ret_request = (orx_tool_request){
            .finish = !t->op,
            .op = t->op,
            .fields = fields,
            .count = r.fields.len,
            .timeout_ns = t->op == ORX_TOOLS_RUN ? r.command_ns + ENDING_NS : FILES_NS};
    }
    orx_vec_free(&r.fields);
    return good;
}
