/* A record through the driver of today.
 *
 * The record is one row of entries: what was fed, and behind it what the driver said and asked for
 * in answer. So reading it up to the next feed means comparing what stands between with what the
 * driver said just now. */
#include "run/record_replay.h"

#include "base/list.h"
#include "base/vec.h"
#include "plugin/replay.h"
#include "run/record_args.h"
#include "run/record_read.h"
#include "run/runner.h"

#include <stdlib.h>

/* Said by the driver, and not yet found in the record. */
typedef struct said {
    orx_list link;
    const char *kind; /* a constant */
    orx_str members;
} said;

typedef struct pair {
    uint32_t recorded;
    uint32_t now;
} pair;

typedef struct replaying {
    const orx_replay_setup *setup;
    orx_record_reader *reader;
    orx_record_entry e; /* the present entry */
    bool have;          /* it is still to be taken */
    orx_instance *instance;
    orx_secrets secrets;
    orx_job_events events;
    orx_replay_source source;
    orx_job *job;      /* NULL between jobs */
    orx_arena args;    /* of the job */
    ORX_VEC(pair) ids; /* effects of the job */
    orx_list said;
    bool parted; /* events are no longer compared: one differed, or some are missing */
    orx_replay_result result;
    orx_err err; /* reading failed inside a callback */
    int rc;
} replaying;

/* ---- Comparing ------------------------------------------------------------------------------- */

static void differs(replaying *g, const char *what, orx_view recorded, orx_view now) {
    g->result.same = false;
    g->setup->differs(g->setup->user, what, recorded, now);
}

static void forget(said *s) {
    orx_list_remove(&s->link);
    orx_str_free(&s->members);
    free(s);
}

static void forget_all(replaying *g) {
    for (orx_list *it = g->said.next; it && it != &g->said;) {
        said *s = ORX_LIST_ITEM(it, said, link);
        it = it->next;
        forget(s);
    }
}

static said *first_said(const replaying *g) {
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): forget() takes what it frees off the list. */
    return g->said.next == &g->said ? NULL : ORX_LIST_ITEM(g->said.next, said, link);
}

/* From the first difference on the two are out of step. */
static void part(replaying *g, const char *kind, orx_view recorded, orx_view now) {
    differs(g, kind, recorded, now);
    g->parted = true;
    forget_all(g);
}

/* The present entry is an event. */
static void compare(replaying *g) {
    said *s = first_said(g);
    if (g->parted)
        return;
    g->result.events++;
    if (!s)
        part(g, g->e.kind, g->e.members, (orx_view){0});
    else if (strcmp(s->kind, g->e.kind) != 0)
        part(g, g->e.kind, g->e.members, orx_view_of(s->kind));
    else if (!orx_view_eq(orx_str_view(&s->members), g->e.members))
        part(g, g->e.kind, g->e.members, orx_str_view(&s->members));
    else
        forget(s);
}

/* What the driver has said by now must have been in the record by here. */
static void expect_nothing_more(replaying *g) {
    const said *s = first_said(g);
    if (s && !g->parted)
        part(g, s->kind, (orx_view){0}, orx_str_view(&s->members));
}

/* ---- Reading --------------------------------------------------------------------------------- */

static bool is(const replaying *g, const char *kind) {
    return strcmp(g->e.kind, kind) == 0;
}

static bool is_event(const replaying *g) {
    return is(g, "text") || is(g, "tool") || is(g, "usage") || is(g, "session") ||
           is(g, "progress");
}

static void missing(replaying *g) {
    if (!g->e.gap)
        return;
    g->parted = true;
    forget_all(g);
    if (g->job)
        orx_replay_gap(g->job);
}

/* The next entry that is no event: 1, 0 at the end, or negative. */
static int look(replaying *g) {
    while (!g->have && g->rc >= 0) {
        g->rc = orx_record_next(g->reader, &g->e, &g->err);
        if (g->rc <= 0)
            return g->rc;
        missing(g);
        if (is_event(g))
            compare(g);
        else
            g->have = true;
    }
    return g->rc < 0 ? g->rc : 1;
}

/* ---- The driver says ------------------------------------------------------------------------- */

static orx_line begin_said(const replaying *g, orx_str *members) {
    return (orx_line){.out = members, .secrets = &g->secrets};
}

static void end_said(replaying *g, const char *kind, orx_str *members) {
    g->setup->event(g->setup->user, kind, orx_str_view(members));
    if (g->parted) {
        orx_str_free(members);
        return;
    }
    said *s = orx_xcalloc(1, sizeof *s);
    s->kind = kind;
    s->members = *members;
    orx_list_append(&g->said, &s->link);
}

static void on_text(void *user, const orxaq_text *text) {
    orx_str members = {0};
    orx_line l = begin_said(user, &members);
    orx_line_text(&l, text);
    end_said(user, "text", &members);
}

static void on_tool(void *user, const orxaq_tool_call *call) {
    orx_str members = {0};
    orx_line l = begin_said(user, &members);
    orx_line_tool(&l, call);
    end_said(user, "tool", &members);
}

static void on_usage(void *user, const orxaq_usage *usage) {
    orx_str members = {0};
    orx_line l = begin_said(user, &members);
    orx_line_usage(&l, usage);
    end_said(user, "usage", &members);
}

static void on_session(void *user, const char *id) {
    orx_str members = {0};
    orx_line l = begin_said(user, &members);
    orx_line_str(&l, "id", orx_view_of(id));
    end_said(user, "session", &members);
}

static void on_progress(void *user, const orxaq_progress *progress) {
    orx_str members = {0};
    orx_line l = begin_said(user, &members);
    orx_line_progress(&l, progress);
    end_said(user, "progress", &members);
}

/* ---- The driver asks ------------------------------------------------------------------------- */

static uint32_t id_now(const replaying *g, int64_t recorded) {
    for (size_t i = 0; i < g->ids.len; i++)
        if (g->ids.items[i].recorded == recorded)
            return g->ids.items[i].now;
    return 0;
}

static int32_t feed_kind(const char *word) {
    static const char *const kinds[] = {"", "start", "head", "frame", "file", "exit", "error"};
    for (size_t i = 1; i < ORX_ARRAY_LEN(kinds); i++)
        if (strcmp(word, kinds[i]) == 0)
            return (int32_t)i;
    return 0;
}

/* The present entry as a feed of the effect as it is called now. */
static orxaq_feed feed_of(const replaying *g) {
    const orx_record_entry *e = &g->e;
    return (orxaq_feed){.struct_size = sizeof(orxaq_feed),
                        .kind = feed_kind(orx_record_str(e, "feed")),
                        .effect = id_now(g, orx_record_int(e, "e")),
                        .code = (int32_t)orx_record_int(e, "code"),
                        .signal = (int32_t)orx_record_int(e, "signal"),
                        .reason = (int32_t)orx_record_int(e, "reason"),
                        .flags = (uint32_t)orx_record_int(e, "flags"),
                        .data = orxaq_view_of(e->data.p, e->data.len),
                        .name = orxaq_str(orx_record_str(e, "name")),
                        .elapsed_ns = orx_record_int(e, "ns")};
}

static int perform(void *user, const orxaq_effect *effect, orxaq_feed *ret_feed, orx_err *err) {
    static const char *const kinds[] = {"", "exec", "http", "write", "append"};
    replaying *g = user;
    const char *kind = kinds[effect->kind];
    int rc = look(g);
    if (rc <= 0 || !is(g, "effect") || strcmp(orx_record_str(&g->e, "kind"), kind) != 0) {
        orx_err_set(err, ORX_E_INVALID, "the driver asks for an effect (%s) that is not recorded",
                    kind);
        differs(g, "effect", rc > 0 && is(g, "effect") ? g->e.members : (orx_view){0},
                orx_view_of(kind));
        return ORX_E_INVALID;
    }
    int64_t recorded = orx_record_int(&g->e, "e");
    orx_vec_push(&g->ids, ((pair){(uint32_t)recorded, effect->id}));
    g->have = false;
    if (effect->kind == ORXAQ_EFFECT_WRITE || look(g) <= 0 || !is(g, "feed") ||
        orx_record_int(&g->e, "e") != recorded)
        return 0;
    *ret_feed = feed_of(g);
    g->have = false;
    return 1;
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

static int open_job(replaying *g, orx_err *err) {
    const void *args = NULL;
    int32_t op = 0;
    /* The entry is gone with the next one; the arguments live as long as the job. */
    const orx_node *line = orx_node_copy(&g->args, g->e.line);
    orx_view data = orx_arena_view(&g->args, g->e.data);
    int rc = orx_args_read(&g->args, line, data, &op, &args, err);
    if (rc < 0)
        return rc;
    /* The folder is only a name here. */
    const char *dir = orx_arena_strdup(&g->args, orx_record_str(&g->e, "files_dir"));
    const orx_job_spec spec = {.instance = g->instance,
                               .kind = ORX_JOB_PROVIDER,
                               .op = op,
                               .args = args,
                               .files_dir = *dir == '/' ? dir : "/",
                               .events = &g->events,
                               .replay = &g->source};
    g->have = false;
    return orx_job_start(g->setup->p, &spec, &g->job, err);
}

static void compare_outcome(replaying *g, bool recorded) {
    ORX_CLEANUP(orx_str_free) orx_str now = {0};
    orx_line l = begin_said(g, &now);
    orx_line_outcome(&l, orx_job_result_of(g->job));
    g->setup->event(g->setup->user, "outcome", orx_str_view(&now));
    orx_view before = recorded ? g->e.members : (orx_view){0};
    if (!orx_view_eq(before, orx_str_view(&now)))
        differs(g, "outcome", before, orx_str_view(&now));
}

static void close_job(replaying *g, bool recorded) {
    if (!g->job)
        return;
    expect_nothing_more(g);
    orx_replay_end(g->job);
    compare_outcome(g, recorded);
    orx_job_free(g->job);
    g->job = NULL;
    g->ids.len = 0;
    orx_arena_free(&g->args);
}

/* Hands the present entry to the job. */
static int take(replaying *g, orx_err *err) {
    g->have = false;
    if (is(g, "open")) {
        close_job(g, false);
        return open_job(g, err);
    }
    if (is(g, "outcome")) {
        close_job(g, true);
    } else if (!g->job) {
        return 0;
    } else if (is(g, "effect")) {
        differs(g, "effect", g->e.members, (orx_view){0});
    } else if (is(g, "feed")) {
        orxaq_feed feed = feed_of(g);
        expect_nothing_more(g);
        orx_replay_feed(g->job, &feed);
    } else if (is(g, "out")) {
        expect_nothing_more(g);
        orx_replay_bytes(g->job, id_now(g, orx_record_int(&g->e, "e")),
                         (int32_t)orx_record_int(&g->e, "s"), g->e.data,
                         orx_record_int(&g->e, "ns"));
    } else if (is(g, "cancel")) {
        orx_job_cancel(g->job, (int32_t)orx_record_int(&g->e, "reason"));
    }
    return 0;
}

static int run(replaying *g, orx_err *err) {
    int rc = 0;
    while (rc == 0 && look(g) > 0)
        rc = take(g, err);
    if (rc == 0 && g->rc < 0) {
        if (err)
            *err = g->err;
        rc = g->rc;
    }
    if (rc == 0)
        close_job(g, false);
    return rc;
}

/* ---- Beginning ------------------------------------------------------------------------------- */

static const orx_provider_config *configured(const orx_config *cfg, const char *name) {
    for (size_t i = 0; i < cfg->provider_count; i++)
        if (strcmp(cfg->providers[i].name, name) == 0)
            return &cfg->providers[i];
    return NULL;
}

static int begin(replaying *g, orx_err *err) {
    const orx_replay_setup *setup = g->setup;
    int rc = orx_record_open(setup->p, setup->cfg->paths.state_dir, setup->attempt, setup->call,
                             &g->reader, err);
    if (rc == 0)
        rc = look(g);
    if (rc < 0)
        return rc;
    if (rc == 0 || !is(g, "begin"))
        return orx_err_set(err, ORX_E_CORRUPT, "the record of call %lld has no beginning",
                           (long long)setup->call);
    g->have = false;
    const char *name = orx_record_str(&g->e, "provider");
    const char *relay = orx_record_str(&g->e, "relay");
    const orx_provider_config *provider = configured(setup->cfg, name);
    if (!provider)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "the call was made through the provider \"%s\", which is not configured "
                           "any more: put it back to replay it",
                           name);
    rc = orx_run_make_instance(setup->cfg, setup->plugins, provider, *relay ? relay : NULL,
                               &g->instance, err);
    if (rc == 0)
        orx_record_secrets(setup->cfg, g->instance, &g->secrets);
    return rc;
}

int orx_record_replay(const orx_replay_setup *setup, orx_replay_result *ret_result, orx_err *err) {
    replaying g = {.setup = setup, .result = {.same = true}};
    g.events = (orx_job_events){.text = on_text,
                                .tool_call = on_tool,
                                .usage = on_usage,
                                .session = on_session,
                                .progress = on_progress,
                                .user = &g};
    g.source = (orx_replay_source){.perform = perform, .user = &g};
    orx_list_init(&g.said);
    int rc = begin(&g, err);
    if (rc == 0)
        rc = run(&g, err);
    if (rc == 0) {
        g.result.complete = orx_record_is_complete(g.reader);
        g.result.gap = orx_record_gap(g.reader);
        g.result.same = g.result.same && g.result.complete;
        *ret_result = g.result;
    }
    orx_job_free(g.job);
    orx_instance_free(g.instance);
    forget_all(&g);
    orx_vec_free(&g.ids);
    orx_arena_free(&g.args);
    orx_secrets_free(&g.secrets);
    orx_record_close(g.reader);
    return rc;
}
