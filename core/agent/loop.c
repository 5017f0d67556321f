#include "agent/loop.h"

#include "agent/text.h"
#include "base/digest.h"
#include "data/json.h"
#include "platform/tools_protocol.h"

#include <stdlib.h>

enum {
    REMINDERS_MAX = 2,
    BAD_MAX = 8,
    FULL_PERCENT = 80,
    ROOMY_PERCENT = 60,
    RESULT_SHARE = 8,       /* one result's part of the window */
    MALFORMED_SHOWN = 2000, /* bytes of arguments that are none */
    RESULT_LEAST = 1024,    /* bytes of it in any case */
    CALLS_MAX = ORX_TEXT_CALLS_MAX
};

typedef struct work {
    const orx_agent_spec *spec;
    const orx_agent_io *io;
    orx_talk *talk;
    orx_agent_end *end;
    orx_arena arena; /* of one step */
    const orxaq_tool *tools;
    uint32_t tool_count;
    orx_arena tools_arena;
    size_t tool_bytes;
    double bytes_per_token;
    bool counted;   /* by the server; a guess before */
    int64_t window; /* tokens, 0 = not known */
    bool squeezed;  /* the window was said to be too small, and room was made */
    bool over;
    int reminders;
    int bad;
    int64_t same;
    char last[ORX_SHA256_HEX]; /* digest of the calls and results of the step before */
} work;

void orx_agent_end_free(orx_agent_end *end) {
    orx_str_free(&end->message);
    orx_str_free(&end->answer);
}

void orx_agent_opening(const orx_agent_spec *spec, orx_str *out) {
    orx_str_adds(
        out, "You are a software engineer working alone in a git working tree, by tools. Look "
             "before you change: list_dir, search and read_file show what is there. Change files "
             "with apply_patch or write_file");
    orx_str_adds(out, spec->rules->commands == ORX_COMMANDS_OFF
                          ? ". "
                          : ", check your work with run_command. ");
    orx_str_adds(out,
                 "Names of files are relative to the working tree; nothing outside it can be "
                 "reached. A result that begins with \"error:\" says what to do differently. Long "
                 "results are cut and old ones are left out; call the tool again when you need "
                 "one.\nGo on until the task is done, without asking. Then call finish, with the "
                 "members of the result that the task asks for.\n");
    if (spec->native)
        return;
    orx_str_addc(out, '\n');
    orx_text_explain(out);
    orx_str_adds(out, "The tools and their arguments:\n\n");
    orx_tools_describe(spec->rules, out);
}

/* ---- Ending ---------------------------------------------------------------------------------- */

static void finish(work *w, int32_t kind, orx_view answer) {
    w->over = true;
    w->end->kind = kind;
    orx_str_clear(&w->end->answer);
    orx_str_addv(&w->end->answer, answer);
}

static void stop(work *w, int32_t kind, const char *why) {
    finish(w, kind, (orx_view){0});
    orx_str_clear(&w->end->message);
    orx_str_adds(&w->end->message, why);
}

/* ---- Room ------------------------------------------------------------------------------------ */

static int64_t tokens_now(const work *w) {
    return (int64_t)((double)(orx_talk_bytes(w->talk) + w->tool_bytes) / w->bytes_per_token);
}

/* True when something was made shorter. */
static bool digest_to(work *w, int64_t tokens) {
    bool any = false;
    while (tokens_now(w) > tokens && orx_talk_digest(w->talk))
        any = true;
    return any;
}

/* A guess can be wrong by half, a count is not. */
static void make_room(work *w) {
    w->window = w->io->window ? w->io->window(w->io->user) : 0;
    if (w->window <= 0 || tokens_now(w) <= w->window * FULL_PERCENT / 100)
        return;
    (void)digest_to(w, w->window * ROOMY_PERCENT / 100);
    int64_t most = w->counted ? w->window : 2 * w->window;
    if (tokens_now(w) <= most)
        return;
    stop(w, ORXAQ_KIND_CONTEXT_TOO_LONG, "");
    orx_str_addf(&w->end->message,
                 "about %lld tokens do not fit the model's window of %lld, whatever is left out; "
                 "load the model with a longer context",
                 (long long)tokens_now(w), (long long)w->window);
}

/* Where a text can be cut so that no character is: at most `at`. */
static size_t cut_before(orx_view text, size_t at) {
    if (at >= text.len)
        return text.len;
    while (at && ((unsigned char)text.p[at] & 0xC0) == 0x80)
        at--;
    return at;
}

/* A small window is not filled by one result. */
static void add_fitting(const work *w, orx_view text, orx_str *out) {
    size_t most = (size_t)((double)w->window * w->bytes_per_token / RESULT_SHARE);
    most = most < RESULT_LEAST ? RESULT_LEAST : most;
    if (w->window <= 0 || text.len <= most) {
        orx_str_addv(out, text);
        return;
    }
    size_t head = cut_before(text, most / 2);
    size_t tail = cut_before(text, text.len - most / 2);
    orx_str_add(out, text.p, head);
    orx_str_addf(out, "\n[%zu bytes left out, they do not fit; ask for a smaller part]\n",
                 tail - head);
    orx_str_add(out, text.p + tail, text.len - tail);
}

/* What the server counted for what was sent corrects the estimate. Bounded, because a count can be
 * anything: a token is seldom less than a byte and a half or more than eight. */
static void learn(work *w, size_t sent_bytes, const orx_turn_answer *a) {
    int64_t counted = 0;
    for (size_t i = 0; i < a->usage_count; i++) {
        const orxaq_usage *u = &a->usage[i];
        if (u->provenance != ORXAQ_BY_VENDOR || u->scope != ORXAQ_SCOPE_REQUEST)
            continue;
        counted = u->input_tokens > 0 ? u->input_tokens : 0;
        counted += u->cache_read_tokens > 0 ? u->cache_read_tokens : 0;
        counted += u->cache_write_tokens > 0 ? u->cache_write_tokens : 0;
    }
    if (counted <= 0)
        return;
    double ratio = (double)sent_bytes / (double)counted;
    w->counted = true;
    w->bytes_per_token = ratio < 1.5 ? 1.5 : ratio > 8 ? 8 : ratio;
}

/* ---- One request ----------------------------------------------------------------------------- */

static int ask(work *w, const orx_turn_answer **ret_answer, orx_err *err) {
    orxaq_turn_args args = {.struct_size = sizeof args,
                            .tools = w->spec->native ? w->tools : NULL,
                            .tool_count = w->spec->native ? w->tool_count : 0,
                            .model = orxaq_str(w->spec->model),
                            .files_dir = orxaq_str(w->spec->files_dir),
                            .idle_ns = w->spec->idle_ns,
                            .temperature = -1};
    args.messages = orx_talk_messages(w->talk, &w->arena, &args.message_count);
    if (w->io->time_left)
        args.total_ns = w->io->time_left(w->io->user);
    args.total_ns = args.total_ns > 0 ? args.total_ns : 0;
    size_t sent = orx_talk_bytes(w->talk) + w->tool_bytes;
    int rc = w->io->ask(w->io->user, &args, ret_answer, err);
    if (rc == 0)
        learn(w, sent, *ret_answer);
    return rc;
}

/* A failed request. True when there is reason to ask again at once. */
static bool can_go_on(work *w, const orx_job_result *r) {
    if (r->kind == ORXAQ_KIND_CONTEXT_TOO_LONG && !w->squeezed &&
        digest_to(w, tokens_now(w) * ROOMY_PERCENT / 100)) {
        w->squeezed = true;
        return true;
    }
    stop(w, r->kind, r->message);
    w->end->retry = r->retry;
    w->end->retry_after_ms = r->retry_after_ms;
    return false;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

typedef struct asked {
    const orx_talk_call *calls;
    size_t count;
    bool native;
    bool cut; /* the answer reached its limit of tokens */
} asked;

static asked calls_of(work *w, const orx_turn_answer *a) {
    asked s = {.native = a->call_count > 0, .cut = a->result->stop == ORXAQ_STOPPED_LENGTH};
    if (!s.native) {
        s.count = orx_text_calls(a->text, &w->arena, &s.calls);
        return s;
    }
    orx_talk_call *list = orx_arena_zalloc(&w->arena, a->call_count, sizeof *list);
    for (size_t i = 0; i < a->call_count; i++)
        list[i] = (orx_talk_call){a->calls[i].id, a->calls[i].name, a->calls[i].arguments};
    s.calls = list;
    s.count = a->call_count;
    return s;
}

static void add_error(orx_str *out, const char *text) {
    orx_str_clear(out);
    orx_str_addf(out, "error: %s\n", text);
}

/* Carries one call out. 1 = it was understood, 0 = it was not; *out is for the model. */
static int carry_out(work *w, const asked *s, const orx_talk_call *c, orx_str *out, orx_err *err) {
    orx_tool_request request;
    orx_str_adds(out, "error: ");
    if (!c->name.len) {
        orx_str_adds(out, "the block is no JSON object with \"name\" and \"arguments\"\n");
        return 0;
    }
    if (!orx_tools_understand(w->spec->rules, c->name, c->arguments, &w->arena, &request, out)) {
        if (s->cut)
            orx_str_adds(out, "Your answer was cut off at its limit of tokens: write less at "
                              "once.\n");
        return 0;
    }
    orx_str_clear(out);
    if (request.finish) {
        finish(w, ORXAQ_KIND_OK, c->arguments);
        orx_str_adds(out, "noted\n");
        return 1;
    }
    orx_err why = ORX_ERR_INIT;
    int rc = w->io->use(w->io->user, &request, out, &why);
    if (rc == 0) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_str_addf(&text, "error: %s\n", orx_str_cstr(out));
        orx_str_clear(out);
        orx_str_addv(out, orx_str_view(&text));
    } else if (rc == ORX_E_CHILD || rc == ORX_E_LIMIT || rc == ORX_E_TIMEOUT) {
        add_error(out, why.msg);
    } else if (rc < 0) {
        if (err)
            *err = why;
        return rc;
    }
    return 1;
}

static void add_result(work *w, const asked *s, const orx_talk_call *c, orx_view text) {
    ORX_CLEANUP(orx_str_free) orx_str told = {0};
    orx_view name = c->name.len ? c->name : orx_view_of("tool");
    if (!s->native)
        orx_str_addf(&told, "Result of %.*s:\n", ORX_VIEW_ARG(name));
    add_fitting(w, text, &told);
    if (w->same > 1 && w->same + 1 == w->spec->same_max)
        orx_str_adds(&told,
                     "\n[You have made this call before, with the same result. Once more, and "
                     "your work ends here: do something else.]\n");
    orx_talk_result(w->talk, name, s->native ? c->id : (orx_view){0}, orx_str_view(&told));
}

/* Whether calls and results are the same as in the step before. */
static void compare(work *w, const orx_str *all) {
    char digest[ORX_SHA256_HEX];
    orx_sha256_hex(orx_str_view(all), digest);
    w->same = strcmp(digest, w->last) == 0 ? w->same + 1 : 1;
    memcpy(w->last, digest, sizeof digest);
    if (w->over || !w->spec->same_max || w->same < w->spec->same_max)
        return;
    stop(w, ORXAQ_KIND_NO_PROGRESS, "");
    orx_str_addf(&w->end->message,
                 "the model made the same tool calls with the same results %lld times in a row",
                 (long long)w->same);
    w->end->retry = ORXAQ_RETRY_NO; /* waiting does not help it */
}

/* One call of several: what the model is told about it. 1 and 0 as above. */
static int carry_out_next(work *w, const asked *s, size_t i, orx_str *out, orx_err *err) {
    const orx_talk_call *c = &s->calls[i];
    int rc = 0;
    if (w->over)
        orx_str_adds(out, "error: not carried out, because finish was called before it\n");
    else if (i >= CALLS_MAX)
        add_error(out, "not carried out: too many calls in one answer");
    else
        rc = carry_out(w, s, c, out, err);
    if (rc >= 0 && w->io->told)
        w->io->told(w->io->user, c, rc == 1 && !orx_view_starts(orx_str_view(out), "error:"),
                    orx_str_view(out));
    return rc;
}

/* Carries all calls out; what is told about each goes into results, in the step's arena. */
static int gather(work *w, const asked *s, orx_view *results, orx_err *err) {
    bool any = false;
    for (size_t i = 0; i < s->count; i++) {
        ORX_CLEANUP(orx_str_free) orx_str out = {0};
        int rc = carry_out_next(w, s, i, &out, err);
        if (rc < 0)
            return rc;
        any = any || rc == 1;
        results[i] = orx_arena_view(&w->arena, orx_str_view(&out));
    }
    w->bad = any ? 0 : w->bad + 1;
    return 0;
}

static int carry_out_all(work *w, const asked *s, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str all = {0};
    orx_view *results = orx_arena_zalloc(&w->arena, s->count, sizeof *results);
    int rc = gather(w, s, results, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < s->count; i++)
        orx_str_addf(&all, "%.*s %.*s\n%.*s", ORX_VIEW_ARG(s->calls[i].name),
                     ORX_VIEW_ARG(s->calls[i].arguments), ORX_VIEW_ARG(results[i]));
    compare(w, &all);
    for (size_t i = 0; i < s->count; i++)
        add_result(w, s, &s->calls[i], results[i]);
    if (w->bad == BAD_MAX && !w->over)
        stop(w, ORXAQ_KIND_PROTOCOL,
             "the model did not manage a single usable tool call in eight answers in a row");
    return 0;
}

/* ---- Words only ------------------------------------------------------------------------------ */

static void only_words(work *w, const orx_turn_answer *a) {
    if (orx_view_trim(a->text).len && w->io->is_result(w->io->user, a->text)) {
        finish(w, ORXAQ_KIND_OK, a->text);
        return;
    }
    if (w->reminders++ == REMINDERS_MAX) {
        finish(w, ORXAQ_KIND_OK, a->text);
        return;
    }
    orx_talk_say(w->talk, ORXAQ_ROLE_USER,
                 orx_view_of(a->result->stop == ORXAQ_STOPPED_LENGTH
                                 ? "Your answer was cut off at its limit of tokens. Go on with a "
                                   "tool call, and write less at once."
                                 : "You called no tool. Go on with the task by calling tools; when "
                                   "it is done, or when you cannot go on, call finish."));
}

/* Many servers take the arguments of earlier calls apart for the model's template, and fail on what
 * is no JSON object. So that goes back as one that holds it. */
static orx_view sendable(work *w, orx_view arguments) {
    const orx_doc_limits limits = {ORX_TOOLS_REQUEST_MAX, 16, 10000};
    const orx_node *root = NULL;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (orx_json_parse(&w->arena, "arguments", arguments, &limits, &root, NULL) == 0 &&
        root->kind == ORX_OBJECT)
        return arguments;
    orx_str_adds(&text, "{\"malformed\":");
    orx_json_quote(&text, orx_view_mem(arguments.p, cut_before(arguments, MALFORMED_SHOWN)), false);
    orx_str_addc(&text, '}');
    return orx_arena_view(&w->arena, orx_str_view(&text));
}

static void keep_answer(work *w, const orx_turn_answer *a, const asked *s) {
    size_t count = s->native ? s->count : 0;
    orx_talk_call *calls = orx_arena_zalloc(&w->arena, count + 1, sizeof *calls);
    for (size_t i = 0; i < count; i++)
        calls[i] =
            (orx_talk_call){s->calls[i].id, s->calls[i].name, sendable(w, s->calls[i].arguments)};
    orx_talk_answer(w->talk, a->text, calls, count);
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static int take_answer(work *w, const orx_turn_answer *a, orx_err *err) {
    size_t first = w->talk->messages.len;
    asked s = calls_of(w, a);
    keep_answer(w, a, &s);
    int rc = 0;
    if (s.count) {
        w->reminders = 0;
        rc = carry_out_all(w, &s, err);
    } else {
        only_words(w, a);
    }
    if (rc == 0)
        rc = w->io->keep(w->io->user, w->talk, first, err);
    if (rc == 0)
        w->end->steps++;
    return rc;
}

static int one_step(work *w, orx_err *err) {
    const orx_turn_answer *a = NULL;
    make_room(w);
    int rc = w->over ? 0 : ask(w, &a, err);
    if (rc < 0 || w->over)
        return rc;
    if (a->result->kind != ORXAQ_KIND_OK)
        return can_go_on(w, a->result), 0;
    w->squeezed = false;
    return take_answer(w, a, err);
}

static void check_limits(work *w) {
    if (!w->over && w->end->steps >= w->spec->max_steps)
        stop(w, ORXAQ_KIND_LIMIT, "the model used up its steps (max_steps of its provider)");
    if (!w->over && w->io->time_left && w->io->time_left(w->io->user) == 0)
        stop(w, ORXAQ_KIND_TIMEOUT, "the time for the call is used up");
}

int orx_agent_run(const orx_agent_spec *spec, const orx_agent_io *io, orx_talk *talk,
                  orx_agent_end *ret_end, orx_err *err) {
    work w = {.spec = spec, .io = io, .talk = talk, .end = ret_end, .bytes_per_token = 4};
    int rc = 0;
    *ret_end = (orx_agent_end){.retry_after_ms = -1};
    w.tools = orx_tools_offer(spec->rules, &w.tools_arena, &w.tool_count);
    for (uint32_t i = 0; spec->native && i < w.tool_count; i++)
        w.tool_bytes += w.tools[i].name.len + w.tools[i].help.len + w.tools[i].parameters.len;
    while (rc == 0 && !w.over) {
        check_limits(&w);
        if (!w.over)
            rc = one_step(&w, err);
        orx_arena_free(&w.arena);
    }
    orx_arena_free(&w.tools_arena);
    return rc;
}
