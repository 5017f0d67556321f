/* orxaq attempt list, show: what was tried, from the journal and the records. */
#include "cli/cli.h"

#include "data/json.h"
#include "run/attempt.h"
#include "run/record.h"
#include "run/record_read.h"
#include "run/records.h"

#include <stdio.h>

#define DEFAULT_LAST 50
#define EVENTS_MAX   10000 /* in one JSON document */
#define RELAYED_MAX  20    /* requests shown one by one */

static const char *or_dash(const char *text) {
    return text && *text ? text : "-";
}

static const char *time_text(orx_cli *c, int64_t wall_ns) {
    char when[ORX_ISO_MAX];
    if (!wall_ns)
        return "-";
    orx_iso_time(wall_ns, when);
    return orx_arena_printf(&c->arena, "%.19s UTC", when);
}

static const char *kind_word(int kind) {
    return kind < 0 ? "not ended" : orx_outcome_kind_name(kind);
}

/* ---- List ------------------------------------------------------------------------------------ */

static orx_node *attempt_node(orx_cli *c, const orx_attempt_row *a) {
    orx_arena *arena = &c->arena;
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    orx_node_set_int(arena, n, "attempt", a->id);
    orx_node_set_str(arena, n, "lane", a->lane);
    orx_node_set_str(arena, n, "task", a->task);
    orx_node_set_int(arena, n, "number", a->number);
    orx_node_set_str(arena, n, "provider", a->provider);
    orx_node_set_str(arena, n, "model", a->model);
    orx_node_set_str(arena, n, "step", orx_step_name(a->step));
    orx_node_set_str(arena, n, "verdict", a->verdict);
    orx_node_set_str(arena, n, "reason", a->reason);
    orx_node_set_str(arena, n, "repo", a->repo);
    orx_node_set_str(arena, n, "base", a->base);
    orx_node_set_str(arena, n, "branch", a->branch);
    orx_node_set_str(arena, n, "commit", a->commit);
    orx_node_set_str(arena, n, "parked", a->parked);
    orx_node_set_int(arena, n, "begun_wall_ns", a->begun_wall_ns);
    orx_node_set_int(arena, n, "ended_wall_ns", a->ended_wall_ns);
    orx_node_set_int(arena, n, "input_tokens", a->input_tokens);
    orx_node_set_int(arena, n, "output_tokens", a->output_tokens);
    orx_node_set_int(arena, n, "cost_nano_usd", a->cost_nano_usd);
    return n;
}

static void print_list(orx_cli *c, const orx_attempt_row *rows, int n) {
    static const char *const titles[] = {"ATTEMPT",       "TASK",   "RESULT", "PROVIDER/MODEL",
                                         "TOKENS IN/OUT", "COMMIT", "TIME",   NULL};
    orx_table *t = orx_table_new(c, titles);
    for (int i = 0; i < n; i++) {
        const orx_attempt_row *a = &rows[i];
        bool done = strcmp(a->verdict, "done") == 0;
        const char *cells[] = {
            orx_arena_printf(&c->arena, "%lld", (long long)a->id),
            orx_arena_printf(&c->arena, "%s#%lld", a->task, (long long)a->number),
            *a->verdict ? a->verdict : orx_step_name(a->step),
            orx_arena_printf(&c->arena, "%s%s%s", a->provider, *a->model ? "/" : "", a->model),
            orx_arena_printf(&c->arena, "%s/%s", orx_cli_count(c, a->input_tokens),
                             orx_cli_count(c, a->output_tokens)),
            *a->commit ? orx_arena_printf(&c->arena, "%.10s", a->commit) : "-",
            a->ended_wall_ns ? orx_cli_duration(c, a->ended_wall_ns - a->begun_wall_ns) : "-",
        };
        orx_table_row(t, cells, done ? "32" : *a->verdict ? "33" : NULL);
    }
    orx_table_print(t);
}

int orx_cmd_attempt_list(orx_cli *c, orx_err *err) {
    int64_t last = c->terminal ? DEFAULT_LAST : 0;
    const char *text = orx_cli_option(c, "last");
    orx_attempt_row *rows = NULL;
    if (text && (!orx_view_to_i64(orx_view_of(text), &last) || last < 0))
        return orx_err_set(err, ORX_E_USAGE, "--last needs a number, not \"%s\"", text);
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store(c, ORX_STORE_READ_ONLY, err);
    int n =
        rc < 0 ? rc
               : orx_attempt_list(c->store, orx_cli_option(c, "task"), last, &c->arena, &rows, err);
    if (n < 0)
        return n;
    if (!c->json) {
        print_list(c, rows, n);
        return ORX_EXIT_OK;
    }
    orx_node *list = orx_node_new(&c->arena, ORX_ARRAY);
    for (int i = 0; i < n; i++)
        orx_node_push(list, attempt_node(c, &rows[i]));
    orx_cli_json(c, list);
    return ORX_EXIT_OK;
}

/* ---- One record ------------------------------------------------------------------------------ */

/* What a record says, added up. */
typedef struct recorded {
    bool there;
    bool complete;
    int64_t gap;
    int64_t bytes; /* on the disk */
    const char *path;
    const orx_node *begin;   /* lines, in the command's arena; NULL = there is none */
    const orx_node *outcome; /* of the last job */
    const orx_node *end;
    orx_node *effects;
    orx_node *relayed; /* requests that went through the relay, the first of them */
    int64_t requests;
    orx_node *events; /* all other lines but output, for JSON */
    int64_t left_out; /* of them */
    int64_t out;      /* bytes kept */
    int64_t prompt_bytes;
    int64_t said[5]; /* text, tool, usage, session, progress */
    int64_t ended_ns;
} recorded;

static const char *const event_kinds[] = {"text", "tool", "usage", "session", "progress"};

static void take_line(orx_cli *c, recorded *r, const orx_record_entry *e) {
    const orx_node *line = e->line;
    bool effect = strcmp(e->kind, "effect") == 0;
    r->ended_ns = e->t;
    for (size_t i = 0; i < ORX_ARRAY_LEN(event_kinds); i++)
        r->said[i] += strcmp(e->kind, event_kinds[i]) == 0;
    if (strcmp(e->kind, "begin") == 0)
        r->begin = orx_node_copy(&c->arena, line);
    else if (strcmp(e->kind, "outcome") == 0)
        r->outcome = orx_node_copy(&c->arena, line);
    else if (strcmp(e->kind, "end") == 0)
        r->end = orx_node_copy(&c->arena, line);
    else if (strcmp(e->kind, "open") == 0)
        r->prompt_bytes += (int64_t)e->data.len;
    else if (strcmp(e->kind, "relay") == 0 && r->requests++ < RELAYED_MAX)
        orx_node_push(r->relayed, orx_node_copy(&c->arena, line));
    if (strcmp(e->kind, "out") == 0)
        r->out += (int64_t)e->data.len;
    else if (effect || (c->json && r->events->count < EVENTS_MAX))
        orx_node_push(effect ? r->effects : r->events, orx_node_copy(&c->arena, line));
    else
        r->left_out++;
}

static int read_record(orx_cli *c, int64_t attempt, int64_t call, recorded *ret_r, orx_err *err) {
    const char *state = c->cfg->paths.state_dir;
    orx_record_reader *reader = NULL;
    orx_record_entry e;
    char **paths = NULL;
    recorded r = {.path = orx_record_path(&c->arena, state, attempt, call),
                  .effects = orx_node_new(&c->arena, ORX_ARRAY),
                  .relayed = orx_node_new(&c->arena, ORX_ARRAY),
                  .events = orx_node_new(&c->arena, ORX_ARRAY)};
    int rc = orx_record_files(c->p, state, attempt, call, &c->arena, &paths, &r.bytes, err);
    if (rc == 0 && *paths)
        rc = orx_record_open(c->p, state, attempt, call, &reader, err);
    r.there = reader != NULL;
    while (reader && rc >= 0 && (rc = orx_record_next(reader, &e, err)) == 1)
        take_line(c, &r, &e);
    if (reader) {
        r.complete = orx_record_is_complete(reader);
        r.gap = orx_record_gap(reader);
    }
    orx_record_close(reader);
    if (rc == 0)
        *ret_r = r;
    return rc;
}

/* ---- Show, for people ------------------------------------------------------------------------ */

static void print_attempt(orx_cli *c, const orx_attempt_row *a) {
    orx_cli_printf("attempt    %lld: task %s, attempt %lld of it, lane %s\n", (long long)a->id,
                   a->task, (long long)a->number, a->lane);
    orx_cli_printf("worked in  %s%s%s, from %.12s\n", a->repo, *a->branch ? " on " : "", a->branch,
                   or_dash(a->base));
    orx_cli_printf("began      %s\n", time_text(c, a->begun_wall_ns));
    if (a->ended_wall_ns)
        orx_cli_printf("ended      %s (%s)\n", time_text(c, a->ended_wall_ns),
                       orx_cli_duration(c, a->ended_wall_ns - a->begun_wall_ns));
    orx_cli_printf("result     %s%s%s\n", *a->verdict ? a->verdict : orx_step_name(a->step),
                   *a->reason ? ": " : "", a->reason);
    if (*a->commit)
        orx_cli_printf("commit     %s\n", a->commit);
    if (*a->parked)
        orx_cli_printf("work       kept on %s\n", a->parked);
}

static void print_call(orx_cli *c, const orx_call_row *k) {
    orx_cli_printf("\ncall       %lld: %s (%s), model asked %s, answered %s\n", (long long)k->id,
                   k->provider, k->plugin, or_dash(k->model_asked), or_dash(k->model_answered));
    orx_cli_printf("outcome    %s%s%s\n", kind_word(k->kind), *k->message ? ": " : "", k->message);
    if (k->kind >= 0)
        orx_cli_printf("took       %s, exit code %lld\n", orx_cli_duration(c, k->wall_ns),
                       (long long)k->exit_code);
    orx_cli_printf("tokens     in %s, cache read %s, cache written %s, out %s, reasoning %s\n",
                   orx_cli_count(c, k->input_tokens), orx_cli_count(c, k->cache_read_tokens),
                   orx_cli_count(c, k->cache_write_tokens), orx_cli_count(c, k->output_tokens),
                   orx_cli_count(c, k->reasoning_tokens));
    if (k->kind >= 0 && k->asked)
        orx_cli_printf("cost       %s (%s%s%s)\n", orx_cli_money(c, k->cost_nano_usd),
                       orx_cost_source_word(k->cost_source), *k->price ? ": " : "", k->price);
    if (*k->session)
        orx_cli_printf("session    %s\n", k->session);
}

/* The same from the record, when the journal cannot say it. */
static void print_begin(orx_cli *c, const recorded *r) {
    const orx_node *b = r->begin;
    if (!b)
        return;
    orx_cli_printf("attempt    %lld: task %s, attempt %lld of it, lane %s\n",
                   (long long)orx_node_int(orx_node_get(b, "attempt"), 0),
                   orx_node_str(orx_node_get(b, "task"), "-"),
                   (long long)orx_node_int(orx_node_get(b, "number"), 0),
                   orx_node_str(orx_node_get(b, "lane"), "-"));
    orx_cli_printf("began      %s\n", time_text(c, orx_node_int(orx_node_get(b, "wall_ns"), 0)));
    orx_cli_printf("call       %lld: %s (%s), model asked %s\n",
                   (long long)orx_node_int(orx_node_get(b, "call"), 0),
                   orx_node_str(orx_node_get(b, "provider"), "-"),
                   orx_node_str(orx_node_get(b, "plugin"), "-"),
                   or_dash(orx_node_str(orx_node_get(b, "model"), "")));
    if (r->outcome)
        orx_cli_printf("outcome    %s\n", orx_node_str(orx_node_get(r->outcome, "kind"), "-"));
}

static void print_effects(const recorded *r) {
    ORX_NODE_EACH(r->effects, e) {
        const char *kind = orx_node_str(orx_node_get(e, "kind"), "");
        ORX_CLEANUP(orx_str_free) orx_str line = {0};
        ORX_NODE_EACH(orx_node_get(e, "argv"), arg) {
            orx_str_addf(&line, " %s", orx_node_str(arg, ""));
        }
        if (strcmp(kind, "exec") == 0)
            orx_cli_printf("ran       %s\n", orx_str_cstr(&line));
        else if (strcmp(kind, "http") == 0)
            orx_cli_printf("requested  %s %s\n", orx_node_str(orx_node_get(e, "method"), ""),
                           orx_node_str(orx_node_get(e, "url"), ""));
    }
}

/* What came of a request: the server's status with what it said about waiting and tokens, or why
 * there is none. */
static void print_request(orx_cli *c, const orx_node *q) {
    int64_t status = orx_node_int(orx_node_get(q, "status"), 0);
    int64_t wait = orx_node_int(orx_node_get(q, "retry_after_ms"), -1);
    orx_cli_printf("relayed    %s %s: ", orx_node_str(orx_node_get(q, "method"), ""),
                   orx_node_str(orx_node_get(q, "path"), ""));
    if (status)
        orx_cli_printf("%lld", (long long)status);
    else
        orx_cli_printf("%s", or_dash(orx_node_str(orx_node_get(q, "message"), "")));
    if (wait >= 0)
        orx_cli_printf(", asks to wait %s", orx_cli_duration(c, wait * ORX_MS));
    orx_cli_printf(
        ", in %s, out %s, took %s%s\n", orx_cli_count(c, orx_node_int(orx_node_get(q, "input"), 0)),
        orx_cli_count(c, orx_node_int(orx_node_get(q, "output"), 0)),
        orx_cli_duration(c, orx_node_int(orx_node_get(q, "wall_ns"), 0)),
        orx_node_int(orx_node_get(q, "dropped"), 0) ? ", broken off by the program" : "");
}

static void print_relayed(orx_cli *c, const recorded *r) {
    ORX_NODE_EACH(r->relayed, q)
    print_request(c, q);
    if (r->requests > RELAYED_MAX)
        orx_cli_printf("relayed    and %lld more requests\n",
                       (long long)(r->requests - RELAYED_MAX));
}

static void print_record(orx_cli *c, const recorded *r) {
    if (!r->there) {
        orx_cli_printf("record     none: removed with age or size, or never made\n");
        return;
    }
    print_effects(r);
    print_relayed(c, r);
    orx_cli_printf("asked      %s bytes\n", orx_cli_count(c, r->prompt_bytes));
    orx_cli_printf("came back  %s bytes of output", orx_cli_count(c, r->out + r->gap));
    if (r->gap)
        orx_cli_printf(", %lld of them between beginning and end not kept", (long long)r->gap);
    orx_cli_printf("\nreported  ");
    for (size_t i = 0; i < ORX_ARRAY_LEN(event_kinds); i++)
        if (r->said[i])
            orx_cli_printf(" %lld %s", (long long)r->said[i], event_kinds[i]);
    orx_cli_printf("\nrecord     %s (%s bytes)%s\n", r->path, orx_cli_count(c, r->bytes),
                   r->complete ? "" : orx_cli_paint(c, "33", ", breaks off"));
}

/* ---- Show, for programs ---------------------------------------------------------------------- */

static orx_node *record_node(orx_cli *c, const recorded *r) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "path", r->path);
    orx_node_set_bool(a, n, "complete", r->complete);
    orx_node_set_int(a, n, "bytes", r->bytes);
    orx_node_set_int(a, n, "output_bytes", r->out + r->gap);
    orx_node_set_int(a, n, "gap_bytes", r->gap);
    orx_node_set(a, n, "effects", r->effects);
    orx_node_set(a, n, "lines", r->events);
    orx_node_set_int(a, n, "lines_left_out", r->left_out);
    return n;
}

static orx_node *call_node(orx_cli *c, const orx_call_row *k) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, n, "call", k->id);
    orx_node_set_str(a, n, "provider", k->provider);
    orx_node_set_str(a, n, "plugin", k->plugin);
    orx_node_set_str(a, n, "model_asked", k->model_asked);
    orx_node_set_str(a, n, "model_answered", k->model_answered);
    orx_node_set_str(a, n, "outcome", kind_word(k->kind));
    orx_node_set_str(a, n, "message", k->message);
    orx_node_set_int(a, n, "exit_code", k->exit_code);
    orx_node_set_int(a, n, "wall_ns", k->wall_ns);
    orx_node_set_str(a, n, "session", k->session);
    orx_node_set_int(a, n, "prompt_tokens", k->prompt_tokens);
    orx_node_set_int(a, n, "input_tokens", k->input_tokens);
    orx_node_set_int(a, n, "cache_read_tokens", k->cache_read_tokens);
    orx_node_set_int(a, n, "cache_write_tokens", k->cache_write_tokens);
    orx_node_set_int(a, n, "output_tokens", k->output_tokens);
    orx_node_set_int(a, n, "reasoning_tokens", k->reasoning_tokens);
    orx_node_set_int(a, n, "cost_nano_usd", k->cost_nano_usd);
    orx_node_set_str(a, n, "cost_source", orx_cost_source_word(k->cost_source));
    orx_node_set_str(a, n, "price", k->price);
    return n;
}

/* ---- Show ------------------------------------------------------------------------------------ */

/* What there is about an attempt. Without a journal only `calls` is filled. */
typedef struct about {
    bool journal;
    orx_attempt_row attempt;
    orx_call_row *rows; /* as many as calls, or NULL */
    int64_t *calls;
    int count;
} about;

static int attempt_argument(orx_cli *c, int64_t *ret_id, orx_err *err) {
    if (orx_view_to_i64(orx_view_of(c->args[0]), ret_id) && *ret_id > 0)
        return 0;
    return orx_err_set(
        err, ORX_E_USAGE,
        "an attempt is named by its number, not \"%s\"; `%s attempt list` shows them", c->args[0],
        c->program);
}

static int from_journal(orx_cli *c, int64_t id, about *ab, orx_err *err) {
    int rc = orx_attempt_get(c->store, id, &c->arena, &ab->attempt, err);
    int n = rc < 0 ? rc : orx_attempt_calls(c->store, id, &c->arena, &ab->rows, err);
    if (n < 0)
        return n;
    ab->calls = orx_arena_zalloc(&c->arena, (size_t)n + 1, sizeof *ab->calls);
    for (int i = 0; i < n; i++)
        ab->calls[i] = ab->rows[i].id;
    ab->journal = true;
    ab->count = n;
    return 0;
}

/* A journal that is damaged or gone leaves the records. */
static int find_attempt(orx_cli *c, int64_t id, about *ab, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    int rc = orx_cli_store(c, ORX_STORE_READ_ONLY, &why);
    if (rc == 0)
        rc = from_journal(c, id, ab, &why);
    if (rc == 0)
        return 0;
    int n = orx_record_calls(c->p, c->cfg->paths.state_dir, id, &c->arena, &ab->calls, NULL);
    if (n <= 0) {
        if (err)
            *err = why;
        return rc;
    }
    orx_cli_complain("only the records can tell: %s", why.msg);
    ab->count = n;
    return 0;
}

static int show_text(orx_cli *c, int64_t id, const about *ab, orx_err *err) {
    if (ab->journal)
        print_attempt(c, &ab->attempt);
    for (int i = 0; i < ab->count; i++) {
        recorded r = {0};
        int rc = read_record(c, id, ab->calls[i], &r, err);
        if (rc < 0)
            return rc;
        if (ab->journal)
            print_call(c, &ab->rows[i]);
        else
            print_begin(c, &r);
        print_record(c, &r);
    }
    return 0;
}

static int show_json(orx_cli *c, int64_t id, const about *ab, orx_err *err) {
    orx_arena *a = &c->arena;
    orx_node *n = ab->journal ? attempt_node(c, &ab->attempt) : orx_node_new(a, ORX_OBJECT);
    orx_node *calls = orx_node_new(a, ORX_ARRAY);
    for (int i = 0; i < ab->count; i++) {
        recorded r = {0};
        int rc = read_record(c, id, ab->calls[i], &r, err);
        if (rc < 0)
            return rc;
        orx_node *call = ab->journal ? call_node(c, &ab->rows[i]) : orx_node_new(a, ORX_OBJECT);
        if (r.there)
            orx_node_set(a, call, "record", record_node(c, &r));
        orx_node_push(calls, call);
    }
    orx_node_set(a, n, "calls", calls);
    orx_cli_json(c, n);
    return 0;
}

static int print_output(orx_cli *c, int64_t id, int64_t call, orx_err *err) {
    orx_record_reader *reader = NULL;
    orx_record_entry e;
    int rc = orx_record_open(c->p, c->cfg->paths.state_dir, id, call, &reader, err);
    while (rc >= 0 && (rc = orx_record_next(reader, &e, err)) == 1) {
        if (e.gap)
            orx_cli_complain("%lld bytes of output are not in the record here", (long long)e.gap);
        if (strcmp(e.kind, "out") == 0)
            orx_cli_print(e.data);
    }
    if (rc == 0 && !orx_record_is_complete(reader))
        orx_cli_complain("the record of call %lld breaks off here", (long long)call);
    orx_record_close(reader);
    return rc;
}

int orx_cmd_attempt_show(orx_cli *c, orx_err *err) {
    int64_t id = 0;
    about ab = {0};
    int rc = attempt_argument(c, &id, err);
    if (rc == 0)
        rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = find_attempt(c, id, &ab, err);
    if (rc == 0 && orx_cli_option(c, "output")) {
        for (int i = 0; rc == 0 && i < ab.count; i++)
            rc = print_output(c, id, ab.calls[i], err);
    } else if (rc == 0) {
        rc = c->json ? show_json(c, id, &ab, err) : show_text(c, id, &ab, err);
    }
    return rc < 0 ? rc : ORX_EXIT_OK;
}
